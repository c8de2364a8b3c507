//! What the specification asks for and a schema can say.
//!
//! Nothing here refuses what has a meaning: `ports: []` means all ports, a split whose weights are
//! all zero answers 503. The bounds on lists and texts keep the cost of the rules far below what an
//! API server allows (10 million units a rule, counted at the bounds).

use serde_json::{Value, json};

use super::edit::Editor;
use super::official::{METHODS, rule_kinds};
use crate::api::{Kind, Version};
use crate::specs::v1alpha4::HeaderForm;

/// The largest weight: the largest whole number that every reader of JSON holds exactly. With at
/// most [`MAX_BACKENDS`] of them the sum fits 64 bits.
const MAX_WEIGHT: u64 = (1 << 53) - 1;
const MAX_BACKENDS: u64 = 256;

/// Bounds of an HTTPRouteGroup.
const MAX_MATCHES: u64 = 256;
const MAX_HEADERS: u64 = 16;
const MAX_PATH_REGEX: u64 = 2048;
const MAX_HEADER_REGEX: u64 = 1024;

/// Bounds of the lists of a TrafficTarget.
const MAX_REFERENCES: u64 = 1024;

pub(super) fn refine(schema: &mut Editor<'_>) {
    match schema.kind {
        Kind::TrafficTarget => traffic_target(schema),
        Kind::IdentityBinding => identity_binding(schema),
        Kind::HttpRouteGroup => route_group(schema),
        Kind::TcpRoute if schema.version < Version::V1alpha4 => {}
        Kind::TcpRoute | Kind::UdpRoute => port_route(schema),
        Kind::TrafficSplit => traffic_split(schema),
    }
}

/// Bounds on the headers of a match, in either form.
pub(super) fn bound_headers(schema: &mut Editor<'_>, form: HeaderForm) {
    let headers = "spec.matches[].headers";
    match form {
        HeaderForm::List => {
            let item = format!("{headers}[]");
            schema.set(headers, json!({ "maxItems": MAX_HEADERS }));
            schema.set(&item, json!({ "minProperties": 1, "maxProperties": 1 }));
            schema.set(&format!("{item}{{}}"), regex(MAX_HEADER_REGEX));
        }
        HeaderForm::Map => {
            schema.set(headers, json!({ "maxProperties": MAX_HEADERS }));
            schema.set(&format!("{headers}{{}}"), regex(MAX_HEADER_REGEX));
        }
    }
}

/// A TrafficTarget has a destination, at least one rule and at least one source (SMI Traffic
/// Access Control).
fn traffic_target(schema: &mut Editor<'_>) {
    let version = schema.version;
    if version == Version::V1alpha1 {
        schema.require("", &["destination", "specs", "sources"]);
    } else {
        schema.require("", &["spec"]);
        schema.require("spec", &["destination", "rules", "sources"]);
    }
    for subject in ["spec.destination", "spec.sources[]"] {
        schema.set(&format!("{subject}.name"), name());
        schema.set(&format!("{subject}.namespace"), json!({ "maxLength": 63 }));
        let kind = format!("{subject}.kind");
        if version < Version::V1alpha4 {
            schema.set(&kind, json!({ "enum": ["ServiceAccount"] }));
            continue;
        }
        schema.set(&kind, json!({ "enum": ["ServiceAccount", "IdentityBinding"] }));
        let group = format!("{subject}.group");
        schema.set(&group, json!({ "enum": ["", "access.smi-spec.io"] }));
        schema.set(
            subject,
            rules([(
                "self.kind == 'IdentityBinding' || !has(self.group) || self.group == ''",
                "a ServiceAccount is in no group: group must be absent or empty",
            )]),
        );
    }
    if version <= Version::V1alpha2 {
        schema.set("spec.destination.port", json!({ "minimum": 1 }));
    }
    schema.set("spec.sources", json!({ "minItems": 1, "maxItems": MAX_REFERENCES }));
    schema.set("spec.rules", json!({ "minItems": 1, "maxItems": MAX_REFERENCES }));
    schema.set("spec.rules[].kind", json!({ "enum": rule_kinds(version) }));
    schema.set("spec.rules[].name", name());
    schema.set("spec.rules[].matches", json!({ "maxItems": MAX_MATCHES }));
    schema.set("spec.rules[].matches[]", name());
    schema.set(
        "spec.rules[]",
        rules([(
            "self.kind == 'HTTPRouteGroup' || !has(self.matches) || self.matches.size() == 0",
            "only a rule for an HTTPRouteGroup can select matches",
        )]),
    );
}

