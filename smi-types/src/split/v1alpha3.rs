//! `split.smi-spec.io/v1alpha3`: a split may apply to some HTTP requests only.
//!
//! Source: SMI Traffic Split v1alpha3.

use serde::{Deserialize, Serialize};

use crate::api::Kind;
use crate::object::object;
use crate::wire::absent;
use crate::wire::mapping::mapping;

pub use super::backend::Backend;

object! {
    /// TrafficSplit divides the traffic of a service among backend services.
    pub struct TrafficSplit: TrafficSplit/V1alpha3 {
        /// Which service is split, for which requests, and how.
        #[serde(default, deserialize_with = "crate::wire::absent::null_is_default")]
        pub spec: TrafficSplitSpec,
    }
}

/// Which service is split, for which requests, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!remote))]
#[serde(remote = "Self", rename_all = "camelCase", expecting = "an object")]
pub struct TrafficSplitSpec {
    /// The apex service, to which clients send the traffic.
    pub service: String,

    /// The routes to whose HTTP requests the split applies. If absent or empty, it applies to all traffic.
    #[serde(
        default,
        deserialize_with = "absent::null_is_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub matches: Vec<MatchRef>,

    /// The services that share the traffic.
    #[serde(default, deserialize_with = "absent::null_is_default")]
    #[cfg_attr(feature = "schema", schemars(!default))]
    pub backends: Vec<Backend>,
}

/// A reference to an HTTPRouteGroup in the namespace of the TrafficSplit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!remote))]
#[serde(remote = "Self", rename_all = "camelCase", expecting = "an object")]
pub struct MatchRef {
    /// API group of the kind. If absent, it is specs.smi-spec.io.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_group: Option<String>,

    /// Kind of the route: HTTPRouteGroup.
    pub kind: String,

    /// Name of the route.
    pub name: String,
}

impl MatchRef {
    /// The HTTPRouteGroup of this name.
    pub fn http_route_group(name: impl Into<String>) -> Self {
        Self { api_group: None, kind: Kind::HttpRouteGroup.as_str().to_owned(), name: name.into() }
    }
}

mapping!(TrafficSplitSpec, MatchRef);
