use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};

use crate::diagnostic::ObjectKind;
use crate::name::ObjectName;
use crate::pattern::Limits;
use crate::policy::Policy;
use crate::record::Record;
use crate::resource::{HttpRouteGroup, IdentityBinding, PortRoute, TrafficTarget};
use crate::semantics::Semantics;
use crate::writer::{Lifetime, Writer};

/// A policy that follows its resources: it takes changes in any order, recompiles what they touch,
/// and publishes the outcome at once.
///
/// - Asking never waits: [`current`](Self::current) takes no lock, also while a change is compiled.
///   Changes wait for each other.
/// - The same resources make the same policy, whatever the order in which they came; references may
///   come before what they refer to.
/// - What can't be used in a change grants nothing and is reported by [`Policy::diagnostics`];
///   everything else goes on as before.
/// - A change takes time and memory in proportion to what refers to what it changes. The rest is
///   shared with the policy before.
///
/// ```
/// use smi_policy::{Changes, HttpMatch, HttpRequest, HttpRouteGroup, Identity, ObjectKind};
/// use smi_policy::{ObjectName, PolicyStore, Request, Rule, Semantics, Subject, TrafficTarget};
///
/// let store = PolicyStore::new(Semantics::default());
/// let api = ObjectName::new("shop", "cart-api");
/// let web = Identity::service_account("shop", "web");
/// let cart = Identity::service_account("shop", "cart");
/// let is_allowed = || {
///     let get = HttpRequest::new("GET", "/items");
///     store.current().authorize(&Request::http(Some(&web), &cart, 8080, get)).is_allowed()
/// };
///
/// // The target comes before the group that it refers to.
/// store.apply(Changes::new().traffic_target(
///     TrafficTarget::new(ObjectName::new("shop", "web-to-cart"), "cart")
///         .source(Subject::service_account("shop", "web"))
///         .rule(Rule::http_route_group("cart-api")),
/// ));
/// assert!(!is_allowed());
/// assert_eq!(store.current().diagnostics().len(), 1);
///
/// let group = HttpRouteGroup::new(api.clone()).with(HttpMatch::new("read").path_regex("/items"));
/// store.apply(Changes::new().http_route_group(group));
/// assert!(is_allowed());
///
/// store.apply(Changes::new().remove(ObjectKind::HttpRouteGroup, api));
/// assert!(!is_allowed());
/// ```
#[derive(Debug)]
pub struct PolicyStore {
    writer: Mutex<Writer>,
    current: ArcSwap<Policy>,
}

impl PolicyStore {
    /// A store without resources, which will be read by these semantics.
    pub fn new(semantics: Semantics) -> Self {
        Self::with_limits(semantics, Limits::default())
    }

    /// A store with bounds on what patterns, groups and the whole policy may take.
    pub fn with_limits(semantics: Semantics, limits: Limits) -> Self {
        let mut writer = Writer::new(semantics, limits, Lifetime::Many);
        let current = ArcSwap::from_pointee(writer.publish());
        Self { writer: Mutex::new(writer), current }
    }

    /// The policy as it is now, for one request.
    ///
    /// Take it anew for each, and don't keep it for long: [`Policy::clone`] is for that.
    pub fn current(&self) -> Generation {
        Generation(self.current.load())
    }

    /// Makes changes, all at once: nobody sees some of them without the others. Gives the policy
    /// that was published.
    pub fn apply(&self, changes: Changes) -> Policy {
        // A panic would have been in this crate, between two changes at worst.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        changes.changes.into_iter().for_each(|change| change.make(&mut writer));
        let policy = writer.publish();
        self.current.store(Arc::new(policy.clone()));
        policy
    }
}

/// The policy of a [`PolicyStore`] at one moment.
#[derive(Debug)]
pub struct Generation(Guard<Arc<Policy>>);

impl Deref for Generation {
    type Target = Policy;

    fn deref(&self) -> &Policy {
        &self.0
    }
}

