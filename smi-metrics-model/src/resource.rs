//! Whose traffic is measured, and from where.

use std::fmt;

use crate::Kind;

/// An object whose traffic is measured.
///
/// # Examples
///
/// ```
/// use smi_metrics_model::{Kind, Resource};
///
/// let web = Resource::new(Kind::Deployment, "shop", "web");
/// assert_eq!(web.to_string(), "Deployment shop/web");
/// assert_eq!(Resource::new(Kind::Node, "ignored", "node-1").namespace(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource {
    kind: Kind,
    /// Empty where the kind has none.
    namespace: String,
    name: String,
}

impl Resource {
    /// An object by kind, namespace and name. Namespaces and nodes are in no namespace: for them it
    /// is ignored.
    pub fn new(kind: Kind, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        let namespace = if kind.is_namespaced() { namespace.into() } else { String::new() };
        Self { kind, namespace, name: name.into() }
    }

    /// A namespace.
    pub fn of_namespace(name: impl Into<String>) -> Self {
        Self::new(Kind::Namespace, "", name)
    }

    /// The kind.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The namespace that the object is in.
    pub fn namespace(&self) -> Option<&str> {
        (!self.namespace.is_empty()).then_some(self.namespace.as_str())
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace() {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// Which way requests go, seen from a resource: what [`Direction`](crate::Direction) says on the
/// wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// The resource sends them.
    To,
    /// The resource receives them.
    From,
}

/// At which end requests were observed: what [`Side`](crate::Side) says on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// Where they come from.
    Client,
    /// Where they go to.
    Server,
}

/// A backend of a TrafficSplit, as traffic is measured for it (specification, "Traffic Splits").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SplitBackend {
    /// The TrafficSplit.
    pub split: Resource,
    /// The service whose traffic is split.
    pub apex: String,
    /// The service that gets this part of it.
    pub name: String,
    /// Its weight in the split.
    pub weight: u64,
}
