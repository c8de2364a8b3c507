//! JSON Schemas for editors: valid themselves, met by what is written, and beside published ones.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use serde::Deserialize;
use serde_json::{Value, json};
use smi_metrics_model::TrafficMetrics;
use smi_types::api::{Kind, Version};
use smi_types::specs::v1alpha4::HeaderForm;
use smi_types::{TypedObject, json_schema};

use crate::differences::{compare, flatten};
use crate::{shared, yaml};

/// The first fault of an instance: where, and what.
fn fault(schema: &Validator, instance: &Value) -> Option<String> {
    let error = schema.iter_errors(instance).next()?;
    Some(format!("{}: {error}", error.instance_path()))
}

fn ours(object: &TypedObject) -> Validator {
    jsonschema::validator_for(&json_schema::of(object.kind(), object.version()).unwrap()).unwrap()
}

#[test]
fn every_kind_and_version_has_a_valid_schema() {
    let mut count = 0;
    for kind in Kind::ALL {
        for version in Version::ALL {
            let Some(schema) = json_schema::of(kind, version) else {
                assert!(!kind.versions().contains(&version));
                continue;
            };
            assert!(jsonschema::draft202012::meta::is_valid(&schema), "{kind} {version}");
            assert!(!schema.to_string().contains("x-kubernetes"), "{kind} {version}");
            count += 1;
        }
    }
    assert_eq!(count, 18);
}

#[test]
fn what_is_written_meets_the_schema_of_its_version() {
    #[derive(Deserialize)]
    struct Case {
        name: String,
        written: Option<String>,
    }

    let cases: Vec<Case> = yaml::read_all(include_str!("data/wire.yaml")).unwrap();
    let mut faults = BTreeMap::new();
    for Case { name, written } in cases {
        let Some(written) = written else { continue };
        let value: Value = yaml::read(&written).unwrap();
        let object = TypedObject::from_json(value.clone()).unwrap();
        if let Some(fault) = fault(&ours(&object), &value) {
            faults.insert(name, fault);
        }
        let mut with_mapping = object;
        with_mapping.set_header_form(HeaderForm::Map);
        let schema = ours(&with_mapping);
        assert_eq!(
            schema.is_valid(&value),
            schema.is_valid(&serde_json::to_value(&with_mapping).unwrap()),
            "either form of headers will do"
        );
    }
    // Read, because meshes have such objects; refused, because they grant or match nothing.
    let expected: BTreeMap<String, String> = EXPECTED_FAULTS
        .iter()
        .map(|(name, fault)| ((*name).to_owned(), (*fault).to_owned()))
        .collect();
    assert_eq!(faults, expected);
}

const EXPECTED_FAULTS: &[(&str, &str)] = &[
    ("TCPRoute v1alpha4", "/spec/matches/ports/1: 0 is less than the minimum of 1"),
    ("an empty label selector", "/spec/schemes/podLabelSelector: {} has less than 1 property"),
    ("matches of a split that has none", "/spec/backends: [] has less than 1 item"),
    ("no conditions", "/spec/matches/2: \"name\" is a required property"),
    ("no port", "/spec/rules: [] has less than 1 item"),
    ("subjects of v1alpha4", "/spec/rules: [] has less than 1 item"),
];

#[test]
fn what_can_not_be_read_does_not_meet_the_schema() {
    #[derive(Deserialize)]
    struct Case {
        name: String,
        read: String,
        error: Option<String>,
    }

    let cases: Vec<Case> = yaml::read_all(include_str!("data/wire.yaml")).unwrap();
    let mut count = 0;
    let mut accepted = Vec::new();
    for Case { name, read, .. } in cases.into_iter().filter(|case| case.error.is_some()) {
        let Ok(value) = yaml::read::<Value>(&read) else { continue };
        let kind = value["kind"].as_str().and_then(Kind::parse);
        let api_version = value["apiVersion"].as_str().unwrap_or_default();
        let version = api_version.split_once('/').and_then(|(_, name)| Version::parse(name));
        let (Some(kind), Some(version)) = (kind, version) else { continue };
        let Some(schema) = json_schema::of(kind, version) else { continue };
        count += 1;
        if jsonschema::validator_for(&schema).unwrap().is_valid(&value) {
            accepted.push(name);
        }
    }
    assert!(count >= 20, "{count}");
    assert_eq!(accepted, BEYOND_A_SCHEMA);
}

/// Errors that a schema can't find.
const BEYOND_A_SCHEMA: &[&str] = &["a header twice with two values"];

