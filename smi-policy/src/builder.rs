use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, ObjectKind};
use crate::name::ObjectName;
use crate::pattern::Limits;
use crate::policy::Policy;
use crate::record::Record;
use crate::resource::{HttpRouteGroup, IdentityBinding, PortRoute, TrafficTarget};
use crate::semantics::Semantics;
use crate::writer::{Lifetime, Writer};

/// Collects resources and compiles them into a [`Policy`].
///
/// The order of resources does not matter, except that of two objects of one kind, namespace and
/// name the last counts, as with `kubectl apply`.
#[derive(Clone, Debug)]
#[must_use]
pub struct PolicyBuilder {
    pub(crate) semantics: Semantics,
    limits: Limits,
    targets: BTreeMap<ObjectName, Record>,
    groups: BTreeMap<ObjectName, Record>,
    tcp_routes: BTreeMap<ObjectName, PortRoute>,
    udp_routes: BTreeMap<ObjectName, PortRoute>,
    bindings: BTreeMap<ObjectName, IdentityBinding>,
    /// Namespaces of targets of which nothing else is known; `None`: not even that.
    unreadable_targets: Vec<Option<String>>,
    /// Objects that are there and could not be read; only messages differ by them.
    unreadable: BTreeSet<(ObjectKind, ObjectName)>,
    diagnostics: Vec<Diagnostic>,
}

impl PolicyBuilder {
    pub(crate) fn new(semantics: Semantics) -> Self {
        Self {
            semantics,
            limits: Limits::default(),
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

    /// Sets what patterns, groups and the whole policy may take.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Adds a TrafficTarget.
    pub fn traffic_target(mut self, target: TrafficTarget) -> Self {
        let record = Record::of_target(&target);
        let previous = self.targets.insert(target.name.clone(), record);
        self.note_duplicate(ObjectKind::TrafficTarget, &target.name, previous.is_some());
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
        let record = Record::of_matches(&group.matches);
        let previous = self.groups.insert(group.name.clone(), record);
        self.note_duplicate(ObjectKind::HttpRouteGroup, &group.name, previous.is_some());
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
        let mut writer = Writer::new(self.semantics, self.limits, Lifetime::OneBatch);
        writer.note(self.diagnostics);
        self.bindings.into_values().for_each(|binding| writer.put_binding(&binding));
        self.tcp_routes.into_values().for_each(|route| writer.put_tcp_route(route));
        self.udp_routes.into_values().for_each(|route| writer.put_udp_route(route));
        self.unreadable.into_iter().for_each(|(kind, name)| writer.note_unreadable(kind, name));
        for namespace in &self.unreadable_targets {
            writer.close(namespace.as_deref());
        }
        let mut groups = self.groups.into_iter().peekable();
        let mut targets = self.targets.into_iter().peekable();
        loop {
            let next = [groups.peek(), targets.peek()].into_iter().flatten();
            let Some(namespace) = next.map(|(name, _)| name.namespace()).min() else { break };
            let namespace = namespace.to_owned();
            while let Some((name, record)) =
                groups.next_if(|(name, _)| name.namespace() == namespace)
            {
                writer.put_group(name, record);
            }
            while let Some((name, record)) =
                targets.next_if(|(name, _)| name.namespace() == namespace)
            {
                writer.put_target(name, record);
            }
            writer.end_namespace(&namespace);
        }
        writer.finish()
    }

    /// The TrafficTargets, by namespace and name.
    pub(crate) fn traffic_targets(&self) -> impl Iterator<Item = TrafficTarget> {
        self.targets.iter().map(|(name, record)| record.target(name))
    }

    /// The HTTPRouteGroups.
    pub(crate) fn http_route_groups(&self) -> impl Iterator<Item = HttpRouteGroup> {
        self.groups.iter().map(|(name, record)| HttpRouteGroup {
            name: name.clone(),
            matches: record.matches().collect(),
        })
    }

    pub(crate) fn tcp_routes(&self) -> &BTreeMap<ObjectName, PortRoute> {
        &self.tcp_routes
    }

    pub(crate) fn udp_routes(&self) -> &BTreeMap<ObjectName, PortRoute> {
        &self.udp_routes
    }

    pub(crate) fn identity_bindings(&self) -> &BTreeMap<ObjectName, IdentityBinding> {
        &self.bindings
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
