//! What splits are made of: SMI resources without API versions and without Kubernetes.

use smi_policy::ObjectName;

/// A TrafficSplit: how the traffic of one service is shared out among others.
///
/// ```
/// use smi_split::{ObjectName, TrafficSplit};
///
/// let canary = TrafficSplit::new(ObjectName::new("shop", "canary"), "website")
///     .backend("website-v1", 90)
///     .backend("website-v2", 10);
/// assert_eq!(canary.backends.len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficSplit {
    /// Its namespace and name.
    pub name: ObjectName,
    /// `spec.service` as written: the service that clients address, the *apex* or *root* of the
    /// split.
    pub service: String,
    /// `spec.backends`.
    pub backends: Vec<Backend>,
    /// `spec.matches`: the split is for HTTP requests that meet one of these. Without any it is for
    /// all traffic.
    pub matches: Vec<MatchRef>,
    /// `metadata.creationTimestamp` as written (RFC 3339). Of several splits of one service the
    /// oldest comes first.
    pub creation_timestamp: Option<String>,
}

impl TrafficSplit {
    /// A split of `service` without backends.
    pub fn new(name: ObjectName, service: impl Into<String>) -> Self {
        Self {
            name,
            service: service.into(),
            backends: Vec::new(),
            matches: Vec::new(),
            creation_timestamp: None,
        }
    }

    /// Adds a backend. Weights are ratios: 90 and 10 are the same as 9 and 1.
    #[must_use]
    pub fn backend(mut self, service: impl Into<String>, weight: u64) -> Self {
        self.backends.push(Backend { service: service.into(), weight: weight.into() });
        self
    }

    /// Restricts the split to the requests of an HTTPRouteGroup of its namespace; called again, to
    /// those of either.
    #[must_use]
    pub fn http_route_group(mut self, name: impl Into<String>) -> Self {
        self.matches.push(MatchRef::HttpRouteGroup(name.into()));
        self
    }

    /// Sets when the split was created.
    #[must_use]
    pub fn creation_timestamp(mut self, rfc3339: impl Into<String>) -> Self {
        self.creation_timestamp = Some(rfc3339.into());
        self
    }
}

/// A backend of a [`TrafficSplit`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// `service` as written.
    pub service: String,
    /// How much it gets, in proportion to the other backends. 0: nothing.
    ///
    /// There is room for the fractions of v1alpha1, brought to whole numbers. What matters is what
    /// remains when entries of one service are added up and all are reduced: together, that must fit
    /// 64 bits.
    pub weight: u128,
}

/// A reference in a TrafficSplit's `matches`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MatchRef {
    /// The HTTPRouteGroup of this name in the split's namespace.
    HttpRouteGroup(String),
    /// A reference that could not be understood: it contributes nothing.
    Unreadable,
}