#[test]
fn mistakes_are_marked() {
    let cases = [
        ("a port where the version has none", "/spec/destination", "port", json!(80)),
        ("a typing mistake", "/spec", "source", json!([])),
        ("nobody may call", "/spec", "sources", json!([])),
        ("no such kind of route", "/spec/rules/0", "kind", json!("HttpRouteGroup")),
        ("another version", "", "apiVersion", json!("access.smi-spec.io/v1alpha9")),
        ("no name", "/metadata", "name", json!("")),
    ];
    let object = json!({
        "apiVersion": "access.smi-spec.io/v1alpha3",
        "kind": "TrafficTarget",
        "metadata": { "name": "x", "labels": { "a": "b" } },
        "spec": {
            "destination": { "kind": "ServiceAccount", "name": "api" },
            "sources": [{ "kind": "ServiceAccount", "name": "web", "namespace": "shop" }],
            "rules": [{ "kind": "TCPRoute", "name": "api" }],
        },
    });
    let schema = json_schema::of(Kind::TrafficTarget, Version::V1alpha3).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    assert_eq!(fault(&schema, &object), None);
    for (name, place, field, value) in cases {
        let mut broken = object.clone();
        broken.pointer_mut(place).unwrap()[field] = value;
        assert!(!schema.is_valid(&broken), "{name}");
    }
}

/// Published schemas with the kind that they describe and their example.
const PUBLISHED: &[(&str, Kind, &str)] = &[
    ("http-route-group-schema.json", Kind::HttpRouteGroup, "http-route-group-example.yaml"),
    ("tcp-route-schema.json", Kind::TcpRoute, "tcp-route-example.yaml"),
    ("traffic-split-schema.json", Kind::TrafficSplit, "traffic-split-example.yaml"),
    ("traffic-target-schema.json", Kind::TrafficTarget, "traffic-target-example.yaml"),
    ("udp-route-schema.json", Kind::UdpRoute, "udp-route-example.yaml"),
];

#[test]
fn published_schemas_accept_what_is_written() {
    let Some(folder) = shared::folder("reference/api-evangelist") else { return };
    let read = |path: &str| std::fs::read_to_string(folder.join(path)).unwrap();
    let schema = |name: &str| -> Validator {
        let schema: Value = serde_json::from_str(&read(&format!("json-schema/{name}"))).unwrap();
        jsonschema::validator_for(&schema).unwrap()
    };
    for &(name, kind, example) in PUBLISHED {
        let theirs = schema(name);
        let value: Value = yaml::read(&read(&format!("examples/{example}"))).unwrap();
        let mut object = TypedObject::from_json(value).unwrap();
        assert_eq!(object.kind(), kind);
        let written = serde_json::to_value(&object).unwrap();
        assert_eq!(fault(&ours(&object), &written), None, "{example}");
        // It knows headers as a mapping only, as the text of the specification has them.
        assert_eq!(fault(&theirs, &written).is_some(), kind == Kind::HttpRouteGroup, "{example}");
        object.set_header_form(HeaderForm::Map);
        let written = serde_json::to_value(&object).unwrap();
        assert_eq!(fault(&theirs, &written), None, "{example}");
        assert_eq!(fault(&ours(&object), &written), None, "{example}");
    }
    let metrics: TrafficMetrics =
        serde_json::from_str(&read("examples/traffic-metrics-example.json")).unwrap();
    let written = serde_json::to_value(&metrics).unwrap();
    assert_eq!(fault(&schema("traffic-metrics-schema.json"), &written), None);
    println!("{} published schemas accept what is written", PUBLISHED.len() + 1);
}

/// Differences that come up in many places: the end of the path, and why.
const EVERYWHERE: &[(&str, &str)] = &[
    (" $id", "ours have no address"),
    (" title", "ours say kind and version"),
    (" additionalProperties", "ours mark a field that does not exist"),
    (" minLength", "a name is not empty"),
    (" maxLength", "bounds of names and regular expressions"),
    (" maxItems", "bounds of lists"),
    ("metadata.labels", "ours know the field"),
    ("metadata.labels{}", "ours know the field"),
    ("metadata.annotations", "ours know the field"),
    ("metadata.annotations{}", "ours know the field"),
];

