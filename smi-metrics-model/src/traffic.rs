//! What the metrics of an answer say, in whatever dialect.

use std::time::Duration;

use smi_types::quantity::{Quantity, QuantityError};

use crate::{
    DurationError, FAILURE_COUNT, GoDuration, Metric, P50_RESPONSE_LATENCY, P90_RESPONSE_LATENCY,
    P99_RESPONSE_LATENCY, Percentile, SUCCESS_COUNT, Tally, TrafficMetrics, Unit,
};

/// How many requests succeeded and failed, and how long they took.
///
/// The one meaning of both dialects: counts are exact quantities (a mesh may count 73.492 requests),
/// latencies are in seconds. Without requests there are no latencies.
///
/// # Examples
///
/// ```
/// use smi_metrics_model::TrafficMetrics;
///
/// let metrics: TrafficMetrics = serde_json::from_str(r#"{"metrics": [
///     {"name": "p99_response_latency", "unit": "ms", "value": "10"},
///     {"name": "success_count", "value": "1k"}
/// ]}"#)?;
/// let traffic = metrics.traffic()?;
/// assert_eq!(traffic.p99.map(|seconds| seconds.to_string()).as_deref(), Some("10m"));
/// assert_eq!(traffic.success_rate(), Some(1.0));
///
/// let metrics: TrafficMetrics =
///     serde_json::from_str(r#"{"metrics": [{"name": "success_count", "value": "many"}]}"#)?;
/// assert!(metrics.traffic().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// `success_count`; `None`: not measured.
    pub success: Option<Quantity>,
    /// `failure_count`; `None`: not measured.
    pub failure: Option<Quantity>,
    /// `p50_response_latency`, in seconds.
    pub p50: Option<Quantity>,
    /// `p90_response_latency`, in seconds.
    pub p90: Option<Quantity>,
    /// `p99_response_latency`, in seconds.
    pub p99: Option<Quantity>,
}

impl Traffic {
    /// The requests, as far as they were measured.
    pub fn requests(&self) -> Option<Quantity> {
        match (&self.success, &self.failure) {
            (Some(success), Some(failure)) => success.checked_add(failure),
            (success, failure) => success.clone().or_else(|| failure.clone()),
        }
    }

    /// The share of requests that succeeded, from 0 to 1. `None` without requests, and where
    /// nothing says how many succeeded.
    pub fn success_rate(&self) -> Option<f64> {
        let success = self.success.as_ref()?;
        let requests = self.requests()?.to_f64();
        let rate = success.to_f64() / requests;
        (requests > 0.0 && rate.is_finite()).then_some(rate)
    }

    /// Requests a second over a window. `None` if they were not measured or the window is not
    /// longer than zero.
    pub fn rps(&self, window: GoDuration) -> Option<f64> {
        let rps = self.requests()?.to_f64() / window.as_secs_f64();
        (window > GoDuration::ZERO && rps.is_finite()).then_some(rps)
    }

    /// One of the metrics, by its name on the wire.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Option<Quantity>> {
        Some(match name {
            SUCCESS_COUNT => &mut self.success,
            FAILURE_COUNT => &mut self.failure,
            P50_RESPONSE_LATENCY => &mut self.p50,
            P90_RESPONSE_LATENCY => &mut self.p90,
            P99_RESPONSE_LATENCY => &mut self.p99,
            _ => return None,
        })
    }

    /// The latencies by name, the largest first, as the specification lists them.
    pub(crate) fn latencies(&self) -> [(&'static str, Option<&Quantity>); 3] {
        [
            (P99_RESPONSE_LATENCY, self.p99.as_ref()),
            (P90_RESPONSE_LATENCY, self.p90.as_ref()),
            (P50_RESPONSE_LATENCY, self.p50.as_ref()),
        ]
    }

    /// The counts by name.
    pub(crate) fn counts(&self) -> [(&'static str, Option<&Quantity>); 2] {
        [(SUCCESS_COUNT, self.success.as_ref()), (FAILURE_COUNT, self.failure.as_ref())]
    }
}

/// Latencies to the microsecond.
impl From<&Tally> for Traffic {
    fn from(tally: &Tally) -> Self {
        let latency = |percentile| tally.latency(percentile).and_then(seconds);
        Self {
            success: Some(tally.success_count().into()),
            failure: Some(tally.failure_count().into()),
            p50: latency(Percentile::P50),
            p90: latency(Percentile::P90),
            p99: latency(Percentile::P99),
        }
    }
}

impl TrafficMetrics {
    /// What the metrics say. Metrics of other names are not looked at.
    ///
    /// # Errors
    ///
    /// A value is no quantity, a count or latency is negative, a latency has a unit that is neither
    /// `seconds` nor `ms`, or the same metric is there twice.
    pub fn traffic(&self) -> Result<Traffic, MetricError> {
        let mut traffic = Traffic::default();
        for (index, metric) in self.metrics.as_option().into_iter().flatten().enumerate() {
            let Some(slot) = traffic.get_mut(&metric.name) else { continue };
            let error = |reason| MetricError { index, name: metric.name.clone(), reason };
            let Some(value) = value(metric).map_err(error)? else { continue };
            if slot.replace(value).is_some() {
                return Err(error(Reason::Twice));
            }
        }
        Ok(traffic)
    }

    /// The time over which was measured.
    ///
    /// # Errors
    ///
    /// The `window` is no duration in Go's form.
    pub fn window(&self) -> Result<Option<GoDuration>, DurationError> {
        self.window.as_option().map(|window| window.parse()).transpose()
    }
}

/// Why a metric says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("metrics[{index}] (`{}`): {reason}", .name.escape_debug())]
pub struct MetricError {
    index: usize,
    name: String,
    reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Reason {
    #[error(transparent)]
    Value(#[from] QuantityError),
    #[error("unit `{}`, expected `seconds` or `ms`", .unit.escape_debug())]
    Unit { unit: String },
    #[error("`{value}` is negative")]
    Negative { value: Quantity },
    #[error("`{value}` is too precise to convert to seconds")]
    TooPrecise { value: Quantity },
    #[error("the metric is there twice")]
    Twice,
}

/// The value of a metric: a count, or seconds.
fn value(metric: &Metric) -> Result<Option<Quantity>, Reason> {
    let Some(value) = metric.value.as_option() else { return Ok(None) };
    let value = Quantity::parse(&value.to_string())?;
    if value.is_negative() {
        return Err(Reason::Negative { value });
    }
    if metric.name == SUCCESS_COUNT || metric.name == FAILURE_COUNT {
        return Ok(Some(value.canonical()));
    }
    match &metric.unit {
        None | Some(Unit::Seconds) => Ok(Some(value.canonical())),
        Some(Unit::Milliseconds) => match value.scaled(-3) {
            Some(seconds) => Ok(Some(seconds)),
            None => Err(Reason::TooPrecise { value }),
        },
        Some(Unit::Other(unit)) => Err(Reason::Unit { unit: unit.clone() }),
    }
}

/// A latency in seconds, to the microsecond and at least that.
fn seconds(latency: Duration) -> Option<Quantity> {
    let micros = latency.as_nanos().div_ceil(1_000);
    Quantity::decimal(i128::try_from(micros).ok()?, -6)
}
