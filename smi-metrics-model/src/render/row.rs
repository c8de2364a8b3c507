//! One line about one TrafficMetrics.

use serde::Serialize;
use smi_types::quantity::Quantity;

use crate::{GoDuration, ObjectReference, Traffic, TrafficMetrics};

/// What there is to show about one TrafficMetrics. As JSON, what is unknown is `null`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Row {
    /// The kind of the resource.
    pub kind: Option<String>,
    /// The namespace of the resource.
    pub namespace: Option<String>,
    /// The name of the resource; `*` if it has none.
    pub name: String,
    /// Which way the requests go.
    pub direction: Option<String>,
    /// At which end they were observed.
    pub side: Option<String>,
    /// The other end, if it is not everybody.
    pub peer: Option<String>,
    /// The backend of the TrafficSplit.
    pub backend: Option<String>,
    /// The time over which was measured.
    pub window: Option<GoDuration>,
    /// Requests that succeeded.
    pub success_count: Option<Quantity>,
    /// Requests that failed.
    pub failure_count: Option<Quantity>,
    /// The share that succeeded, from 0 to 1.
    pub success_rate: Option<f64>,
    /// Requests a second.
    pub rps: Option<f64>,
    /// The latency of half of the responses, in seconds.
    pub p50: Option<Quantity>,
    /// The latency of 90 % of the responses, in seconds.
    pub p90: Option<Quantity>,
    /// The latency of 99 % of the responses, in seconds.
    pub p99: Option<Quantity>,
    /// Why something that was measured can't be shown.
    pub problem: Option<String>,
}

impl Row {
    /// What there is to show about these metrics.
    pub fn new(metrics: &TrafficMetrics) -> Self {
        let mut problems = Vec::new();
        let traffic = metrics.traffic().unwrap_or_else(|error| {
            problems.push(error.to_string());
            Traffic::default()
        });
        let window = metrics.window().unwrap_or_else(|error| {
            problems.push(format!("window: {error}"));
            None
        });
        let resource = metrics.resource.as_option();
        let metadata = metrics.metadata.as_option();
        let edge = metrics.edge.as_option();
        let name = resource.and_then(|resource| resource.name.as_ref());
        let name = name.or_else(|| metadata.and_then(|metadata| metadata.name.as_ref()));
        let namespace = resource.and_then(|resource| resource.namespace.as_ref());
        let namespace =
            namespace.or_else(|| metadata.and_then(|metadata| metadata.namespace.as_ref()));
        let text = |text: &dyn ToString| clean(&text.to_string());
        Self {
            kind: resource.and_then(|resource| resource.kind.as_deref()).map(clean),
            namespace: namespace.map(|namespace| clean(namespace)),
            name: name.map_or_else(|| "*".to_owned(), |name| clean(name)),
            direction: edge.and_then(|edge| edge.direction.as_option()).map(|word| text(word)),
            side: edge.and_then(|edge| edge.side.as_option()).map(|word| text(word)),
            peer: edge.and_then(|edge| edge.resource.as_option()).and_then(label),
            backend: metrics.backend.as_option().map(|backend| clean(&backend.name)),
            window,
            success_rate: traffic.success_rate(),
            rps: window.and_then(|window| traffic.rps(window)),
            success_count: traffic.success,
            failure_count: traffic.failure,
            p50: traffic.p50,
            p90: traffic.p90,
            p99: traffic.p99,
            problem: (!problems.is_empty()).then(|| problems.join("; ")),
        }
    }

    /// Name, success rate, rate and latencies.
    pub(crate) fn cells(&self) -> [String; 6] {
        let percent = self.success_rate.map(|rate| format!("{:.2}%", rate * 100.0));
        let rps = self.rps.map(|rps| format!("{rps:.1}rps"));
        [
            self.name.clone(),
            shown(percent),
            shown(rps),
            shown(self.p50.as_ref().map(latency)),
            shown(self.p90.as_ref().map(latency)),
            shown(self.p99.as_ref().map(latency)),
        ]
    }

    /// Direction, peer, side, backend and window.
    pub(crate) fn wide_cells(&self) -> [String; 5] {
        [
            shown(self.direction.clone()),
            shown(self.peer.clone()),
            shown(self.side.clone()),
            shown(self.backend.clone()),
            shown(self.window.map(|window| window.to_string())),
        ]
    }
}

/// A latency of seconds with a unit that suits it.
pub(crate) fn latency(seconds: &Quantity) -> String {
    let seconds = seconds.to_f64();
    let millis = seconds * 1e3;
    match millis {
        _ if seconds == 0.0 => "0ms".to_owned(),
        // What is rounded to the next unit is written in it.
        _ if millis < 0.9995 => format!("{:.0}µs", millis * 1e3),
        _ if millis < 9.95 => format!("{millis:.1}ms"),
        _ if millis < 999.5 => format!("{millis:.0}ms"),
        _ => format!("{seconds:.2}s"),
    }
}

/// Namespace and name of a reference, or as much as is meant; `None` for everybody.
pub(crate) fn label(reference: &ObjectReference) -> Option<String> {
    let ObjectReference { kind, namespace, name, .. } = reference;
    let text = match (namespace, name) {
        (Some(namespace), Some(name)) => format!("{namespace}/{name}"),
        (None, Some(name)) => name.clone(),
        (Some(namespace), None) => format!("{namespace}/*"),
        (None, None) => format!("any {}", kind.as_ref()?),
    };
    Some(clean(&text))
}

/// A text without what a terminal would obey.
pub(crate) fn clean(text: &str) -> String {
    if text.chars().any(char::is_control) {
        text.escape_debug().to_string()
    } else {
        text.to_owned()
    }
}

pub(crate) fn shown(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}
