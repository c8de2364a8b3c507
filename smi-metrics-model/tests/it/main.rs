//! What is read, what is refused, and that writing gives back what was read.

#![cfg(test)]

mod cases;
mod published;
mod values;

use serde_json::Value;
use smi_metrics_model::{TrafficMetrics, TrafficMetricsList};

/// Reads a document of either kind and writes it again.
fn read_and_write(document: &Value) -> Result<Value, serde_json::Error> {
    let text = document.to_string();
    if document.get("kind").and_then(Value::as_str) == Some("TrafficMetricsList") {
        serde_json::to_value(serde_json::from_str::<TrafficMetricsList>(&text)?)
    } else {
        serde_json::to_value(serde_json::from_str::<TrafficMetrics>(&text)?)
    }
}
