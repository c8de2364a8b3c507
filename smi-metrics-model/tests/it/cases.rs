//! Documents as data: both dialects, and what is refused.

use serde::Deserialize;
use serde_json::Value;
use smi_metrics_model::TrafficMetrics;

use crate::documents::read_and_write;

/// A document that is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    about: String,
    document: Value,
    /// What is written, where it isn't the document itself.
    written: Option<Value>,
}

/// A document that is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    name: String,
    about: String,
    document: Value,
    /// A part of the message.
    error: String,
}

#[test]
fn both_dialects_are_written_back_as_read() {
    assert_written_back(include_str!("../data/dialects.json"), 9);
}

/// What the Go SDK writes after it read a document.
#[test]
fn answers_of_the_go_sdk_are_written_back_as_read() {
    assert_written_back(include_str!("../data/go-sdk.json"), 40);
}

#[test]
fn what_is_no_traffic_metrics_is_refused() {
    let cases: Vec<Refused> = serde_json::from_str(include_str!("../data/refused.json")).unwrap();
    assert_eq!(cases.len(), 9);
    for Refused { name, about, document, error } in cases {
        let message =
            serde_json::from_str::<TrafficMetrics>(&document.to_string()).unwrap_err().to_string();
        assert!(message.contains(&error), "{name} ({about}): {message}");
    }
}

#[track_caller]
fn assert_written_back(cases: &str, at_least: usize) {
    let cases: Vec<Case> = serde_json::from_str(cases).unwrap();
    assert!(cases.len() >= at_least, "{} cases", cases.len());
    for Case { name, about, document, written } in cases {
        let found = read_and_write(&document).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(found, written.unwrap_or(document), "{name} ({about})");
    }
}
