//! The table in the crate's documentation that says what works on which kind and version.
//!
//! Each cell is tried, on a good object and on a broken one; nothing in the table is typed.

use serde_json::{Value, json};
use smi_types::api::{Kind, Version};
use smi_types::crd::CrdOptions;
use smi_types::problem::Severity;
use smi_types::validate::Validator;
use smi_types::webhook::admission::{self, AdmissionReview, DynamicObject};
use smi_types::webhook::conversion::{self, ConversionReview};
use smi_types::{Manifest, TypedObject, json_schema};

use crate::golden;

/// Tries something on a kind and version, and says how it went.
type Ask = fn(&TypedObject) -> &'static str;

const COLUMNS: &[(&str, Ask)] = &[
    ("read, write", read_and_write),
    ("strict CRD", |object| in_definition(&CrdOptions::strict(), object)),
    ("official CRD", |object| in_definition(&CrdOptions::official(), object)),
    ("JSON Schema", schema),
    ("validate", validate),
    ("convert up", |object| convert(object, 1)),
    ("convert down", |object| convert(object, -1)),
    ("conversion review", conversion_review),
    ("admission review", admission_review),
];

const YES: &str = "✓";
const NO: &str = "✗";
const NOT_APPLICABLE: &str = "";

#[test]
fn the_table_in_the_documentation_says_what_works() {
    let mut table = String::from("| kind | version |");
    COLUMNS.iter().for_each(|(name, _)| table.push_str(&format!(" {name} |")));
    table.push_str("\n|---|---|");
    table.push_str(&"---|".repeat(COLUMNS.len()));
    table.push('\n');
    for kind in Kind::ALL {
        for &version in kind.versions() {
            let object = sample(kind, version);
            table.push_str(&format!("| {kind} | {version} |"));
            COLUMNS.iter().for_each(|(_, ask)| table.push_str(&format!(" {} |", ask(&object))));
            table.push('\n');
        }
    }
    assert!(!table.contains(NO), "something does not work:\n{table}");
    golden::assert("src/support.md", &table);
}

/// An object without a fault.
fn sample(kind: Kind, version: Version) -> TypedObject {
    let mut object = json!({
        "apiVersion": format!("{}/{version}", kind.group()),
        "kind": kind.as_str(),
        "metadata": { "name": "sample", "namespace": "shop" },
    });
    let Value::Object(mut body) = body(kind, version) else { panic!("an object") };
    if version == Version::V1alpha1 && kind == Kind::TrafficTarget {
        let rules = body.remove("rules").unwrap();
        body.insert("specs".to_owned(), rules);
    }
    let fields = object.as_object_mut().unwrap();
    if is_flat(kind, version) {
        fields.extend(body);
    } else {
        fields.insert("spec".to_owned(), body.into());
    }
    TypedObject::from_json(object).unwrap()
}

/// Whether the version has no `spec`.
fn is_flat(kind: Kind, version: Version) -> bool {
    match kind {
        Kind::TrafficTarget => version == Version::V1alpha1,
        Kind::HttpRouteGroup | Kind::TcpRoute => version <= Version::V1alpha2,
        _ => false,
    }
}

fn body(kind: Kind, version: Version) -> Value {
    let weight = if version == Version::V1alpha1 { json!("500m") } else { json!(1) };
    match kind {
        Kind::TrafficTarget => json!({
            "destination": { "kind": "ServiceAccount", "name": "api" },
            "sources": [{ "kind": "ServiceAccount", "name": "web", "namespace": "front" }],
            "rules": [{ "kind": "HTTPRouteGroup", "name": "api", "matches": ["read"] }],
        }),
        Kind::IdentityBinding => json!({ "schemes": { "spiffeIdentities": ["a.example/b"] } }),
        Kind::HttpRouteGroup => json!({
            "matches": [{
                "name": "read",
                "pathRegex": "/api/.*",
                "methods": ["GET"],
                "headers": [{ "x-user": ".+" }],
            }],
        }),
        Kind::TcpRoute if version < Version::V1alpha4 => json!({}),
        Kind::TcpRoute | Kind::UdpRoute => json!({ "matches": { "ports": [8080] } }),
        Kind::TrafficSplit => json!({
            "service": "web",
            "backends": [
                { "service": "web-v1", "weight": weight },
                { "service": "web-v2", "weight": weight },
            ],
        }),
    }
}

