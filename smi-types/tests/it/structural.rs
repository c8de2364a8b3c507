//! The definitions follow the rules of Kubernetes for structural schemas.
//!
//! The checker below knows those rules as far as 124 small definitions and the answers of a real
//! API server to them show (`data/crd-probes.json`). It does not evaluate CEL; what it demands of
//! definitions with rules is stricter than what a server does.

use serde::Deserialize;
use serde_json::{Map, Value};
use smi_types::api::{Kind, Version};
use smi_types::crd::{self, ConversionWebhook, CrdOptions, CustomResourceDefinition, Subjects};
use smi_types::specs::v1alpha4::HeaderForm;

use crate::yaml;

/// What a server says of a definition.
#[derive(Debug, Default)]
struct Verdict {
    errors: Vec<String>,
    warnings: Vec<String>,
}

impl Verdict {
    fn error(&mut self, path: &str, fault: impl std::fmt::Display) {
        self.errors.push(format!("{path}: {fault}"));
    }
}

/// Keywords that may stand beside a type, and those that a server takes in a logical branch.
const VALIDATIONS: &[&str] = &[
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "required",
    "uniqueItems",
];

/// Keywords that a server knows. Others are dropped, with a warning.
const STRUCTURE: &[&str] = &[
    "$ref",
    "$schema",
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "definitions",
    "description",
    "example",
    "items",
    "not",
    "nullable",
    "oneOf",
    "patternProperties",
    "properties",
    "title",
    "type",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
];

const FORMATS: &[&str] = &[
    "byte",
    "date",
    "date-time",
    "double",
    "duration",
    "email",
    "float",
    "hostname",
    "int32",
    "int64",
    "ipv4",
    "ipv6",
    "k8s-short-name",
    "uri",
    "uuid",
];

fn check(definition: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    let spec = &definition["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (plural, group) = (text(&spec["names"]["plural"]), text(&spec["group"]));
    if definition["metadata"]["name"] != format!("{plural}.{group}") {
        verdict.error("metadata.name", "is not plural and group");
    }
    if group.ends_with(".k8s.io") && definition["metadata"].get("annotations").is_none() {
        verdict.error("metadata.annotations", "a protected group needs an approval");
    }
    if spec["scope"] != "Namespaced" && spec["scope"] != "Cluster" {
        verdict.error("spec.scope", "is required");
    }
    if spec["preserveUnknownFields"] == true {
        verdict.error("spec.preserveUnknownFields", "cannot be true");
    }
    for name in spec["names"]["shortNames"].as_array().into_iter().flatten() {
        if !text(name).bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            verdict.error("spec.names.shortNames", "not in lower case");
        }
    }
    let known = ["conversion", "group", "names", "preserveUnknownFields", "scope", "versions"];
    for field in spec.as_object().unwrap().keys().filter(|field| !known.contains(&field.as_str())) {
        verdict.warnings.push(format!("unknown field spec.{field}"));
    }
    check_conversion(&spec["conversion"], &mut verdict);

    let versions = spec["versions"].as_array().unwrap();
    if versions.iter().filter(|version| version["storage"] == true).count() != 1 {
        verdict.error("spec.versions", "exactly one is stored");
    }
    let mut names: Vec<_> = versions.iter().map(|version| text(&version["name"])).collect();
    names.sort();
    names.dedup();
    if names.len() != versions.len() {
        verdict.error("spec.versions", "a version twice");
    }
    for version in versions {
        check_version(version, &mut verdict);
    }
    verdict
}

fn check_conversion(conversion: &Value, verdict: &mut Verdict) {
    if conversion["strategy"] != "Webhook" {
        return;
    }
    let webhook = &conversion["webhook"];
    if webhook["conversionReviewVersions"].as_array().is_none_or(Vec::is_empty) {
        verdict.error("spec.conversion.webhook.conversionReviewVersions", "required");
    }
    if let Some(url) = webhook["clientConfig"]["url"].as_str()
        && !url.starts_with("https://")
    {
        verdict.error("spec.conversion.webhook.clientConfig.url", "https only");
    }
}

