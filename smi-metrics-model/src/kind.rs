//! The kinds that traffic is measured for.

use std::fmt;

/// A kind of Kubernetes object that traffic is measured for (specification, "Kubernetes API").
///
/// # Examples
///
/// ```
/// use smi_metrics_model::Kind;
///
/// assert_eq!(Kind::from_plural("deployments"), Some(Kind::Deployment));
/// assert_eq!(Kind::from_name("Deployment"), Some(Kind::Deployment));
/// assert_eq!(Kind::from_plural("ingresses"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `namespaces`: not namespaced themselves.
    Namespace,
    /// `nodes`: not namespaced.
    Node,
    /// `pods`, which all other kinds but TrafficSplit are made of.
    Pod,
    /// `replicationcontrollers`
    ReplicationController,
    /// `services`
    Service,
    /// `daemonsets`
    DaemonSet,
    /// `deployments`
    Deployment,
    /// `replicasets`
    ReplicaSet,
    /// `statefulsets`
    StatefulSet,
    /// `jobs`
    Job,
    /// `trafficsplits`: measured per backend.
    TrafficSplit,
}

impl Kind {
    /// All kinds, in the order of the specification.
    pub const ALL: [Self; 11] = [
        Self::Namespace,
        Self::Node,
        Self::Pod,
        Self::ReplicationController,
        Self::Service,
        Self::DaemonSet,
        Self::Deployment,
        Self::ReplicaSet,
        Self::StatefulSet,
        Self::Job,
        Self::TrafficSplit,
    ];

    /// The name of the kind: `Deployment`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Namespace => "Namespace",
            Self::Node => "Node",
            Self::Pod => "Pod",
            Self::ReplicationController => "ReplicationController",
            Self::Service => "Service",
            Self::DaemonSet => "DaemonSet",
            Self::Deployment => "Deployment",
            Self::ReplicaSet => "ReplicaSet",
            Self::StatefulSet => "StatefulSet",
            Self::Job => "Job",
            Self::TrafficSplit => "TrafficSplit",
        }
    }

    /// The resource in URLs: `deployments`.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Namespace => "namespaces",
            Self::Node => "nodes",
            Self::Pod => "pods",
            Self::ReplicationController => "replicationcontrollers",
            Self::Service => "services",
            Self::DaemonSet => "daemonsets",
            Self::Deployment => "deployments",
            Self::ReplicaSet => "replicasets",
            Self::StatefulSet => "statefulsets",
            Self::Job => "jobs",
            Self::TrafficSplit => "trafficsplits",
        }
    }

    /// The resource in the singular: `deployment`.
    pub fn singular(self) -> &'static str {
        let plural = self.plural();
        plural.strip_suffix('s').unwrap_or(plural)
    }

    /// Group and version of the objects themselves: `apps/v1`.
    pub const fn api_version(self) -> &'static str {
        match self {
            Self::Namespace
            | Self::Node
            | Self::Pod
            | Self::ReplicationController
            | Self::Service => "v1",
            Self::DaemonSet | Self::Deployment | Self::ReplicaSet | Self::StatefulSet => "apps/v1",
            Self::Job => "batch/v1",
            Self::TrafficSplit => "split.smi-spec.io/v1alpha4",
        }
    }

    /// Whether objects of the kind are in a namespace.
    pub const fn is_namespaced(self) -> bool {
        !matches!(self, Self::Namespace | Self::Node)
    }

    /// The kind of a resource in URLs, such as `deployments`.
    pub fn from_plural(plural: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.plural() == plural)
    }

    /// The kind of this name, such as `Deployment`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
