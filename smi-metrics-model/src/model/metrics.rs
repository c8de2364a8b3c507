//! TrafficMetrics: what was measured for one resource or one edge.

use serde::{Deserialize, Serialize};

use super::nullable;
use crate::{Edge, Metric, Nullable, ObjectMeta, ObjectReference, Version};

/// What was measured for one resource, or for one edge between two (specification,
/// "TrafficMetrics").
///
/// # Examples
/// ```
/// use smi_metrics_model::{Edge, ObjectReference, TrafficMetrics, Version};
///
/// let metrics = TrafficMetrics {
///     resource: ObjectReference::new("Pod", "shop", "web-0").into(),
///     edge: Edge::default().into(),
///     ..TrafficMetrics::new(Version::V1alpha1)
/// };
/// let json = serde_json::to_string(&metrics)?;
/// assert_eq!(serde_json::from_str::<TrafficMetrics>(&json)?, metrics);
///
/// let error = serde_json::from_str::<TrafficMetrics>(r#"{"kind": "PodMetrics"}"#).unwrap_err();
/// assert!(error.to_string().contains("expected `TrafficMetrics`"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrafficMetrics {
    /// Group and version. The specification's examples and the items of some lists leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<Version>,
    /// Always `TrafficMetrics`.
    #[serde(default, deserialize_with = "nullable::or_default")]
    pub kind: TrafficMetricsKind,
    /// Name, namespace and path of the answer, in the Go SDK's dialect.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub metadata: Nullable<ObjectMeta>,
    /// Whose traffic was measured.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub resource: Nullable<ObjectReference>,
    /// The other end of the traffic.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub edge: Nullable<Edge>,
    /// The backend of the TrafficSplit whose traffic was measured (specification, "Traffic
    /// Splits").
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub backend: Nullable<Backend>,
    /// The end of the window (RFC 3339, as written).
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub timestamp: Nullable<String>,
    /// The time over which was measured, such as `30s` or `1m30s` (Go's form, as written).
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub window: Nullable<String>,
    /// The metrics. [`TrafficMetrics::metric`] finds one.
    #[serde(
        default,
        skip_serializing_if = "Nullable::is_absent",
        deserialize_with = "nullable::list"
    )]
    pub metrics: Nullable<Vec<Metric>>,
}

impl TrafficMetrics {
    /// Metrics of this version with nothing in them.
    pub fn new(version: Version) -> Self {
        Self { api_version: Some(version), ..Self::default() }
    }

    /// The first metric of this name.
    pub fn metric(&self, name: &str) -> Option<&Metric> {
        self.metrics.as_option()?.iter().find(|metric| metric.name == name)
    }
}

/// The kind of a [`TrafficMetrics`]. Reading refuses another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TrafficMetricsKind {
    /// `TrafficMetrics`
    #[default]
    TrafficMetrics,
}

/// The backend of a TrafficSplit that metrics are about (specification, "Traffic Splits").
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Backend {
    /// The service whose traffic is split.
    #[serde(deserialize_with = "nullable::or_default")]
    pub apex: String,
    /// The service that gets this part of it.
    #[serde(deserialize_with = "nullable::or_default")]
    pub name: String,
    /// Its weight in the split.
    #[serde(deserialize_with = "nullable::or_default")]
    pub weight: u64,
}
