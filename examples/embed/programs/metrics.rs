//! Reads an answer of the Traffic Metrics API and prints the success rate of each edge.

use smi_metrics_model::{FAILURE_COUNT, SUCCESS_COUNT, TrafficMetricsList};

const ANSWER: &str = r#"{
    "kind": "TrafficMetricsList",
    "apiVersion": "metrics.smi-spec.io/v1alpha1",
    "resource": {"kind": "Pod", "namespace": "shop", "name": "web-1"},
    "items": [{
        "kind": "TrafficMetrics",
        "resource": {"kind": "Pod", "namespace": "shop", "name": "web-1"},
        "edge": {"direction": "to", "resource": {"kind": "Pod", "namespace": "shop", "name": "cart-1"}},
        "timestamp": "2026-04-08T22:25:55Z",
        "window": "30s",
        "metrics": [{"name": "success_count", "value": "99"}, {"name": "failure_count", "value": "1"}]
    }]
}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let list: TrafficMetricsList = serde_json::from_str(ANSWER)?;
    for metrics in list.items() {
        let peer = metrics.edge.as_option().and_then(|edge| edge.resource.as_option());
        let peer = peer.and_then(|peer| peer.name.as_deref()).unwrap_or("everybody");
        let count = |name| metrics.metric(name).and_then(|metric| metric.value.as_option());
        if let (Some(good), Some(bad)) = (count(SUCCESS_COUNT), count(FAILURE_COUNT)) {
            println!("to {peer}: {good} good, {bad} bad");
        }
    }
    // Both published dialects are read, and written back as they were.
    assert_eq!(serde_json::to_value(&list)?, serde_json::from_str::<serde_json::Value>(ANSWER)?);
    Ok(())
}