fn check_version(version: &Value, verdict: &mut Verdict) {
    let name = version["name"].as_str().unwrap();
    for column in version["additionalPrinterColumns"].as_array().into_iter().flatten() {
        if !column["jsonPath"].as_str().is_some_and(|path| path.starts_with('.')) {
            verdict.error(name, "the path of a column begins with a dot");
        }
        let types = ["boolean", "date", "integer", "number", "string"];
        if !types.iter().any(|known| column["type"] == *known) {
            verdict.error(name, "type of a column");
        }
    }
    if let Some(warning) = version["deprecationWarning"].as_str() {
        if version["deprecated"] != true {
            verdict.error(name, "deprecationWarning without deprecated");
        }
        if warning.len() > 256 {
            verdict.error(name, "deprecationWarning is too long");
        }
    }
    let Some(schema) = version["schema"].get("openAPIV3Schema").and_then(Value::as_object) else {
        verdict.error(name, "has no schema");
        return;
    };
    if schema.get("type").is_none_or(|found| found != "object") {
        verdict.error(name, "the root is an object");
    }
    if schema.contains_key("$schema") {
        verdict.error(name, "$schema is not supported");
    }
    let metadata = schema.get("properties").and_then(|fields| fields.get("metadata"));
    for field in metadata.and_then(|m| m["properties"].as_object()).into_iter().flatten() {
        if field.0 != "name" && field.0 != "generateName" {
            verdict.error(name, "only name and generateName of metadata can be restricted");
        }
    }
    for field in version["selectableFields"].as_array().into_iter().flatten() {
        let mut schema = Some(&version["schema"]["openAPIV3Schema"]);
        for step in field["jsonPath"].as_str().unwrap().split('.').skip(1) {
            schema = schema.and_then(|schema| schema["properties"].get(step));
        }
        if schema.is_none() {
            verdict.error(name, "a selectable field that does not exist");
        }
    }
    check_schema(name, schema, verdict);
}

fn check_schema(path: &str, schema: &Map<String, Value>, verdict: &mut Verdict) {
    for keyword in schema.keys() {
        let keyword = keyword.as_str();
        if !STRUCTURE.contains(&keyword) && !VALIDATIONS.contains(&keyword) {
            verdict.warnings.push(format!("{path}: unknown field {keyword}"));
        }
    }
    for keyword in ["$ref", "definitions", "patternProperties"] {
        if schema.contains_key(keyword) {
            verdict.error(path, format_args!("{keyword} is not supported"));
        }
    }
    let is = |keyword: &str| schema.get(keyword) == Some(&Value::Bool(true));
    let kind = schema.get("type").and_then(Value::as_str);
    if schema.get("type").is_some_and(|found| !found.is_string()) {
        verdict.error(path, "type is one text");
    }
    if kind.is_none()
        && !is("x-kubernetes-int-or-string")
        && !is("x-kubernetes-preserve-unknown-fields")
    {
        verdict.error(path, "has no type");
    }
    for bound in ["exclusiveMinimum", "exclusiveMaximum"] {
        if schema.get(bound).is_some_and(Value::is_number) {
            verdict.error(path, format_args!("{bound} is true or false"));
        }
    }
    if is("uniqueItems") {
        verdict.error(path, "uniqueItems cannot be true");
    }
    if let Some(format) = schema.get("format").and_then(Value::as_str)
        && !FORMATS.contains(&format)
    {
        verdict.warnings.push(format!("{path}: unrecognized format {format}"));
    }
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
        && (regex::Regex::new(pattern).is_err() || pattern.contains("\\u"))
    {
        verdict.error(path, "pattern is no regular expression of RE2");
    }
    check_default(path, schema, verdict);
    check_lists(path, schema, kind, verdict);
    check_rules(path, schema, verdict);
    for keyword in ["allOf", "anyOf", "oneOf"] {
        for branch in schema.get(keyword).and_then(Value::as_array).into_iter().flatten() {
            // The two branches by which Kubernetes itself says int-or-string.
            let int_or_string = is("x-kubernetes-int-or-string")
                && (branch == &serde_json::json!({"type": "integer"})
                    || branch == &serde_json::json!({"type": "string"}));
            if !int_or_string {
                check_branch(&format!("{path}.{keyword}"), branch, verdict);
            }
        }
    }
    if let Some(branch) = schema.get("not") {
        check_branch(&format!("{path}.not"), branch, verdict);
    }
    if let Some(fields) = schema.get("properties").and_then(Value::as_object) {
        for (name, field) in fields {
            check_schema(&format!("{path}.{name}"), field.as_object().unwrap(), verdict);
        }
        if schema.contains_key("additionalProperties") {
            verdict.error(path, "properties and additionalProperties exclude each other");
        }
    }
    if let Some(Value::Object(values)) = schema.get("additionalProperties") {
        check_schema(&format!("{path}{{}}"), values, verdict);
    }
}