/// The same with a fault; none if the version has nothing that could be wrong.
fn broken(object: &TypedObject) -> Option<Value> {
    let (kind, version) = (object.kind(), object.version());
    let mut object = json(object);
    let body = if is_flat(kind, version) { &mut object } else { &mut object["spec"] };
    match kind {
        Kind::TrafficTarget => body["destination"]["kind"] = json!("Deployment"),
        Kind::IdentityBinding => body["schemes"] = json!([]),
        Kind::HttpRouteGroup => body["matches"] = json!({}),
        Kind::TcpRoute if version < Version::V1alpha3 => return None,
        Kind::TcpRoute if version == Version::V1alpha3 => *body = json!([]),
        Kind::TcpRoute | Kind::UdpRoute => body["matches"]["ports"] = json!([70000]),
        Kind::TrafficSplit => body["backends"][0]["weight"] = json!("many"),
    }
    Some(object)
}

fn mark(works: bool) -> &'static str {
    if works { YES } else { NO }
}

fn json(object: &TypedObject) -> Value {
    serde_json::to_value(object).unwrap()
}

fn read_and_write(object: &TypedObject) -> &'static str {
    let manifest = Manifest::read(&smi_types::write::yaml(object).unwrap());
    let is_read = manifest.objects().count() == 1;
    mark(is_read && TypedObject::from_json(json(object)).unwrap() == *object)
}

fn in_definition(options: &CrdOptions, object: &TypedObject) -> &'static str {
    let definition = options.definition(object.kind());
    let version = object.version().as_str();
    let draft = options.storage_version(object.kind()) < object.version();
    match definition.spec.versions.iter().find(|known| known.name == version) {
        Some(known) if known.storage => "stored",
        Some(_) if draft => "draft",
        Some(_) => YES,
        None => NOT_APPLICABLE,
    }
}

fn schema(object: &TypedObject) -> &'static str {
    let schema = json_schema::of(object.kind(), object.version()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let refused = broken(object).is_none_or(|broken| !schema.is_valid(&broken));
    mark(schema.is_valid(&json(object)) && refused)
}

/// Neither the reader nor a rule has an objection to the object; somebody has to the broken one.
fn validate(object: &TypedObject) -> &'static str {
    let has_faults = |object: &Value| {
        let manifest = Manifest::of(object).unwrap();
        let found = Validator::new().manifest(&manifest);
        found.iter().chain(manifest.problems()).any(|problem| problem.severity() == Severity::Error)
    };
    mark(!has_faults(&json(object)) && broken(object).is_none_or(|broken| has_faults(&broken)))
}

/// To the next version in a direction, and back.
fn convert(object: &TypedObject, direction: isize) -> &'static str {
    let versions = object.kind().versions();
    let place = versions.iter().position(|version| *version == object.version()).unwrap();
    let next = place.checked_add_signed(direction).and_then(|place| versions.get(place));
    let Some(&next) = next else { return NOT_APPLICABLE };
    let back = object.convert(next).and_then(|converted| converted.convert(object.version()));
    mark(back.is_ok_and(|back| back == *object))
}

/// Asks for the newest version and for the version that it has.
fn conversion_review(object: &TypedObject) -> &'static str {
    let ask = |version: Version| {
        let review: ConversionReview = serde_json::from_value(json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "ConversionReview",
            "request": {
                "uid": "1",
                "desiredAPIVersion": format!("{}/{version}", object.kind().group()),
                "objects": [object],
            },
        }))
        .unwrap();
        let response = conversion::review(review).response.unwrap();
        response.converted_objects.len() == 1
    };
    mark(ask(Version::V1alpha4) && ask(object.version()))
}

/// The object is admitted, the broken one is not.
fn admission_review(object: &TypedObject) -> &'static str {
    let ask = |object: &Value| {
        let kind = Kind::parse(object["kind"].as_str().unwrap()).unwrap();
        let version = object["apiVersion"].as_str().unwrap().split_once('/').unwrap().1;
        let review: AdmissionReview<DynamicObject> = serde_json::from_value(json!({
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "request": {
                "uid": "1",
                "kind": { "group": kind.group().as_str(), "version": version, "kind": kind.as_str() },
                "resource":
                    { "group": kind.group().as_str(), "version": version, "resource": kind.plural() },
                "operation": "CREATE",
                "userInfo": {},
                "object": object,
            },
        }))
        .unwrap();
        admission::review(review).response.unwrap().allowed
    };
    mark(ask(&json(object)) && broken(object).is_none_or(|broken| !ask(&broken)))
}
