//! The part of Kubernetes' metadata that metrics carry.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::nullable;
use crate::Nullable;

/// The metadata of a [`TrafficMetrics`](crate::TrafficMetrics), as the Go SDK writes it.
///
/// Metrics are computed when asked for, never stored: of Kubernetes' `ObjectMeta` only what an
/// answer can carry is here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectMeta {
    /// The name of the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The namespace of the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The path under which the metrics were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_link: Option<String>,
    /// When the answer was made (RFC 3339, as written). The Go SDK writes an unknown time as null.
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    pub creation_timestamp: Nullable<String>,
    /// The labels of the resource.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "nullable::or_default")]
    pub labels: BTreeMap<String, String>,
}

/// The metadata of a [`TrafficMetricsList`](crate::TrafficMetricsList), as the Go SDK writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListMeta {
    /// The path under which the list was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_link: Option<String>,
    /// The revision of the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_version: Option<String>,
    /// Where a list in several parts goes on.
    #[serde(rename = "continue", skip_serializing_if = "Option::is_none")]
    pub continue_token: Option<String>,
    /// How many items the further parts hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_item_count: Option<i64>,
}
