//! The Go SDK's conversions, beside ours.
//!
//! smi-sdk-go converts TrafficSplits and TrafficTargets by way of v1alpha4. Where its answers are
//! right, ours are the same. Where they are not, the reason is one of the flaws below, and each of
//! its answers is checked to be wrong for that reason, and for no other.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use smi_types::TypedObject;
use smi_types::api::Version;
use smi_types::convert::{Converter, PRESERVED_ANNOTATION};
use smi_types::manifest::Manifest;

use super::claim;
use crate::shared;

/// Ways in which the SDK's answers are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Flaw {
    /// The answer's `apiVersion` has lost its group, so no API server takes it.
    ApiVersion,
    /// `port` of the destination is lost: all ports are open.
    Port,
    /// `matches` are lost: the split applies to all traffic.
    Matches,
    /// Quantities are taken for their digits: `1.5` and `500m` become 15 and 500, not 3 and 1.
    Weights,
    /// The SDK converts what is void, and makes something of it.
    Void,
    /// A part of the document is unreadable, and typed objects have no place for that. The SDK makes
    /// an empty text or a zero of it.
    Part,
    /// What the answer says is right, but it forgets what its version can't say: a port, `matches`,
    /// weights as they were written.
    Forgotten,
    /// The SDK reads YAML 1.1: `!!binary` is decoded.
    Yaml,
    /// The SDK crashes.
    Panic,
}

fn body(object: &Value, flaws: &[Flaw]) -> Value {
    let mut object = object.clone();
    let fields = object.as_object_mut().unwrap();
    fields.remove("apiVersion");
    fields.remove("kind");
    if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove(PRESERVED_ANNOTATION);
            if annotations.is_empty() {
                metadata.remove("annotations");
            }
        }
        metadata.retain(|_, value| !value.is_null());
    }
    let spec_is_flat = !fields.contains_key("spec");
    let spec = if spec_is_flat { fields } else { fields["spec"].as_object_mut().unwrap() };
    if flaws.contains(&Flaw::Matches) {
        spec.remove("matches");
    }
    if flaws.contains(&Flaw::Port)
        && let Some(destination) = spec.get_mut("destination").and_then(Value::as_object_mut)
    {
        destination.remove("port");
    }
    if flaws.contains(&Flaw::Weights)
        && let Some(backends) = spec.get_mut("backends").and_then(Value::as_array_mut)
    {
        for backend in backends {
            backend.as_object_mut().unwrap().remove("weight");
        }
    }
    canonical(&mut object);
    object
}

/// Takes away what says nothing: null, empty texts, lists and objects.
fn canonical(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(canonical),
        Value::Object(fields) => {
            fields.values_mut().for_each(canonical);
            fields.retain(|key, value| match value {
                Value::Null => false,
                Value::String(text) => !text.is_empty(),
                Value::Array(items) => !items.is_empty(),
                Value::Object(fields) => !fields.is_empty(),
                // Both say that there is none.
                Value::Number(number) => key != "port" || number.as_u64() != Some(0),
                Value::Bool(_) => true,
            });
        }
        _ => {}
    }
}

#[test]
fn the_go_sdk_converts_as_we_do_where_it_is_right() {
    let Some(folder) = shared::folder("fixtures") else { return };
    let text = std::fs::read_to_string(Path::new(&folder).join("go-sdk.json")).unwrap();
    let fixture: Value = serde_json::from_str(&text).unwrap();
    let (mut documents, mut answers, mut same, mut undecided) = (0, 0, 0, 0);
    let mut flaws: BTreeMap<Flaw, usize> = BTreeMap::new();
    let mut surprises = String::new();
    for case in fixture["cases"].as_array().unwrap() {
        let Some(theirs) = case["conversions"].as_array() else { continue };
        documents += 1;
        let manifest = Manifest::read(case["input"].as_str().unwrap());
        answers += theirs.len();
        // Void here, be it for its weights or its shape: what the SDK makes of it means nothing.
        let document = manifest.documents().first().filter(|document| document.object().is_some());
        let Some(input) = document.and_then(|document| document.root()) else {
            *flaws.entry(Flaw::Void).or_default() += theirs.len();
            continue;
        };
        let input = input.to_json();
        if TypedObject::from_json(input.clone()).is_err() {
            *flaws.entry(Flaw::Part).or_default() += theirs.len();
            continue;
        }
        let (_, from) = claim(&input);
        for answer in theirs {
            let to = Version::parse(answer["to"].as_str().unwrap()).unwrap();
            let their = &answer["json"];
            if !their.is_object() {
                *flaws.entry(Flaw::Panic).or_default() += 1;
                continue;
            }
            let how = answer["how"].as_str().unwrap();
            let round_trip = how.ends_with("round trip");
            // The SDK goes by v1alpha4, so we do. Weights may be too far apart for whole numbers;
            // the SDK answers with other ones.
            let Ok(by) = Converter::new().convert(input.clone(), Version::V1alpha4) else {
                *flaws.entry(Flaw::Weights).or_default() += 1;
                continue;
            };
            let ours = Converter::new().convert(by.object, if round_trip { from } else { to });
            // As a typed object, for the SDK knows no other: unknown fields are gone.
            let Ok(ours) = TypedObject::from_json(ours.unwrap().object) else {
                *flaws.entry(Flaw::Part).or_default() += 1;
                continue;
            };
            let ours = serde_json::to_value(ours).unwrap();
            let mut known = Vec::new();
            if their["apiVersion"].as_str().is_some_and(|version| !version.contains('/')) {
                known.push(Flaw::ApiVersion);
            }
            let kept = &ours["metadata"]["annotations"][PRESERVED_ANNOTATION];
            if body(&ours, &[]) == body(their, &[]) && kept.is_string() {
                known.push(Flaw::Forgotten);
            } else if body(&ours, &[]) == body(their, &[]) {
                same += 1;
            } else if case["category"] == "yaml11" {
                known.push(Flaw::Yaml);
            } else if let Some(found) = [
                vec![Flaw::Port],
                vec![Flaw::Matches],
                vec![Flaw::Weights],
                vec![Flaw::Matches, Flaw::Weights],
            ]
            .into_iter()
            .find(|flaws| body(&ours, flaws) == body(their, flaws))
            {
                known.extend(found);
            } else {
                undecided += 1;
                surprises += &format!(
                    "{} {how} {to}\n{}\nours  {}\ntheirs {}\n\n",
                    case["id"],
                    case["input"].as_str().unwrap(),
                    body(&ours, &[]),
                    body(their, &[])
                );
            }
            for flaw in known {
                *flaws.entry(flaw).or_default() += 1;
            }
        }
    }
    println!(
        "{documents} documents, {answers} answers, {same} with the same content, {undecided} undecided; flaws: {flaws:?}"
    );
    assert!(surprises.is_empty(), "{surprises}");
    assert!(same >= 350 && undecided == 0, "{same} {undecided}");
}
