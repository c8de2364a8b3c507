//! `access.smi-spec.io`: who may call whom.
//!
//! A TrafficTarget opens one destination to a list of sources, for the traffic that its rules
//! describe. An IdentityBinding (v1alpha4) gives a name to a set of identities, so that a
//! TrafficTarget can refer to workloads that no service account describes.
//!
//! One module per API version, each complete: what several versions share is one type that each of
//! them exports.
//!
//! Source: SMI Traffic Access Control, v1alpha1 to v1alpha4.
//!
//! # Examples
//!
//! ```
//! use smi_types::ObjectMeta;
//! use smi_types::access::v1alpha3::{Rule, Subject, TrafficTarget, TrafficTargetSpec};
//!
//! let target = TrafficTarget {
//!     metadata: ObjectMeta { name: Some("web-to-api".into()), ..Default::default() },
//!     spec: TrafficTargetSpec {
//!         destination: Subject::service_account("api"),
//!         sources: vec![Subject::service_account("web")],
//!         rules: vec![Rule::http_route_group("api-routes")],
//!     },
//! };
//! let yaml = smi_types::write::yaml(&target)?;
//! assert!(yaml.starts_with("apiVersion: access.smi-spec.io/v1alpha3\nkind: TrafficTarget\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod v1alpha1;
pub mod v1alpha2;
pub mod v1alpha3;
pub mod v1alpha4;