/// Changes of resources, in order: an object takes the place of the one of its kind, namespace and
/// name.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Changes {
    changes: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Target(ObjectName, Record),
    Group(ObjectName, Record),
    Tcp(PortRoute),
    Udp(PortRoute),
    Binding(IdentityBinding),
    Remove(ObjectKind, ObjectName),
    Unreadable(ObjectKind, ObjectName),
}

impl Changes {
    /// No changes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a TrafficTarget.
    pub fn traffic_target(self, target: TrafficTarget) -> Self {
        let record = Record::of_target(&target);
        self.with(Change::Target(target.name, record))
    }

    /// Puts an HTTPRouteGroup.
    pub fn http_route_group(self, group: HttpRouteGroup) -> Self {
        let record = Record::of_matches(&group.matches);
        self.with(Change::Group(group.name, record))
    }

    /// Puts a TCPRoute.
    pub fn tcp_route(self, route: PortRoute) -> Self {
        self.with(Change::Tcp(route))
    }

    /// Puts a UDPRoute.
    pub fn udp_route(self, route: PortRoute) -> Self {
        self.with(Change::Udp(route))
    }

    /// Puts an IdentityBinding.
    pub fn identity_binding(self, binding: IdentityBinding) -> Self {
        self.with(Change::Binding(binding))
    }

    /// Removes an object. Nothing happens if there is none.
    pub fn remove(self, kind: ObjectKind, name: ObjectName) -> Self {
        self.with(Change::Remove(kind, name))
    }

    /// Says that an object is there and can't be read. It grants nothing, whatever it was before:
    /// nobody knows what it was changed to. A TrafficTarget closes its namespace under
    /// [`Unselected::Allow`](crate::Unselected::Allow) until it is put again or removed.
    pub fn unreadable(self, kind: ObjectKind, name: ObjectName) -> Self {
        self.with(Change::Unreadable(kind, name))
    }

    fn with(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }
}

impl Change {
    fn make(self, writer: &mut Writer) {
        match self {
            Self::Target(name, record) => {
                Self::forget(writer, ObjectKind::TrafficTarget, &name);
                writer.put_target(name, record);
            }
            Self::Group(name, record) => {
                Self::forget(writer, ObjectKind::HttpRouteGroup, &name);
                writer.put_group(name, record);
            }
            Self::Tcp(route) => {
                Self::forget(writer, ObjectKind::TcpRoute, &route.name);
                writer.put_tcp_route(route);
            }
            Self::Udp(route) => {
                Self::forget(writer, ObjectKind::UdpRoute, &route.name);
                writer.put_udp_route(route);
            }
            Self::Binding(binding) => {
                Self::forget(writer, ObjectKind::IdentityBinding, &binding.name);
                writer.put_binding(&binding);
            }
            Self::Remove(kind, name) => {
                Self::forget(writer, kind, &name);
                Self::remove(writer, kind, &name);
            }
            Self::Unreadable(kind, name) => {
                Self::forget(writer, kind, &name);
                Self::remove(writer, kind, &name);
                if kind == ObjectKind::TrafficTarget {
                    writer.close(Some(name.namespace()));
                }
                writer.note_unreadable(kind, name);
            }
        }
    }

    fn forget(writer: &mut Writer, kind: ObjectKind, name: &ObjectName) {
        if writer.forget_unreadable(kind, name) && kind == ObjectKind::TrafficTarget {
            writer.open(name.namespace());
        }
    }

    fn remove(writer: &mut Writer, kind: ObjectKind, name: &ObjectName) {
        match kind {
            ObjectKind::TrafficTarget => writer.remove_target(name),
            ObjectKind::HttpRouteGroup => writer.remove_group(name),
            ObjectKind::TcpRoute => writer.remove_tcp_route(name),
            ObjectKind::UdpRoute => writer.remove_udp_route(name),
            ObjectKind::IdentityBinding => writer.remove_binding(name),
            // No matter of access.
            ObjectKind::TrafficSplit | ObjectKind::Service => {}
        }
    }
}
