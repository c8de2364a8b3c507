//! `split.smi-spec.io`: how the traffic of a service is split.
//!
//! A TrafficSplit divides the traffic of one service, the apex, among backend services by weight.
//! Since v1alpha3 it may apply to the HTTP requests of some HTTPRouteGroups only.
//!
//! One module per API version, each complete: what several versions share is one type that each of
//! them exports.
//!
//! Source: SMI Traffic Split, v1alpha1 to v1alpha4.
//!
//! # Examples
//!
//! ```
//! use smi_types::ObjectMeta;
//! use smi_types::split::v1alpha4::{Backend, TrafficSplit, TrafficSplitSpec};
//!
//! let canary = TrafficSplit {
//!     metadata: ObjectMeta { name: Some("canary".into()), ..Default::default() },
//!     spec: TrafficSplitSpec {
//!         service: "website".into(),
//!         backends: vec![Backend::new("website-v1", 90), Backend::new("website-v2", 10)],
//!         ..Default::default()
//!     },
//! };
//! assert!(smi_types::write::yaml(&canary)?.contains("weight: 90"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backend;
pub mod v1alpha1;
pub mod v1alpha2;
pub mod v1alpha3;
pub mod v1alpha4;