/// A branch of a logical keyword describes values, not their structure.
fn check_branch(path: &str, branch: &Value, verdict: &mut Verdict) {
    for (keyword, value) in branch.as_object().unwrap() {
        match keyword.as_str() {
            "properties" => {
                for field in value.as_object().unwrap().values() {
                    check_branch(path, field, verdict);
                }
            }
            "allOf" | "anyOf" | "oneOf" => {
                value.as_array().unwrap().iter().for_each(|b| check_branch(path, b, verdict));
            }
            "items" | "not" => check_branch(path, value, verdict),
            known if VALIDATIONS.contains(&known) => {}
            other => verdict.error(path, format_args!("{other} must be empty")),
        }
    }
}

fn check_default(path: &str, schema: &Map<String, Value>, verdict: &mut Verdict) {
    let Some(default) = schema.get("default") else { return };
    let right_type = match schema.get("type").and_then(Value::as_str) {
        Some("string") => default.is_string(),
        Some("integer") => default.is_i64(),
        Some("object") => default.is_object(),
        Some("array") => default.is_array(),
        _ => true,
    };
    let listed = schema.get("enum").and_then(Value::as_array).is_none_or(|e| e.contains(default));
    if !right_type || !listed {
        verdict.error(path, "the default does not meet its own schema");
    }
}

fn check_lists(path: &str, schema: &Map<String, Value>, kind: Option<&str>, verdict: &mut Verdict) {
    match schema.get("items") {
        Some(Value::Object(items)) => {
            check_schema(&format!("{path}[]"), items, verdict);
            let is_object = items.get("type").is_some_and(|found| found == "object");
            let is_atomic =
                items.get("x-kubernetes-map-type").is_some_and(|found| found == "atomic");
            match schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
                Some("set") if is_object && !is_atomic => {
                    verdict.error(path, "the items of a set are atomic");
                }
                Some("map") => {
                    let empty = Vec::new();
                    let required = items.get("required").and_then(Value::as_array);
                    let keys = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
                    if keys.is_none_or(Vec::is_empty) {
                        verdict.error(path, "a list of type map has keys");
                    }
                    for key in keys.into_iter().flatten() {
                        let field = &items["properties"][key.as_str().unwrap()];
                        if field.get("default").is_none()
                            && !required.unwrap_or(&empty).contains(key)
                        {
                            verdict.error(path, "a key is required or has a default");
                        }
                    }
                }
                _ => {}
            }
        }
        Some(_) => verdict.error(path, "items is one schema"),
        None if kind == Some("array") => verdict.error(path, "items is required"),
        None => {}
    }
}

fn check_rules(path: &str, schema: &Map<String, Value>, verdict: &mut Verdict) {
    let reasons =
        ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];
    for rule in
        schema.get("x-kubernetes-validations").and_then(Value::as_array).into_iter().flatten()
    {
        if let Some(reason) = rule.get("reason")
            && !reasons.iter().any(|known| reason == known)
        {
            verdict.error(path, "unknown reason of a rule");
        }
    }
}

/// Probes whose verdict rests on CEL itself: syntax, types and cost.
const ABOUT_CEL: &[&str] = &[
    "cel-syntax",
    "cel-unbounded-cost",
    "cel-unknown-field",
    "cel-messageExpression",
    "cel-weights-sum",
];

