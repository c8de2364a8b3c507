//! Writing in either dialect.

use smi_types::quantity::Quantity;

use crate::{
    Edge, Metric, MetricError, MetricValue, Nullable, ObjectReference, Traffic, TrafficMetrics,
    TrafficMetricsList, Unit,
};

/// How an answer is written. Both are always read.
///
/// # Examples
///
/// ```
/// use smi_metrics_model::{Dialect, TrafficMetrics};
///
/// let metrics: TrafficMetrics = serde_json::from_str(r#"{
///     "edge": {"direction": "from", "resource": null},
///     "metrics": [{"name": "p99_response_latency", "unit": "ms", "value": "296875m"}]
/// }"#)?;
/// let metrics = metrics.to_dialect(Dialect::Spec)?;
/// assert_eq!(
///     serde_json::to_value(&metrics.metrics)?,
///     serde_json::json!([{"name": "p99_response_latency", "unit": "seconds", "value": "296875u"}])
/// );
/// assert_eq!(serde_json::to_value(&metrics.edge)?["resource"], serde_json::json!({}));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The specification's: latencies in `seconds`, and what is not there is left out.
    #[default]
    Spec,
    /// The Go SDK's: latencies in `ms`, `metadata.selfLink`, and `null`.
    GoSdk,
}

impl Dialect {
    const fn unit(self) -> Unit {
        match self {
            Self::Spec => Unit::Seconds,
            Self::GoSdk => Unit::Milliseconds,
        }
    }

    /// Traffic as metrics: what was not measured is left out.
    pub(crate) fn metrics(self, traffic: &Traffic) -> Vec<Metric> {
        let mut metrics = Vec::new();
        for (name, seconds) in traffic.latencies() {
            let value = seconds.and_then(|seconds| match self {
                Self::Spec => Some(seconds.canonical()),
                Self::GoSdk => seconds.scaled(3),
            });
            metrics.extend(value.map(|value| metric(name, Some(self.unit()), &value)));
        }
        for (name, count) in traffic.counts() {
            metrics.extend(count.map(|count| metric(name, None, &count.canonical())));
        }
        metrics
    }

    /// All traffic of a direction, whoever is at the other end.
    pub(crate) fn everybody(self) -> Nullable<ObjectReference> {
        match self {
            Self::Spec => Nullable::Value(ObjectReference::default()),
            Self::GoSdk => Nullable::Null,
        }
    }
}

impl TrafficMetrics {
    /// The same in a dialect: units, values in canonical form, and what stands for nothing.
    ///
    /// Metrics of names that the specification doesn't have stay as they are. So do fields that
    /// only the other dialect has.
    ///
    /// # Errors
    ///
    /// As [`TrafficMetrics::traffic`]: a metric says nothing.
    pub fn to_dialect(&self, dialect: Dialect) -> Result<Self, MetricError> {
        let mut traffic = self.traffic()?;
        let mut converted = self.clone();
        if let Nullable::Value(metrics) = &mut converted.metrics {
            let mut written = dialect.metrics(&traffic);
            for own in metrics.iter_mut() {
                if let Some(at) = written.iter().position(|metric| metric.name == own.name) {
                    *own = written.swap_remove(at);
                } else if traffic.get_mut(&own.name).is_some() && dialect == Dialect::Spec {
                    // It is there, and says nothing.
                    own.value = Nullable::Absent;
                }
            }
        }
        if let Nullable::Value(edge) = &mut converted.edge {
            edge.write_in(dialect);
        }
        if dialect == Dialect::Spec {
            let Self { metadata, resource, edge, backend, timestamp, window, metrics, .. } =
                &mut converted;
            leave_out(metadata);
            leave_out(resource);
            leave_out(edge);
            leave_out(backend);
            leave_out(timestamp);
            leave_out(window);
            leave_out(metrics);
            if let Nullable::Value(metadata) = metadata {
                leave_out(&mut metadata.creation_timestamp);
            }
        }
        Ok(converted)
    }
}

impl TrafficMetricsList {
    /// The same in a dialect: all items are.
    ///
    /// # Errors
    ///
    /// A metric of an item says nothing.
    pub fn to_dialect(&self, dialect: Dialect) -> Result<Self, MetricError> {
        let mut converted = self.clone();
        if let Nullable::Value(items) = &mut converted.items {
            for item in items {
                *item = item.to_dialect(dialect)?;
            }
        }
        if dialect == Dialect::Spec {
            leave_out(&mut converted.metadata);
            leave_out(&mut converted.resource);
            leave_out(&mut converted.items);
        }
        Ok(converted)
    }
}

impl Edge {
    fn write_in(&mut self, dialect: Dialect) {
        match dialect {
            Dialect::Spec => {
                leave_out(&mut self.direction);
                leave_out(&mut self.side);
                if self.resource == Nullable::Null {
                    self.resource = dialect.everybody();
                }
            }
            Dialect::GoSdk => {
                if self.resource == Dialect::Spec.everybody() {
                    self.resource = dialect.everybody();
                }
            }
        }
    }
}

fn metric(name: &str, unit: Option<Unit>, value: &Quantity) -> Metric {
    Metric { name: name.to_owned(), unit, value: MetricValue::from(value.as_str()).into() }
}

fn leave_out<T>(field: &mut Nullable<T>) {
    if matches!(field, Nullable::Null) {
        *field = Nullable::Absent;
    }
}
