//! The one version-free form that every API version lifts into.
//!
//! Engines work on this form and never learn API versions. Lifting loses no restriction: what an
//! old version can say and v1alpha4 can't (`port` on a subject) has a place here, and so has what
//! could not be read (`Unreadable`, `None`), because it still counts: it grants nothing, and its
//! neighbours keep their positions.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::api::{Kind, Version};
use crate::quantity::Quantity;

/// What all objects have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The API version the object was written in.
    pub version: Version,
    /// `metadata.namespace`; `None` if absent or empty.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: String,
    /// `metadata.creationTimestamp`, as written (RFC 3339).
    pub creation_timestamp: Option<String>,
}

/// An SMI object of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// A TrafficTarget.
    TrafficTarget(TrafficTarget),
    /// An IdentityBinding.
    IdentityBinding(IdentityBinding),
    /// An HTTPRouteGroup.
    HttpRouteGroup(HttpRouteGroup),
    /// A TCPRoute.
    TcpRoute(PortRoute),
    /// A UDPRoute.
    UdpRoute(PortRoute),
    /// A TrafficSplit.
    TrafficSplit(TrafficSplit),
}

impl Object {
    /// The kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::TrafficTarget(_) => Kind::TrafficTarget,
            Self::IdentityBinding(_) => Kind::IdentityBinding,
            Self::HttpRouteGroup(_) => Kind::HttpRouteGroup,
            Self::TcpRoute(_) => Kind::TcpRoute,
            Self::UdpRoute(_) => Kind::UdpRoute,
            Self::TrafficSplit(_) => Kind::TrafficSplit,
        }
    }

    /// What all objects have.
    pub fn meta(&self) -> &Meta {
        match self {
            Self::TrafficTarget(object) => &object.meta,
            Self::IdentityBinding(object) => &object.meta,
            Self::HttpRouteGroup(object) => &object.meta,
            Self::TcpRoute(object) | Self::UdpRoute(object) => &object.meta,
            Self::TrafficSplit(object) => &object.meta,
        }
    }
}

/// Where a field stands in an API version: the path of the field in the layout of v1alpha4, which is
/// how engines speak of fields, translated to the layout of `version`.
///
/// # Examples
///
/// ```
/// use smi_types::api::{Kind, Version};
/// use smi_types::hub::wire_path;
///
/// let path = "spec.rules[1].name";
/// assert_eq!(wire_path(Kind::TrafficTarget, Version::V1alpha1, path), "specs[1].name");
/// assert_eq!(wire_path(Kind::TrafficTarget, Version::V1alpha2, path), path);
/// ```
pub fn wire_path(kind: Kind, version: Version, path: &str) -> Cow<'_, str> {
    let flat = match kind {
        Kind::TrafficTarget => version == Version::V1alpha1,
        Kind::HttpRouteGroup | Kind::TcpRoute => version <= Version::V1alpha2,
        Kind::IdentityBinding | Kind::UdpRoute | Kind::TrafficSplit => false,
    };
    let Some(field) = path.strip_prefix("spec.").filter(|_| flat) else { return path.into() };
    match field.strip_prefix("rules") {
        Some(rest) if kind == Kind::TrafficTarget && !rest.starts_with(char::is_alphanumeric) => {
            format!("specs{rest}").into()
        }
        _ => field.into(),
    }
}

/// A TrafficTarget of any version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficTarget {
    /// What all objects have.
    pub meta: Meta,
    /// Whom it opens.
    pub destination: Subject,
    /// `destination.port` of v1alpha1 and v1alpha2.
    pub port: PortCondition,
    /// Whom it admits.
    pub sources: Vec<Subject>,
    /// What it admits them to (`specs` in v1alpha1).
    pub rules: Vec<Rule>,
}

/// A subject of a TrafficTarget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// `kind: ServiceAccount`.
    ServiceAccount {
        /// `namespace`; `None` if absent or empty.
        namespace: Option<String>,
        /// `name`.
        name: String,
    },
    /// `kind: IdentityBinding`, since v1alpha4.
    IdentityBinding {
        /// `namespace`; `None` if absent or empty.
        namespace: Option<String>,
        /// `name`.
        name: String,
    },
    /// A subject of another kind or group, without name, or of wrong shape.
    Unreadable,
}

/// `destination.port` of v1alpha1 and v1alpha2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PortCondition {
    /// No condition: absent, null or 0.
    #[default]
    Any,
    /// Only this port.
    Only(u16),
    /// Neither a port nor absent.
    Unreadable,
}

