//! `specs.smi-spec.io/v1alpha3`: `matches` below `spec`; a TCPRoute has an empty `spec`.
//!
//! Source: SMI Traffic Specs v1alpha3.

use serde::{Deserialize, Serialize};

use crate::object::object;
use crate::wire::absent;
use crate::wire::mapping::mapping;

pub use super::headers::{HeaderForm, Headers};
pub use super::http::HttpMatch;

object! {
    /// HTTPRouteGroup describes HTTP requests. TrafficTargets and TrafficSplits refer to it.
    pub struct HttpRouteGroup: HttpRouteGroup/V1alpha3 {
        /// The requests that the group describes.
        #[serde(default, deserialize_with = "crate::wire::absent::null_is_default")]
        pub spec: HttpRouteGroupSpec,
    }
}

impl HttpRouteGroup {
    /// Chooses how the headers of all matches are written.
    pub fn set_header_form(&mut self, form: HeaderForm) {
        super::headers::set_form(&mut self.spec.matches, form);
    }
}

object! {
    /// TCPRoute describes TCP connections on all ports. TrafficTargets refer to it.
    pub struct TcpRoute: TcpRoute/V1alpha3 {
        /// Nothing: the route describes connections on all ports.
        #[serde(default, deserialize_with = "crate::wire::absent::null_is_default")]
        pub spec: TcpRouteSpec,
    }
}

/// The requests that the group describes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!remote))]
#[serde(remote = "Self", rename_all = "camelCase", expecting = "an object")]
pub struct HttpRouteGroupSpec {
    /// Conditions on requests. A request belongs to the group if it meets any of them.
    #[serde(default, deserialize_with = "absent::null_is_default")]
    #[cfg_attr(feature = "schema", schemars(!default))]
    pub matches: Vec<HttpMatch>,
}

/// Nothing: the route describes connections on all ports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!remote))]
#[serde(remote = "Self", expecting = "an object")]
pub struct TcpRouteSpec {}

mapping!(HttpRouteGroupSpec, TcpRouteSpec);
