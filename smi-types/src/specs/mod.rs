//! `specs.smi-spec.io`: what traffic looks like.
//!
//! An HTTPRouteGroup describes HTTP requests by path, method and headers; a TCPRoute and a UDPRoute
//! describe connections by port. TrafficTargets and TrafficSplits refer to them.
//!
//! One module per API version, each complete: what several versions share is one type that each of
//! them exports.
//!
//! Source: SMI Traffic Specs, v1alpha1 to v1alpha4.
//!
//! # Examples
//!
//! ```
//! use smi_types::ObjectMeta;
//! use smi_types::specs::v1alpha4::{HeaderForm, HttpMatch, HttpRouteGroup, HttpRouteGroupSpec};
//!
//! let mut group = HttpRouteGroup {
//!     metadata: ObjectMeta { name: Some("api".into()), ..Default::default() },
//!     spec: HttpRouteGroupSpec {
//!         matches: vec![HttpMatch {
//!             name: "android".into(),
//!             path_regex: Some("/api/.*".into()),
//!             methods: vec!["GET".into()],
//!             headers: [("user-agent", ".*Android.*")].into(),
//!         }],
//!     },
//! };
//! assert!(smi_types::write::yaml(&group)?.contains("- user-agent: .*Android.*"));
//!
//! // NGINX Service Mesh installs a CRD that wants headers as one mapping.
//! group.set_header_form(HeaderForm::Map);
//! assert!(!smi_types::write::yaml(&group)?.contains("- user-agent"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod headers;
mod http;
mod port;
pub mod v1alpha1;
pub mod v1alpha2;
pub mod v1alpha3;
pub mod v1alpha4;