/// A rule of a TrafficTarget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `kind`.
    pub kind: RuleKind,
    /// `name`.
    pub name: String,
    /// `matches`; empty if absent.
    pub matches: Vec<String>,
}

/// The kind a rule refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleKind {
    /// An HTTPRouteGroup.
    HttpRouteGroup,
    /// A TCPRoute.
    TcpRoute,
    /// A UDPRoute, since v1alpha3.
    UdpRoute,
    /// Another kind, or a rule of wrong shape.
    Unreadable,
}

/// An HTTPRouteGroup of any version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRouteGroup {
    /// What all objects have.
    pub meta: Meta,
    /// The matches; `None` keeps the place of one that could not be read.
    pub matches: Vec<Option<HttpMatch>>,
}

/// One match of an HTTPRouteGroup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpMatch {
    /// `name`.
    pub name: Option<String>,
    /// `pathRegex`.
    pub path_regex: Option<String>,
    /// `methods`; empty if absent.
    pub methods: Vec<String>,
    /// `headers` by name in lower case, whatever the wire form was.
    pub headers: BTreeMap<String, String>,
}

/// A TCPRoute or UDPRoute of any version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortRoute {
    /// What all objects have.
    pub meta: Meta,
    /// `spec.matches.ports`.
    pub ports: Ports,
}

/// The ports of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ports {
    /// All: `ports` absent, null or empty, or a TCPRoute before v1alpha4.
    All,
    /// These, as listed.
    Only(Vec<u16>),
    /// Ports that could not be read: none.
    Unreadable,
}

/// An IdentityBinding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityBinding {
    /// What all objects have.
    pub meta: Meta,
    /// `spec.schemes.serviceAccount`.
    pub service_account: Option<String>,
    /// `spec.schemes.spiffeIdentities`.
    pub spiffe_identities: Vec<String>,
    /// `spec.schemes.podLabelSelector`.
    pub pod_label_selector: Option<LabelSelector>,
}

/// A Kubernetes label selector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector {
    /// `matchLabels`.
    pub match_labels: BTreeMap<String, String>,
    /// `matchExpressions`.
    pub match_expressions: Vec<LabelRequirement>,
}

/// A requirement of a [`LabelSelector`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelRequirement {
    /// `key`.
    pub key: String,
    /// `operator`, as written.
    pub operator: String,
    /// `values`; empty if absent.
    pub values: Vec<String>,
}

/// A TrafficSplit of any version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficSplit {
    /// What all objects have.
    pub meta: Meta,
    /// `spec.service`, as written.
    pub service: String,
    /// `spec.backends`.
    pub backends: Vec<Backend>,
    /// `spec.matches`; empty if absent.
    pub matches: Vec<MatchRef>,
}

/// A backend of a TrafficSplit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// `service`, as written.
    pub service: String,
    /// `weight`: an exact number, whole since v1alpha2.
    pub weight: Quantity,
}

/// A reference in a TrafficSplit's `matches`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MatchRef {
    /// The HTTPRouteGroup of this name.
    HttpRouteGroup(String),
    /// Another kind or group, or a reference of wrong shape: contributes nothing.
    Unreadable,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_paths_follow_the_layout_of_the_version() {
        use Kind::{HttpRouteGroup, TrafficSplit, TrafficTarget};
        use Version::{V1alpha1, V1alpha2, V1alpha3};
        for (kind, version, path, wire) in [
            (TrafficTarget, V1alpha1, "spec.sources[0]", "sources[0]"),
            (TrafficTarget, V1alpha1, "spec.rules", "specs"),
            (TrafficTarget, V1alpha1, "spec.destination.port", "destination.port"),
            (TrafficTarget, V1alpha1, "spec", "spec"),
            (TrafficTarget, V1alpha1, "metadata.name", "metadata.name"),
            (TrafficTarget, V1alpha2, "spec.sources[0]", "spec.sources[0]"),
            (HttpRouteGroup, V1alpha2, "spec.matches[0].pathRegex", "matches[0].pathRegex"),
            (HttpRouteGroup, V1alpha3, "spec.matches[0]", "spec.matches[0]"),
            (TrafficSplit, V1alpha1, "spec.backends[0].weight", "spec.backends[0].weight"),
        ] {
            assert_eq!(wire_path(kind, version, path), wire);
        }
    }
}