/// A binding has at least one scheme; podLabelSelector and serviceAccount are mutually exclusive
/// (SMI Traffic Access Control v1alpha4).
fn identity_binding(schema: &mut Editor<'_>) {
    schema.require("", &["spec"]);
    schema.set("spec.schemes", json!({ "minProperties": 1 }));
    schema.set(
        "spec.schemes",
        rules([(
            "!has(self.podLabelSelector) || !has(self.serviceAccount)",
            "podLabelSelector and serviceAccount are mutually exclusive",
        )]),
    );
    schema.set("spec.schemes.serviceAccount", name());
    schema.set("spec.schemes.spiffeIdentities", json!({ "maxItems": MAX_REFERENCES }));
    // Trust domain and path, as the SPIFFE standard spells them (SPIFFE-ID §2).
    schema.set(
        "spec.schemes.spiffeIdentities[]",
        json!({
            "maxLength": 2048,
            "pattern": "^([Ss][Pp][Ii][Ff][Ff][Ee]://)?[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)+$",
        }),
    );
    let selector = "spec.schemes.podLabelSelector";
    schema.set(selector, json!({ "minProperties": 1 }));
    schema.set(&format!("{selector}.matchExpressions"), json!({ "maxItems": 64 }));
    schema.set(
        &format!("{selector}.matchExpressions[].operator"),
        json!({ "enum": ["In", "NotIn", "Exists", "DoesNotExist"] }),
    );
    schema.set(&format!("{selector}.matchExpressions[].key"), json!({ "minLength": 1 }));
    schema.set(
        &format!("{selector}.matchExpressions[]"),
        rules([(
            "(self.operator in ['In', 'NotIn']) == (has(self.values) && self.values.size() > 0)",
            "In and NotIn need values; Exists and DoesNotExist can have none",
        )]),
    );
    schema.set(&format!("{selector}.matchExpressions[].values"), json!({ "maxItems": 1024 }));
}

/// Every match has a name (SMI Traffic Specs), by which rules select it.
fn route_group(schema: &mut Editor<'_>) {
    if schema.version >= Version::V1alpha3 {
        schema.require("", &["spec"]);
    }
    schema.set(
        "spec.matches",
        json!({
            "minItems": 1,
            "maxItems": MAX_MATCHES,
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        }),
    );
    schema.set("spec.matches[].name", name());
    schema.set("spec.matches[].pathRegex", regex(MAX_PATH_REGEX));
    schema.set("spec.matches[].methods", json!({ "maxItems": 64 }));
    schema.set("spec.matches[].methods[]", json!({ "enum": METHODS }));
}

/// Ports are those of TCP and UDP. An empty list means all ports.
fn port_route(schema: &mut Editor<'_>) {
    schema.require("", &["spec"]);
    schema
        .set("spec.matches.ports[]", json!({ "format": "int32", "minimum": 1, "maximum": 65535 }));
}

/// A split has a root service and backends with whole weights (SMI Traffic Split).
fn traffic_split(schema: &mut Editor<'_>) {
    schema.require("", &["spec"]);
    schema.set("spec.service", name());
    schema.set("spec.backends", json!({ "minItems": 1, "maxItems": MAX_BACKENDS }));
    schema.set("spec.backends[].service", name());
    if schema.version == Version::V1alpha1 {
        // The same without a sign in front of it, other than plus.
        schema.set(
            "spec.backends[].weight",
            json!({
                "minimum": 0,
                "maxLength": 128,
                "pattern": "^[+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$",
            }),
        );
    } else {
        schema.set("spec.backends[].weight", json!({ "minimum": 0, "maximum": MAX_WEIGHT }));
    }
    if schema.version >= Version::V1alpha3 {
        schema.set("spec.matches", json!({ "maxItems": MAX_MATCHES }));
        schema.set("spec.matches[].kind", json!({ "enum": ["HTTPRouteGroup"] }));
        schema.set("spec.matches[].name", name());
        schema.set("spec.matches[].apiGroup", json!({ "enum": ["specs.smi-spec.io"] }));
    }
}

/// The name of an object or of a match.
fn name() -> Value {
    json!({ "minLength": 1, "maxLength": 253 })
}

/// A regular expression of RE2, which is what CEL's `matches` speaks: with any other it fails, and
/// a rule that fails refuses the object. Whether the empty text matches is of no importance.
fn regex(max_length: u64) -> Value {
    let mut schema =
        rules([("''.matches(self) in [true, false]", "must be a regular expression of RE2")]);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("maxLength".to_owned(), max_length.into());
    }
    schema
}

/// Rules in CEL, each with the message for an object that breaks it.
fn rules<const N: usize>(rules: [(&str, &str); N]) -> Value {
    let rules = rules.map(|(rule, message)| json!({ "rule": rule, "message": message }));
    json!({ "x-kubernetes-validations": rules.to_vec() })
}
