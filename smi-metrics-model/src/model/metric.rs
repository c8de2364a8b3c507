//! One metric: a name, a unit and a number.

use serde::{Deserialize, Serialize};

use super::nullable;
use super::open_enum::open_enum;
use crate::{MetricValue, Nullable};

/// The latency that 99 % of the responses stayed below.
pub const P99_RESPONSE_LATENCY: &str = "p99_response_latency";
/// The latency that 90 % of the responses stayed below.
pub const P90_RESPONSE_LATENCY: &str = "p90_response_latency";
/// The latency that half of the responses stayed below.
pub const P50_RESPONSE_LATENCY: &str = "p50_response_latency";
/// How many requests succeeded within the window.
pub const SUCCESS_COUNT: &str = "success_count";
/// How many requests failed within the window.
pub const FAILURE_COUNT: &str = "failure_count";

/// One metric of a [`TrafficMetrics`](crate::TrafficMetrics).
///
/// # Examples
/// ```
/// use smi_metrics_model::{Metric, Unit};
///
/// let metric: Metric =
///     serde_json::from_str(r#"{"name": "p99_response_latency", "unit": "ms", "value": "2969m"}"#)?;
/// assert_eq!(metric.unit, Some(Unit::Milliseconds));
/// assert!(serde_json::from_str::<Metric>(r#"{"name": 99}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// What was measured, such as [`SUCCESS_COUNT`].
    #[serde(default, deserialize_with = "nullable::or_default")]
    pub name: String,
    /// The unit of the value. Counts have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// The number.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub value: Nullable<MetricValue>,
}

open_enum! {
    /// The unit of a latency.
    ///
    /// # Examples
    /// ```
    /// use smi_metrics_model::Unit;
    ///
    /// assert_eq!(Unit::from("seconds"), Unit::Seconds);
    /// assert_eq!(Unit::from("fortnights").as_str(), "fortnights");
    /// ```
    pub enum Unit {
        /// `seconds`, in the specification. With the value `10m`: ten milliseconds.
        Seconds = "seconds",
        /// `ms`, in the Go SDK. With the value `10m`: ten microseconds.
        Milliseconds = "ms",
    }
}
