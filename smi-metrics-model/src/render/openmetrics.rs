//! OpenMetrics text.

use std::collections::BTreeMap;
use std::fmt;

use super::row::Row;
use crate::{ObjectReference, TrafficMetrics};

/// Metrics as OpenMetrics 1.0 text, for Prometheus to scrape. Its media type is
/// `application/openmetrics-text; version=1.0.0; charset=utf-8`.
///
/// - `smi_requests` (gauge): the requests of the window, with the label `result`;
/// - `smi_window_seconds` (gauge): the window;
/// - `smi_response_latency_seconds` (summary): the latencies, with the label `quantile`.
///
/// The labels `kind`, `namespace`, `name`, `direction`, `side`, `peer_kind`, `peer_namespace`,
/// `peer_name`, `apex` and `backend` are there where they say something. Of items with the same
/// labels the last counts.
///
/// # Examples
///
/// ```
/// use smi_metrics_model::TrafficMetrics;
/// use smi_metrics_model::render::OpenMetrics;
///
/// let metrics: TrafficMetrics = serde_json::from_str(r#"{
///     "resource": {"kind": "Pod", "namespace": "shop", "name": "web-0"},
///     "metrics": [{"name": "failure_count", "value": "1500m"}]
/// }"#)?;
/// let text = OpenMetrics::new(&[metrics]).to_string();
/// assert!(text.contains(
///     "smi_requests{kind=\"Pod\",namespace=\"shop\",name=\"web-0\",result=\"failure\"} 1.5\n"
/// ));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct OpenMetrics {
    /// By label set.
    rows: BTreeMap<String, Row>,
    problems: Vec<String>,
}

impl OpenMetrics {
    /// The text of these metrics.
    pub fn new(items: &[TrafficMetrics]) -> Self {
        let mut rows = BTreeMap::new();
        let mut problems = Vec::new();
        for item in items {
            let row = Row::new(item);
            if let Some(problem) = &row.problem {
                problems.push(format!("{}: {problem}", row.name));
            }
            rows.insert(labels(item), row);
        }
        Self { rows, problems }
    }

    /// What could not be read, and so is not in the text.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for OpenMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# TYPE smi_requests gauge")?;
        writeln!(f, "# HELP smi_requests Requests within the window.")?;
        for (labels, row) in &self.rows {
            let counts = [("success", &row.success_count), ("failure", &row.failure_count)];
            for (result, count) in counts {
                let count = count.as_ref().map(|count| count.to_f64());
                let name = format!("smi_requests{{{}}}", with(labels, "result", result));
                sample(f, &name, count)?;
            }
        }
        writeln!(f, "# TYPE smi_window_seconds gauge")?;
        writeln!(f, "# UNIT smi_window_seconds seconds")?;
        writeln!(f, "# HELP smi_window_seconds The time over which was measured.")?;
        for (labels, row) in &self.rows {
            let seconds = row.window.map(|window| window.as_secs_f64());
            sample(f, &format!("smi_window_seconds{{{labels}}}"), seconds)?;
        }
        writeln!(f, "# TYPE smi_response_latency_seconds summary")?;
        writeln!(f, "# UNIT smi_response_latency_seconds seconds")?;
        writeln!(f, "# HELP smi_response_latency_seconds How long responses took.")?;
        for (labels, row) in &self.rows {
            for (quantile, latency) in [("0.5", &row.p50), ("0.9", &row.p90), ("0.99", &row.p99)] {
                let latency = latency.as_ref().map(|latency| latency.to_f64());
                let labels = with(labels, "quantile", quantile);
                sample(f, &format!("smi_response_latency_seconds{{{labels}}}"), latency)?;
            }
        }
        writeln!(f, "# EOF")
    }
}

/// A line, unless there is no number to write.
fn sample(f: &mut fmt::Formatter<'_>, name: &str, value: Option<f64>) -> fmt::Result {
    match value.filter(|value| value.is_finite()) {
        Some(value) => writeln!(f, "{name} {value}"),
        None => Ok(()),
    }
}

fn labels(item: &TrafficMetrics) -> String {
    let resource = item.resource.as_option();
    let edge = item.edge.as_option();
    let peer = edge.and_then(|edge| edge.resource.as_option());
    let backend = item.backend.as_option();
    let of = |reference: Option<&ObjectReference>| {
        let reference = reference.cloned().unwrap_or_default();
        [reference.kind, reference.namespace, reference.name]
    };
    let [kind, namespace, name] = of(resource);
    let [peer_kind, peer_namespace, peer_name] = of(peer);
    let pairs = [
        ("kind", kind),
        ("namespace", namespace),
        ("name", name),
        ("direction", edge.and_then(|edge| edge.direction.as_option()).map(ToString::to_string)),
        ("side", edge.and_then(|edge| edge.side.as_option()).map(ToString::to_string)),
        ("peer_kind", peer_kind),
        ("peer_namespace", peer_namespace),
        ("peer_name", peer_name),
        ("apex", backend.map(|backend| backend.apex.clone())),
        ("backend", backend.map(|backend| backend.name.clone())),
    ];
    let pairs = pairs.into_iter().filter_map(|(name, value)| Some((name, value?)));
    pairs.fold(String::new(), |labels, (name, value)| with(&labels, name, &value))
}

/// Labels, and one more.
fn with(labels: &str, name: &str, value: &str) -> String {
    let comma = if labels.is_empty() { "" } else { "," };
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{labels}{comma}{name}=\"{value}\"")
}
