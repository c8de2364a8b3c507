//! `specs.smi-spec.io/v1alpha4`: ports in TCPRoute, and UDPRoute.
//!
//! Source: SMI Traffic Specs v1alpha4.

use crate::object::object;

pub use super::headers::{HeaderForm, Headers};
pub use super::http::HttpMatch;
pub use super::port::{PortMatch, PortRouteSpec};
pub use super::v1alpha3::HttpRouteGroupSpec;

object! {
    /// HTTPRouteGroup describes HTTP requests. TrafficTargets and TrafficSplits refer to it.
    pub struct HttpRouteGroup: HttpRouteGroup/V1alpha4 {
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
    /// TCPRoute describes TCP connections by port. TrafficTargets refer to it.
    pub struct TcpRoute: TcpRoute/V1alpha4 {
        /// The connections that the route describes.
        #[serde(default, deserialize_with = "crate::wire::absent::null_is_default")]
        pub spec: PortRouteSpec,
    }
}

object! {
    /// UDPRoute describes UDP traffic by port. TrafficTargets refer to it.
    pub struct UdpRoute: UdpRoute/V1alpha4 {
        /// The traffic that the route describes.
        #[serde(default, deserialize_with = "crate::wire::absent::null_is_default")]
        pub spec: PortRouteSpec,
    }
}
