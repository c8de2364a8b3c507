//! What is read, what is refused, what is recorded, and what comes out.

#![cfg(test)]

mod canary;
mod record;
mod rollup;

#[cfg(feature = "api")]
mod cases;
#[cfg(feature = "api")]
mod dialects;
#[cfg(feature = "api")]
mod duration;
#[cfg(feature = "k8s-openapi")]
mod kubernetes;
#[cfg(feature = "api")]
mod manifests;
#[cfg(feature = "api")]
mod prometheus;
#[cfg(feature = "api")]
mod published;
#[cfg(feature = "api")]
mod render;
#[cfg(feature = "api")]
mod selectors;
#[cfg(feature = "api")]
mod urls;
#[cfg(feature = "api")]
mod values;

#[cfg(feature = "api")]
mod documents {
    use serde_json::Value;
    use smi_metrics_model::{TrafficMetrics, TrafficMetricsList};

    /// Reads a document of either kind and writes it again.
    pub(crate) fn read_and_write(document: &Value) -> Result<Value, serde_json::Error> {
        let text = document.to_string();
        if document.get("kind").and_then(Value::as_str) == Some("TrafficMetricsList") {
            serde_json::to_value(serde_json::from_str::<TrafficMetricsList>(&text)?)
        } else {
            serde_json::to_value(serde_json::from_str::<TrafficMetrics>(&text)?)
        }
    }

    /// A golden file; `SMI_BLESS=1` rewrites it.
    #[track_caller]
    pub(crate) fn assert_golden(name: &str, found: &str) {
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden").join(name);
        if std::env::var_os("SMI_BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, found).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == expected, "{name} is not as it was; SMI_BLESS=1 accepts this:\n{found}");
    }
}
