//! The Traffic Metrics API of the Service Mesh Interface (SMI) as plain data.
//!
//! ```
//! use smi_metrics_model::{SUCCESS_COUNT, TrafficMetrics};
//!
//! let answer: TrafficMetrics = serde_json::from_str(r#"{
//!     "kind": "TrafficMetrics",
//!     "apiVersion": "metrics.smi-spec.io/v1alpha1",
//!     "resource": {"kind": "Deployment", "namespace": "shop", "name": "web"},
//!     "edge": {"direction": "from", "resource": null},
//!     "metrics": [{"name": "success_count", "value": "73492m"}]
//! }"#)?;
//!
//! let success = answer.metric(SUCCESS_COUNT).and_then(|metric| metric.value.as_option());
//! assert_eq!(success.map(ToString::to_string).as_deref(), Some("73492m"));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # Overview
//!
//! - [`TrafficMetrics`]: what was measured for one resource, or for one edge between two.
//! - [`TrafficMetricsList`]: an answer of several.
//! - [`Metric`] and [`MetricValue`]: a name, a unit and a number.
//!
//! The types are those of the wire: public fields, JSON or YAML in and out by serde. Nothing here
//! asks a server, a clock or a runtime.
//!
//! # Two dialects
//!
//! The specification (`apis/traffic-metrics/v1alpha1`) and the Go SDK write one API in two ways,
//! and published answers mix them. Both are read, under either version, and what was read is
//! written back as it was.
//!
//! | | specification | Go SDK |
//! |---|---|---|
//! | latency | `seconds` | `ms` |
//! | value | `10m` or `100` | always a string |
//! | nothing to say | the field is left out | the field is `null` |
//! | `edge.side`, `backend` | yes | since v1alpha2 |
//! | `metadata.selfLink` | no | yes |
//! | `selector` of a list | yes | no |
//!
//! Hence [`Nullable`], which tells an absent field from a null one. To a reader both mean nothing:
//! [`Nullable::as_option`] forgets the difference.
//!
//! # What may surprise
//!
//! - Two values are equal if they are written alike. `"100"` and `100` are not.
//! - Quantities, times and durations are kept as text and not checked.
//! - Fields that neither dialect has are dropped. A `null` in the place of a metric or of an item is
//!   no metric and no item.
//! - `kind` may be missing, as in the items of some lists. It is always written.
//!
//! # Untrusted input
//!
//! Reading never panics, and keeps no more than it was given. How deep and how large a document may
//! be is the parser's to bound: `serde_json` does for depth.

mod edge;
mod list;
mod meta;
mod metric;
mod metrics;
mod nullable;
mod open_enum;
mod reference;
mod value;
mod version;

pub use edge::{Direction, Edge, Side};
pub use list::{TrafficMetricsList, TrafficMetricsListKind};
pub use meta::{ListMeta, ObjectMeta};
pub use metric::{
    FAILURE_COUNT, Metric, P50_RESPONSE_LATENCY, P90_RESPONSE_LATENCY, P99_RESPONSE_LATENCY,
    SUCCESS_COUNT, Unit,
};
pub use metrics::{Backend, TrafficMetrics, TrafficMetricsKind};
pub use nullable::Nullable;
pub use reference::{LabelRequirement, LabelSelector, ObjectReference};
pub use value::MetricValue;
pub use version::{GROUP, UnknownVersion, Version};
