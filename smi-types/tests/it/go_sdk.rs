//! Agreement with the Go SDK, and the list of places where it is deliberately wanting.
//!
//! `data/go-sdk.jsonl` holds documents and what smi-sdk-go v0.5 writes back for them (`go`), or null
//! if it refuses them. `data/go-sdk-differences.tsv` names the documents on which this crate and the
//! SDK differ, with the reason.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value;
use smi_types::TypedObject;
use smi_types::quantity::Quantity;

use crate::yaml;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    note: String,
    input: String,
    go: Option<Value>,
}

/// The outcomes of a document here and in the SDK.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// Both read it, to the same value, or both refuse it.
    Same,
    /// Both read it, to different values.
    Different,
    OnlyHere,
    OnlyThere,
}

fn outcome(case: &Case) -> (Outcome, String) {
    let here = yaml::read::<Value>(&case.input)
        .map_err(|error| error.to_string())
        .and_then(|tree| TypedObject::from_json(tree).map_err(|error| error.to_string()));
    match (here, &case.go) {
        (Ok(here), Some(there)) => {
            let mut here = serde_json::to_value(&here).unwrap();
            let mut there = there.clone();
            let fields = here.as_object_mut().unwrap();
            fields.remove("apiVersion");
            fields.remove("kind");
            canonical(&mut here, "");
            canonical(&mut there, "");
            let outcome = if here == there { Outcome::Same } else { Outcome::Different };
            (outcome, format!("here {here}\nthere {there}"))
        }
        (Ok(here), None) => (Outcome::OnlyHere, serde_json::to_string(&here).unwrap()),
        (Err(error), Some(there)) => (Outcome::OnlyThere, format!("{error}\nthere {there}")),
        (Err(_), None) => (Outcome::Same, String::new()),
    }
}

/// Takes away what says nothing: null, empty strings, lists and objects, and how a number is spelt.
fn canonical(value: &mut Value, field: &str) {
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(|item| canonical(item, ""));
            if field == "headers" {
                items.sort_by_key(|item| item.to_string().to_lowercase());
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                canonical(value, name);
            }
            fields.retain(|_, value| {
                !value.is_null()
                    && *value != ""
                    && *value != Value::from(Vec::<Value>::new())
                    && *value != Value::Object(serde_json::Map::new())
            });
        }
        // Both say that there is no port.
        Value::Number(number) if field == "port" && number.as_u64() == Some(0) => {
            *value = Value::Null;
        }
        // The SDK writes quantities in another spelling, with the same value.
        Value::String(text) if field == "weight" => {
            let weight = Quantity::parse(text).unwrap();
            *text = format!("{:?}", Quantity::ratios(&[&weight, &Quantity::from(1)]));
        }
        _ => {}
    }
}

fn cases() -> Vec<Case> {
    include_str!("data/go-sdk.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn we_read_what_the_go_sdk_reads_but_for_the_listed_differences() {
    let mut expected: BTreeMap<&str, &str> = BTreeMap::new();
    for line in include_str!("data/go-sdk-differences.tsv").lines() {
        if !line.starts_with('#') {
            let (id, reason) = line.split_once('\t').unwrap();
            assert!(expected.insert(id, reason).is_none(), "{id} twice");
        }
    }
    let mut agreed = 0;
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut surprises = String::new();
    for case in cases() {
        let (outcome, detail) = outcome(&case);
        match (outcome, expected.remove(&*case.id)) {
            (Outcome::Same, None) => agreed += 1,
            (Outcome::Same, Some(_)) => writeln!(surprises, "{} agrees now", case.id).unwrap(),
            (_, Some(reason)) => *reasons.entry(reason).or_default() += 1,
            (outcome, None) => {
                let Case { id, note, input, .. } = case;
                writeln!(surprises, "{id} {outcome:?}: {note}\n{input}\n{detail}\n").unwrap();
            }
        }
    }
    println!("{agreed} documents agree; deliberately different:");
    for (reason, count) in reasons {
        println!("{count:4} {reason}");
    }
    assert!(surprises.is_empty(), "{surprises}");
    assert!(expected.is_empty(), "no such case: {expected:?}");
    assert!(agreed >= 400, "{agreed}");
}
