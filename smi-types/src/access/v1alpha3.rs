//! `access.smi-spec.io/v1alpha3`: ports come from TCPRoute and UDPRoute rules.
//!
//! Source: SMI Traffic Access Control v1alpha3.

use serde::{Deserialize, Serialize};

use crate::api::Kind;
use crate::object::object;
use crate::wire::absent;
use crate::wire::mapping::mapping;

object! {
    /// TrafficTarget allows the sources to send the traffic that the rules describe to the destination.
    pub struct TrafficTarget: TrafficTarget/V1alpha3 {
        /// Who may call whom, and with which traffic.
        #[serde(default, deserialize_with = "crate::wire::absent::null_is_default")]
        pub spec: TrafficTargetSpec,
    }
}

/// Who may call whom, and with which traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!remote))]
#[serde(remote = "Self", rename_all = "camelCase", expecting = "an object")]
pub struct TrafficTargetSpec {
    /// The workloads that are opened. They are in the namespace of the TrafficTarget.
    pub destination: Subject,

    /// The routes that describe the allowed traffic. Without any, nothing is allowed.
    #[serde(default, deserialize_with = "absent::null_is_default")]
    #[cfg_attr(feature = "schema", schemars(!default))]
    pub rules: Vec<Rule>,

    /// The workloads that may call the destination. Without any, nothing is allowed.
    #[serde(default, deserialize_with = "absent::null_is_default")]
    #[cfg_attr(feature = "schema", schemars(!default))]
    pub sources: Vec<Subject>,
}

/// Workloads, by the identity that they prove.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!remote))]
#[serde(remote = "Self", rename_all = "camelCase", expecting = "an object")]
pub struct Subject {
    /// Kind of the identity: ServiceAccount.
    pub kind: String,

    /// Name of the identity.
    pub name: String,

    /// Namespace of the identity. If absent, it is the namespace of the TrafficTarget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

impl Subject {
    /// The service account of this name in the namespace of the TrafficTarget.
    pub fn service_account(name: impl Into<String>) -> Self {
        Self { kind: "ServiceAccount".to_owned(), name: name.into(), namespace: None }
    }

    /// The same subject in another namespace.
    #[must_use]
    pub fn in_namespace(self, namespace: impl Into<String>) -> Self {
        Self { namespace: Some(namespace.into()), ..self }
    }
}

/// A reference to a route in the namespace of the TrafficTarget.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!remote))]
#[serde(remote = "Self", rename_all = "camelCase", expecting = "an object")]
pub struct Rule {
    /// Kind of the route: HTTPRouteGroup, TCPRoute or (since v1alpha3) UDPRoute.
    pub kind: String,

    /// Name of the route.
    pub name: String,

    /// Names of the matches of an HTTPRouteGroup that are meant. If absent or empty, all are.
    #[serde(
        default,
        deserialize_with = "absent::null_is_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub matches: Vec<String>,
}

impl Rule {
    /// All matches of the HTTPRouteGroup of this name.
    pub fn http_route_group(name: impl Into<String>) -> Self {
        Self::new(Kind::HttpRouteGroup, name.into())
    }

    /// The TCPRoute of this name.
    pub fn tcp_route(name: impl Into<String>) -> Self {
        Self::new(Kind::TcpRoute, name.into())
    }

    /// The UDPRoute of this name.
    pub fn udp_route(name: impl Into<String>) -> Self {
        Self::new(Kind::UdpRoute, name.into())
    }

    /// The same rule for these matches only.
    #[must_use]
    pub fn matching<T: Into<String>>(self, matches: impl IntoIterator<Item = T>) -> Self {
        Self { matches: matches.into_iter().map(Into::into).collect(), ..self }
    }

    fn new(kind: Kind, name: String) -> Self {
        Self { kind: kind.as_str().to_owned(), name, matches: Vec::new() }
    }
}

mapping!(TrafficTargetSpec, Subject, Rule);
