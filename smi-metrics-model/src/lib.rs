//! The Traffic Metrics API of the Service Mesh Interface (SMI), from a request in a proxy to
//! `kubectl traffic top`.
//!
#![cfg_attr(feature = "api", doc = include_str!("overview.md"))]
//!
//! # Features
//!
//! - `api` (on by default): everything but recording, rolling up and comparing canaries. Without it
//!   the crate has no dependency, for proxies that only record.
//! - `k8s-openapi`: `ObjectReference` and `LabelSelector` from and to those of k8s-openapi.
//! - `latest`: chooses the newest Kubernetes version for `k8s-openapi`. A project that chooses its
//!   own leaves it out.

pub mod canary;
#[cfg(feature = "api")]
mod dialect;
#[cfg(feature = "api")]
mod duration;
mod kind;
#[cfg(feature = "api")]
mod model;
#[cfg(feature = "api")]
pub mod prometheus;
mod record;
#[cfg(feature = "api")]
pub mod render;
#[cfg(feature = "api")]
mod report;
mod resource;
pub mod rollup;
#[cfg(feature = "api")]
pub mod serve;
#[cfg(feature = "api")]
mod traffic;

#[cfg(feature = "api")]
pub use dialect::Dialect;
#[cfg(feature = "api")]
pub use duration::{DurationError, GoDuration};
pub use kind::Kind;
#[cfg(feature = "api")]
pub use model::{
    Backend, Direction, Edge, FAILURE_COUNT, GROUP, LabelRequirement, LabelSelector, ListMeta,
    Metric, MetricValue, Nullable, ObjectMeta, ObjectReference, P50_RESPONSE_LATENCY,
    P90_RESPONSE_LATENCY, P99_RESPONSE_LATENCY, SUCCESS_COUNT, Side, TrafficMetrics,
    TrafficMetricsKind, TrafficMetricsList, TrafficMetricsListKind, Unit, UnknownVersion, Version,
};
pub use record::{
    Bucket, Histogram, OutOfOrder, Outcome, Percentile, Recorder, Tally, Window, Windows,
};
#[cfg(feature = "api")]
pub use report::Report;
pub use resource::{End, Resource, SplitBackend, Way};
#[cfg(feature = "api")]
pub use smi_types::quantity::Quantity;
#[cfg(feature = "api")]
pub use traffic::{MetricError, Traffic};
