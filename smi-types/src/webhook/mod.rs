//! What webhooks of an API server answer, as pure functions. There is no server here: any HTTP
//! framework can carry the reviews, which are kube's types and JSON.
//!
//! - [`conversion`]: the API server has an object of one version and needs another.
//! - [`admission`]: someone creates or changes an object, and the API server asks whether it may be.
//!
//! # Examples
//!
//! ```
//! use smi_types::webhook::conversion::{self, ConversionReview};
//!
//! let body = r#"{
//!     "apiVersion": "apiextensions.k8s.io/v1",
//!     "kind": "ConversionReview",
//!     "request": {
//!         "uid": "7",
//!         "desiredAPIVersion": "specs.smi-spec.io/v1alpha4",
//!         "objects": [{
//!             "apiVersion": "specs.smi-spec.io/v1alpha2",
//!             "kind": "HTTPRouteGroup",
//!             "metadata": {"name": "api"},
//!             "matches": [{"name": "all", "pathRegex": ".*"}]
//!         }]
//!     }
//! }"#;
//! let review: ConversionReview = serde_json::from_str(body)?;
//! let response = conversion::review(review).response.ok_or("no response")?;
//! assert!(response.result.is_success());
//! assert_eq!(response.converted_objects[0]["spec"]["matches"][0]["name"], "all");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod admission;
pub mod conversion;