/// All other differences: where, the published value, ours, and why. `-` is absence.
const DIFFERENCES: &[(&str, &str, &str, &str)] = &[
    // The specification has a mapping, its official definition and the Go SDK a list.
    ("HTTPRouteGroup spec.matches[].headers", r#"{"type":"object"}"#, "-", "either form will do"),
    (
        "HTTPRouteGroup spec.matches[].headers anyOf",
        "-",
        concat!(
            r#"[{"items":{"additionalProperties":{"maxLength":1024,"type":"string"},"#,
            r#""description":"Name of a header and regular expression for its value.","#,
            r#""maxProperties":1,"minProperties":1,"type":"object"},"maxItems":16,"type":"array"},"#,
            r#"{"additionalProperties":{"maxLength":1024,"type":"string"},"maxProperties":16,"#,
            r#""type":"object"}]"#,
        ),
        "either form will do",
    ),
    ("HTTPRouteGroup spec.matches[].headers{}", r#"{"type":"string"}"#, "-", "either form will do"),
    // The same methods, in the order and form of the official definition.
    ("HTTPRouteGroup spec.matches[].methods[]", "-", r#"{"type":"string"}"#, "one enumeration"),
    (
        "HTTPRouteGroup spec.matches[].methods[] enum",
        "-",
        concat!(
            r#"["*","GET","HEAD","PUT","POST","DELETE","CONNECT","OPTIONS","#,
            r#""TRACE","PATCH"]"#,
        ),
        "one enumeration",
    ),
    (
        "HTTPRouteGroup spec.matches[].methods[] oneOf",
        concat!(
            r#"[{"enum":["GET","HEAD","POST","PUT","PATCH","DELETE","OPTIONS","CONNECT","TRACE"],"#,
            r#""type":"string"},{"const":"*"}]"#,
        ),
        "-",
        "one enumeration",
    ),
    // An empty list means all ports. There is no other way to say that.
    ("TCPRoute spec.matches.ports minItems", "1", "-", "no ports means all ports"),
    ("UDPRoute spec.matches.ports minItems", "1", "-", "no ports means all ports"),
    ("TCPRoute spec.matches.name", "-", r#"{"type":"string"}"#, "a field of the Go types"),
    ("UDPRoute spec.matches.name", "-", r#"{"type":"string"}"#, "a field of the Go types"),
    (
        "TrafficSplit spec.backends[].weight maximum",
        "-",
        "9007199254740991",
        "a number that every reader of JSON holds exactly",
    ),
    (
        "TrafficSplit spec.matches[].apiGroup",
        "-",
        r#"{"type":"string"}"#,
        "a field of the Go types",
    ),
    (
        "TrafficSplit spec.matches[].apiGroup enum",
        "-",
        r#"["specs.smi-spec.io"]"#,
        "a field of the Go types",
    ),
    // A server drops the field and opens every port.
    (
        "TrafficTarget spec.destination.port",
        r#"{"type":"integer"}"#,
        "-",
        "v1alpha3 has no port any more",
    ),
    ("TrafficTarget spec.destination.port maximum", "65535", "-", "v1alpha3 has no port any more"),
    ("TrafficTarget spec.destination.port minimum", "1", "-", "v1alpha3 has no port any more"),
    (
        "TrafficTarget spec.rules[].kind enum",
        r#"["TCPRoute","HTTPRouteGroup","UDPRoute"]"#,
        r#"["HTTPRouteGroup","TCPRoute","UDPRoute"]"#,
        "the order of the official definition",
    ),
];

#[test]
fn schemas_differ_from_published_ones_where_they_are_meant_to() {
    let Some(folder) = shared::folder("reference/api-evangelist/json-schema") else { return };
    let mut found = BTreeMap::new();
    for &(name, kind, _) in PUBLISHED {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let theirs: Value = serde_json::from_str(&text).unwrap();
        let api_version = theirs["properties"]["apiVersion"]["const"].as_str().unwrap();
        let version = Version::parse(api_version.split_once('/').unwrap().1).unwrap();
        let ours = json_schema::of(kind, version).unwrap();
        let parts = |schema: &Value| {
            let mut parts = BTreeMap::new();
            flatten(schema, "", "", &mut parts);
            parts
        };
        compare(&kind.to_string(), &parts(&theirs), &parts(&ours), &mut found);
    }
    let mut used = BTreeSet::new();
    found.retain(|path, _| {
        let everywhere = EVERYWHERE.iter().find(|(end, _)| path.ends_with(end));
        used.extend(everywhere.map(|(end, _)| *end));
        everywhere.is_none()
    });
    assert_eq!(used.len(), EVERYWHERE.len(), "stale: only {used:?} come up");
    let expected: BTreeMap<String, (String, String)> = DIFFERENCES
        .iter()
        .map(|(path, theirs, ours, _)| {
            ((*path).to_owned(), ((*theirs).to_owned(), (*ours).to_owned()))
        })
        .collect();
    let unlisted: Vec<_> = found.iter().filter(|(path, _)| !expected.contains_key(*path)).collect();
    let stale: Vec<_> = expected.keys().filter(|path| !found.contains_key(*path)).collect();
    assert!(unlisted.is_empty() && stale.is_empty(), "unlisted: {unlisted:#?}\nstale: {stale:#?}");
    assert_eq!(found, expected);
}
