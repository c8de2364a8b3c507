//! TrafficMetricsList: an answer of several TrafficMetrics.

use serde::{Deserialize, Serialize};

use super::nullable;
use crate::{LabelSelector, ListMeta, Nullable, ObjectReference, TrafficMetrics, Version};

/// An answer of several [`TrafficMetrics`]: the resources of one kind, or the edges of one resource
/// (specification, "TrafficMetricsList").
///
/// # Examples
/// ```
/// use smi_metrics_model::TrafficMetricsList;
///
/// let list: TrafficMetricsList = serde_json::from_str(
///     r#"{"kind": "TrafficMetricsList", "resource": {"kind": "Pod"}, "items": [{}, {}]}"#,
/// )?;
/// assert_eq!(list.items().len(), 2);
/// assert!(serde_json::from_str::<TrafficMetricsList>(r#"{"items": {}}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrafficMetricsList {
    /// Group and version. The specification's examples leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<Version>,
    /// Always `TrafficMetricsList`.
    #[serde(default, deserialize_with = "nullable::or_default")]
    pub kind: TrafficMetricsListKind,
    /// The path of the answer, in the Go SDK's dialect.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub metadata: Nullable<ListMeta>,
    /// What was asked for: a kind, perhaps a namespace; or the resource whose edges these are.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub resource: Nullable<ObjectReference>,
    /// Which items were asked for. It chooses items, it does not filter what they measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
    /// The items. [`TrafficMetricsList::items`] reads them whether they are there or not.
    #[serde(
        default,
        skip_serializing_if = "Nullable::is_absent",
        deserialize_with = "nullable::list"
    )]
    pub items: Nullable<Vec<TrafficMetrics>>,
}

impl TrafficMetricsList {
    /// A list of this version with nothing in it.
    pub fn new(version: Version) -> Self {
        Self { api_version: Some(version), ..Self::default() }
    }

    /// The items; none if the list leaves them out.
    pub fn items(&self) -> &[TrafficMetrics] {
        self.items.as_option().map_or(&[], Vec::as_slice)
    }
}

/// The kind of a [`TrafficMetricsList`]. Reading refuses another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TrafficMetricsListKind {
    /// `TrafficMetricsList`
    #[default]
    TrafficMetricsList,
}