#[test]
fn the_checker_judges_the_probes_as_a_server_does() {
    #[derive(Deserialize)]
    struct Probe {
        name: String,
        crd_yaml: String,
        apiserver_1_36: Answer,
    }

    #[derive(Deserialize)]
    struct Answer {
        verdict: String,
        #[serde(default)]
        warnings: Vec<String>,
    }

    let probes: Vec<Probe> = serde_json::from_str(include_str!("data/crd-probes.json")).unwrap();
    assert_eq!(probes.len(), 124);
    let mut wrong = Vec::new();
    for Probe { name, crd_yaml, apiserver_1_36: answer } in &probes {
        if ABOUT_CEL.contains(&name.as_str()) {
            assert_eq!(answer.verdict, "rejected");
            continue;
        }
        let definition: Value = yaml::read(crd_yaml).unwrap();
        let verdict = check(&definition);
        let accepted = answer.verdict == "accepted";
        if verdict.errors.is_empty() != accepted
            || (accepted && verdict.warnings.is_empty() != answer.warnings.is_empty())
        {
            wrong.push(format!("{name}: a server {}, {verdict:?}", answer.verdict));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Every combination of options.
fn all_definitions() -> Vec<(String, CustomResourceDefinition)> {
    let mut found = Vec::new();
    for profile in [CrdOptions::official(), CrdOptions::strict()] {
        for subjects in [Subjects::ServiceAccounts, Subjects::IdentityBindings] {
            for form in [HeaderForm::List, HeaderForm::Map] {
                for webhook in [None, Some(ConversionWebhook::service("smi", "webhook"))] {
                    let mut options = profile.clone().subjects(subjects).header_form(form);
                    if let Some(webhook) = webhook {
                        options = options.conversion_webhook(webhook);
                    }
                    for kind in Kind::ALL {
                        found.push((format!("{options:?} {kind}"), options.definition(kind)));
                    }
                }
            }
        }
    }
    found
}

#[test]
fn every_definition_is_accepted_without_a_warning() {
    let definitions = all_definitions();
    assert_eq!(definitions.len(), 2 * 2 * 2 * 2 * 6);
    for (name, definition) in definitions {
        let text = crd::yaml(&[definition]).unwrap();
        let definition: Value = yaml::read(&text).unwrap();
        let verdict = check(&definition);
        assert!(verdict.errors.is_empty() && verdict.warnings.is_empty(), "{name}: {verdict:#?}");
        assert!(!text.contains("nullable") && !text.contains("default:"), "{name}");
    }
}

/// Without bounds a server counts with the largest object there can be, and refuses the rule.
#[test]
fn what_a_rule_looks_at_is_bounded() {
    fn walk(path: &str, schema: &Value, looked_at: bool, rules: &mut usize) {
        let has_rules = schema.get("x-kubernetes-validations").is_some();
        *rules += usize::from(has_rules);
        let below = |schema: &Value| schema.to_string().contains("x-kubernetes-validations");
        if (has_rules || looked_at) && schema["type"] == "string" && schema.get("enum").is_none() {
            // Names are compared with literals only, which cost as much as the literal.
            let compared = path.ends_with(".group") || path.ends_with(".serviceAccount");
            assert!(compared || schema.get("maxLength").is_some(), "{path}");
        }
        if let Some(items) = schema.get("items") {
            if below(items) || has_rules {
                assert!(schema.get("maxItems").is_some(), "{path} is unbounded");
            }
            walk(&format!("{path}[]"), items, false, rules);
        }
        if let Some(values) = schema.get("additionalProperties") {
            if below(values) {
                assert!(schema.get("maxProperties").is_some(), "{path} is unbounded");
            }
            walk(&format!("{path}{{}}"), values, false, rules);
        }
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            walk(&format!("{path}.{name}"), field, false, rules);
        }
    }
    let mut rules = 0;
    for (name, definition) in all_definitions() {
        for version in definition.spec.versions {
            let schema = serde_json::to_value(version.schema).unwrap();
            walk(
                &format!("{name} {}", version.name),
                &schema["openAPIV3Schema"],
                false,
                &mut rules,
            );
        }
    }
    assert!(rules > 100, "{rules}");
}

#[test]
fn versions_of_different_shape_are_served_with_a_webhook_only() {
    for kind in Kind::ALL {
        let without = CrdOptions::strict().definition(kind);
        assert!(without.spec.conversion.is_none());
        for version in &without.spec.versions {
            assert_eq!(version.served, version.storage, "{kind} {}", version.name);
        }
        let webhook = ConversionWebhook::url("https://webhook.example/convert").unwrap();
        let with = CrdOptions::strict().conversion_webhook(webhook).definition(kind);
        assert!(with.spec.versions.iter().all(|version| version.served), "{kind}");
        let conversion = with.spec.conversion.unwrap();
        assert_eq!(conversion.strategy, "Webhook");
        let webhook = conversion.webhook.unwrap();
        assert_eq!(webhook.conversion_review_versions, ["v1"]);
        assert_eq!(
            webhook.client_config.unwrap().url.as_deref(),
            Some("https://webhook.example/convert")
        );
    }
}

#[test]
fn targets_are_stored_as_v1alpha4_where_identity_bindings_are_wanted() {
    for profile in [CrdOptions::official(), CrdOptions::strict()] {
        for (subjects, expected) in [
            (Subjects::ServiceAccounts, Version::V1alpha3),
            (Subjects::IdentityBindings, Version::V1alpha4),
        ] {
            let definition = profile.clone().subjects(subjects).definition(Kind::TrafficTarget);
            let stored: Vec<_> = definition.spec.versions.iter().filter(|v| v.storage).collect();
            assert_eq!(stored.len(), 1);
            assert_eq!(stored[0].name, expected.as_str());
        }
    }
}

#[test]
fn urls_that_no_server_takes_are_refused() {
    for url in [
        "http://webhook.example/",
        "https://",
        "https:///convert",
        "https://:443/convert",
        "https://user@webhook.example/",
        "https://webhook.example/?a",
        "https://webhook.example/#a",
        "https://webhook.example/ a",
        "webhook.example",
    ] {
        assert!(ConversionWebhook::url(url).is_err(), "{url}");
    }
}
