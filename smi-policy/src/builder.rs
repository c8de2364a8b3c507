use std::collections::{BTreeMap, BTreeSet};

use crate::compile::compile;
use crate::diagnostic::{Diagnostic, ObjectKind};
use crate::name::ObjectName;
use crate::policy::Policy;
use crate::resource::{HttpRouteGroup, IdentityBinding, PortRoute, TrafficTarget};
use crate::semantics::Semantics;

/// Collects resources and compiles them into a [`Policy`].
///
/// The order of resources does not matter, except that of two objects of one kind, namespace and
/// name the last counts, as with `kubectl apply`.
#[derive(Clone, Debug)]
#[must_use]
pub struct PolicyBuilder {
    pub(crate) semantics: Semantics,
    pub(crate) targets: BTreeMap<ObjectName, TrafficTarget>,
    pub(crate) groups: BTreeMap<ObjectName, HttpRouteGroup>,
    pub(crate) tcp_routes: BTreeMap<ObjectName, PortRoute>,
    pub(crate) udp_routes: BTreeMap<ObjectName, PortRoute>,
    pub(crate) bindings: BTreeMap<ObjectName, IdentityBinding>,
    /// Namespaces of targets of which nothing else is known; `None`: not even that.
    pub(crate) unreadable_targets: Vec<Option<String>>,
    /// Objects that are there and could not be read; only messages differ by them.
    pub(crate) unreadable: BTreeSet<(ObjectKind, ObjectName)>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl PolicyBuilder {
    pub(crate) fn new(semantics: Semantics) -> Self {
        Self {
            semantics,
            targets: BTreeMap::new(),
            groups: BTreeMap::new(),
            tcp_routes: BTreeMap::new(),
            udp_routes: BTreeMap::new(),
            bindings: BTreeMap::new(),
            unreadable_targets: Vec::new(),
            unreadable: BTreeSet::new(),
            diagnostics: Vec::new(),
        }
    }

    /// Adds a TrafficTarget.
    pub fn traffic_target(mut self, target: TrafficTarget) -> Self {
        let name = target.name.clone();
        let previous = self.targets.insert(name.clone(), target);
        self.note_duplicate(ObjectKind::TrafficTarget, &name, previous.is_some());
        self
    }

    /// Says that there is a TrafficTarget that could not be read at all. It grants nothing, but
    /// under [`Unselected::Allow`](crate::Unselected::Allow) it closes its namespace, because
    /// nobody knows what it names; without namespace, every namespace.
    pub fn unreadable_traffic_target(mut self, namespace: Option<&str>) -> Self {
        self.unreadable_targets.push(namespace.map(ToOwned::to_owned));
        self
    }

    /// Says that there is an object that could not be read at all. It grants nothing, as if it were
    /// not there; diagnostics about references to it say what is the matter.
    pub fn unreadable_object(mut self, kind: ObjectKind, name: ObjectName) -> Self {
        self.unreadable.insert((kind, name));
        self
    }

    /// Adds an HTTPRouteGroup.
    pub fn http_route_group(mut self, group: HttpRouteGroup) -> Self {
        let name = group.name.clone();
        let previous = self.groups.insert(name.clone(), group);
        self.note_duplicate(ObjectKind::HttpRouteGroup, &name, previous.is_some());
        self
    }

    /// Adds a TCPRoute.
    pub fn tcp_route(mut self, route: PortRoute) -> Self {
        let name = route.name.clone();
        let previous = self.tcp_routes.insert(name.clone(), route);
        self.note_duplicate(ObjectKind::TcpRoute, &name, previous.is_some());
        self
    }

    /// Adds a UDPRoute.
    pub fn udp_route(mut self, route: PortRoute) -> Self {
        let name = route.name.clone();
        let previous = self.udp_routes.insert(name.clone(), route);
        self.note_duplicate(ObjectKind::UdpRoute, &name, previous.is_some());
        self
    }

    /// Adds an IdentityBinding.
    pub fn identity_binding(mut self, binding: IdentityBinding) -> Self {
        let name = binding.name.clone();
        let previous = self.bindings.insert(name.clone(), binding);
        self.note_duplicate(ObjectKind::IdentityBinding, &name, previous.is_some());
        self
    }

    /// Compiles the policy. What cannot be used grants nothing, and is reported by
    /// [`Policy::diagnostics`].
    #[must_use]
    pub fn compile(self) -> Policy {
        compile(self)
    }

    fn note_duplicate(&mut self, kind: ObjectKind, name: &ObjectName, is_duplicate: bool) {
        if is_duplicate {
            let message = "the object is there more than once; the last one counts";
            let code = "duplicate-object";
            let diagnostic = Diagnostic::warning(kind, name, "metadata.name", code, message);
            self.diagnostics.push(diagnostic);
        }
    }
}
