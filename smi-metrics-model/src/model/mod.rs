//! The documents of the wire.

mod edge;
#[cfg(feature = "k8s-openapi")]
mod kubernetes;
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
