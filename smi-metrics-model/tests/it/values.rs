//! Values of metrics keep their form, whatever it is.

use proptest::prelude::*;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{self, F64Deserializer};
use smi_metrics_model::{Metric, MetricValue};

#[test]
fn a_number_that_is_none_is_refused() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let deserializer: F64Deserializer<value::Error> = number.into_deserializer();
        assert!(MetricValue::deserialize(deserializer).is_err(), "{number}");
    }
}

#[test]
fn plain_yaml_scalars_keep_their_text() {
    for (yaml, text) in [("10m", "10m"), ("100", "100"), ("-3", "-3"), ("0.25", "0.25")] {
        let metric: Metric = serde_saphyr::from_str(&format!("value: {yaml}")).unwrap();
        assert_eq!(metric.value.into_option().unwrap().to_string(), text);
    }
}

#[test]
fn a_string_and_a_number_are_different_values() {
    let number: MetricValue = serde_json::from_str("100").unwrap();
    assert_ne!(number, MetricValue::from("100"));
    assert_eq!(MetricValue::from(100), MetricValue::from("100"));
}

proptest! {
    #[test]
    fn any_text_is_kept(text: String) {
        let json = serde_json::to_string(&text).unwrap();
        let value: MetricValue = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(value.to_string(), text);
        prop_assert_eq!(serde_json::to_string(&value).unwrap(), json);
    }

    #[test]
    fn any_number_is_kept(
        number in prop_oneof![
            any::<u64>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            any::<f64>().prop_map(serde_json::Value::from),
        ],
    ) {
        prop_assume!(!number.is_null());
        // The JSON library may read the last digit of a long fraction differently: what it reads
        // is what must be kept.
        let json = number.to_string();
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        let value: MetricValue = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(serde_json::to_value(&value).unwrap(), read);
    }
}
