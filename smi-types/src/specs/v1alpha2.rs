//! `specs.smi-spec.io/v1alpha2`: adds `headers`; `matches` still at the top level.
//!
//! Source: SMI Traffic Specs v1alpha2.

use crate::object::object;

pub use super::headers::{HeaderForm, Headers};
pub use super::http::HttpMatch;

object! {
    /// HTTPRouteGroup describes HTTP requests. TrafficTargets and TrafficSplits refer to it.
    pub struct HttpRouteGroup: HttpRouteGroup/V1alpha2 {
        /// Conditions on requests. A request belongs to the group if it meets any of them.
        #[serde(default, deserialize_with = "crate::wire::absent::null_is_default")]
        #[schemars(!default)]
        pub matches: Vec<HttpMatch>,
    }
}

impl HttpRouteGroup {
    /// Chooses how the headers of all matches are written.
    pub fn set_header_form(&mut self, form: HeaderForm) {
        super::headers::set_form(&mut self.matches, form);
    }
}

object! {
    /// TCPRoute describes TCP connections on all ports. TrafficTargets refer to it.
    pub struct TcpRoute: TcpRoute/V1alpha2 {}
}
