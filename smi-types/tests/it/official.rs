//! The official profile beside the published definitions: every difference is known and wanted.

use std::collections::BTreeMap;

use serde_json::Value;
use smi_types::api::Kind;
use smi_types::crd::CrdOptions;

use crate::differences::{compare, flatten};
use crate::{shared, yaml};

/// A deliberate difference: where, the published value, ours, and why. `-` is absence.
type Difference = (&'static str, &'static str, &'static str, &'static str);

/// All of them. Texts for `kubectl explain` and the order of lists of names are not compared: the
/// texts are ours throughout.
const DIFFERENCES: &[Difference] = &[
    // A server fills in the same where it is absent.
    ("TrafficTarget names.listKind", "-", r#""TrafficTargetList""#, "what a server fills in"),
    ("HTTPRouteGroup names.listKind", "-", r#""HTTPRouteGroupList""#, "what a server fills in"),
    ("TCPRoute names.listKind", "-", r#""TCPRouteList""#, "what a server fills in"),
    ("UDPRoute names.listKind", "-", r#""UDPRouteList""#, "what a server fills in"),
    // A port is a whole number of 16 bits. The published definition takes 80.5 and -1.
    ("TrafficTarget v1alpha1 destination.port type", r#""number""#, r#""integer""#, "no fractions"),
    ("TrafficTarget v1alpha1 destination.port format", "-", r#""int32""#, "its width"),
    ("TrafficTarget v1alpha1 destination.port minimum", "-", "0", "0 says that there is none"),
    ("TrafficTarget v1alpha1 destination.port maximum", "-", "65535", "the last port"),
    (
        "TrafficTarget v1alpha2 spec.destination.port type",
        r#""number""#,
        r#""integer""#,
        "no fractions",
    ),
    ("TrafficTarget v1alpha2 spec.destination.port format", "-", r#""int32""#, "its width"),
    ("TrafficTarget v1alpha2 spec.destination.port minimum", "-", "0", "0 says that there is none"),
    ("TrafficTarget v1alpha2 spec.destination.port maximum", "-", "65535", "the last port"),
    // The Go types have it; the published definition drops it.
    ("TCPRoute v1alpha4 spec.matches.name", "-", r#"{"type":"string"}"#, "a field of the Go types"),
    ("UDPRoute v1alpha4 spec.matches.name", "-", r#"{"type":"string"}"#, "a field of the Go types"),
    ("TCPRoute v1alpha4 spec.matches.ports[] format", "-", r#""int64""#, "its width in our types"),
    ("UDPRoute v1alpha4 spec.matches.ports[] format", "-", r#""int64""#, "its width in our types"),
    // Weights must be whole numbers (SMI Traffic Split v1alpha2). The published definition takes
    // 0.5 and -1.
    ("TrafficSplit v1alpha2 spec.backends[].weight type", r#""number""#, r#""integer""#, "whole"),
    ("TrafficSplit v1alpha2 spec.backends[].weight format", "-", r#""int64""#, "its width"),
    ("TrafficSplit v1alpha2 spec.backends[].weight minimum", "-", "0", "no share is negative"),
    ("TrafficSplit v1alpha3 spec.backends[].weight type", r#""number""#, r#""integer""#, "whole"),
    ("TrafficSplit v1alpha3 spec.backends[].weight format", "-", r#""int64""#, "its width"),
    ("TrafficSplit v1alpha3 spec.backends[].weight minimum", "-", "0", "no share is negative"),
    ("TrafficSplit v1alpha4 spec.backends[].weight type", r#""number""#, r#""integer""#, "whole"),
    ("TrafficSplit v1alpha4 spec.backends[].weight format", "-", r#""int64""#, "its width"),
    ("TrafficSplit v1alpha4 spec.backends[].weight minimum", "-", "0", "no share is negative"),
    // Dropped, a reference to another group would become one to an HTTPRouteGroup of SMI.
    (
        "TrafficSplit v1alpha3 spec.matches[].apiGroup",
        "-",
        r#"{"type":"string"}"#,
        "a field of the Go types, with a meaning",
    ),
    (
        "TrafficSplit v1alpha4 spec.matches[].apiGroup",
        "-",
        r#"{"type":"string"}"#,
        "a field of the Go types, with a meaning",
    ),
];

#[test]
fn the_official_profile_differs_where_it_is_meant_to_and_nowhere_else() {
    let Some(folder) = shared::folder("reference/crds") else { return };
    let mut found = BTreeMap::new();
    let mut kinds = Vec::new();
    for path in shared::files(&folder, &["yaml"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let theirs: Value = yaml::read(&text).unwrap();
        let kind = Kind::parse(theirs["spec"]["names"]["kind"].as_str().unwrap()).unwrap();
        kinds.push(kind);
        let ours = serde_json::to_value(CrdOptions::official().definition(kind)).unwrap();
        compare(&format!("{kind}"), &by_version(theirs), &by_version(ours), &mut found);
    }
    let mut all: Vec<_> =
        CrdOptions::official().definitions().iter().map(|d| d.spec.names.kind.clone()).collect();
    kinds.sort();
    all.sort();
    let mut published: Vec<_> = kinds.iter().map(ToString::to_string).collect();
    published.sort();
    assert_eq!(all, published, "the official profile has the published kinds");

    let expected: BTreeMap<String, (String, String)> = DIFFERENCES
        .iter()
        .map(|(path, theirs, ours, _)| {
            ((*path).to_owned(), ((*theirs).to_owned(), (*ours).to_owned()))
        })
        .collect();
    assert_eq!(expected.len(), DIFFERENCES.len(), "no difference is listed twice");
    let unlisted: Vec<_> = found.iter().filter(|(path, _)| !expected.contains_key(*path)).collect();
    let stale: Vec<_> = expected.keys().filter(|path| !found.contains_key(*path)).collect();
    assert!(unlisted.is_empty() && stale.is_empty(), "unlisted: {unlisted:#?}\nstale: {stale:#?}");
    assert_eq!(found, expected);
    println!("{} definitions, {} deliberate differences", kinds.len(), found.len());
}

/// The parts of a definition under the names by which differences are listed.
fn by_version(definition: Value) -> BTreeMap<String, Value> {
    let mut parts = BTreeMap::new();
    let spec = &definition["spec"];
    parts.insert("metadata".to_owned(), definition["metadata"].clone());
    for field in ["group", "scope", "conversion"] {
        parts.insert(field.to_owned(), spec[field].clone());
    }
    for (field, value) in spec["names"].as_object().unwrap() {
        parts.insert(format!("names.{field}"), value.clone());
    }
    let versions = spec["versions"].as_array().unwrap();
    let names: Vec<_> = versions.iter().map(|version| version["name"].clone()).collect();
    parts.insert("versions".to_owned(), names.into());
    for version in versions {
        let name = version["name"].as_str().unwrap();
        for (field, value) in version.as_object().unwrap() {
            if field != "schema" {
                parts.insert(format!("{name} {field}"), value.clone());
            }
        }
        flatten(&version["schema"]["openAPIV3Schema"], &format!("{name} "), "", &mut parts);
    }
    parts
}
