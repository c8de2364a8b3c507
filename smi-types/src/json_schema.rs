//! JSON Schemas for editors.
//!
//! An editor that knows the schema of a manifest offers its fields and marks its mistakes. The
//! schemas are of draft 2020-12, and from the same types and the same demands as the strict
//! CustomResourceDefinitions in [`crd`], with these differences: `headers` may be a
//! list or a mapping, an unknown field is a mistake, and the rules in CEL are missing, which JSON
//! Schema can't say.
//!
//! # Examples
//!
//! ```
//! use smi_types::api::{Kind, Version};
//! use smi_types::json_schema;
//!
//! let schema = json_schema::of(Kind::TrafficSplit, Version::V1alpha4).ok_or("no such kind")?;
//! assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
//! assert_eq!(schema["properties"]["apiVersion"]["const"], "split.smi-spec.io/v1alpha4");
//!
//! assert!(json_schema::of(Kind::UdpRoute, Version::V1alpha1).is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use serde_json::{Map, Value, json};

use crate::api::{Kind, Version};
use crate::crd::{self, CrdOptions};
use crate::specs::v1alpha4::HeaderForm;

/// The schema of a kind in a version; `None` if the kind does not exist in it.
pub fn of(kind: Kind, version: Version) -> Option<Value> {
    if !kind.versions().contains(&version) {
        return None;
    }
    let mut schema = crd::refined_schema(&CrdOptions::strict(), kind, version);
    if let Some(headers) = headers(&mut schema) {
        let mut as_mapping =
            crd::refined_schema(&CrdOptions::strict().header_form(HeaderForm::Map), kind, version);
        if let Some(mapping) = self::headers(&mut as_mapping) {
            *headers = either(headers.take(), mapping.take());
        }
    }
    translate(&mut schema);
    Some(with_envelope(schema, kind, version))
}

/// The schema of the headers of a match.
fn headers(schema: &mut Value) -> Option<&mut Value> {
    // A `pointer_mut` that fails would keep the schema borrowed, so it is asked once only.
    let pointer = if schema.pointer("/properties/matches").is_some() {
        "/properties/matches/items/properties/headers"
    } else {
        "/properties/spec/properties/matches/items/properties/headers"
    };
    schema.pointer_mut(pointer)
}

/// A field that may have either of two shapes.
fn either(mut list: Value, mut mapping: Value) -> Value {
    let description = list.as_object_mut().and_then(|list| list.remove("description"));
    if let Some(mapping) = mapping.as_object_mut() {
        mapping.remove("description");
    }
    json!({ "description": description, "anyOf": [list, mapping] })
}

/// From a structural schema to JSON Schema.
fn translate(schema: &mut Value) {
    let Value::Object(schema) = schema else { return };
    if schema.remove("x-kubernetes-int-or-string").is_some() {
        // API servers refuse a fraction here, but a string of digits is read as one.
        schema.insert("type".to_owned(), json!(["integer", "string"]));
    }
    schema.retain(|keyword, _| !keyword.starts_with("x-kubernetes-") && keyword != "format");
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().for_each(translate);
    }
    for nested in ["items", "additionalProperties"] {
        if let Some(nested) = schema.get_mut(nested) {
            translate(nested);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.iter_mut().for_each(translate);
    }
    let is_object = schema.get("type").is_some_and(|found| found == "object");
    if is_object && !schema.contains_key("additionalProperties") {
        schema.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
}

/// Adds what every object has.
fn with_envelope(schema: Value, kind: Kind, version: Version) -> Value {
    let Value::Object(mut schema) = schema else { return schema };
    let mut properties = Map::new();
    let api_version = format!("{}/{version}", kind.group());
    properties.insert(
        "apiVersion".to_owned(),
        json!({ "description": "API group and version.", "const": api_version }),
    );
    properties.insert(
        "kind".to_owned(),
        json!({ "description": "Kind of the object.", "const": kind.as_str() }),
    );
    properties.insert("metadata".to_owned(), metadata());
    if let Some(Value::Object(own)) = schema.remove("properties") {
        properties.extend(own);
    }
    let mut required = json!(["apiVersion", "kind", "metadata"]);
    if let (Some(required), Some(Value::Array(own))) =
        (required.as_array_mut(), schema.remove("required"))
    {
        required.extend(own);
    }
    let description = schema.remove("description");
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("{kind} {api_version}"),
        "description": description,
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": false,
    })
}

/// The metadata that people write. Others are possible: clusters add theirs.
fn metadata() -> Value {
    let texts = json!({ "type": "string" });
    json!({
        "description": "Name, namespace, labels and annotations of the object.",
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {
                "description": "Name of the object, unique in its namespace.",
                "type": "string",
                "minLength": 1,
                "maxLength": 253,
            },
            "namespace": {
                "description": "Namespace of the object.",
                "type": "string",
                "maxLength": 63,
            },
            "labels": {
                "description": "Labels of the object.",
                "type": "object",
                "additionalProperties": texts,
            },
            "annotations": {
                "description": "Annotations of the object.",
                "type": "object",
                "additionalProperties": texts,
            },
        },
    })
}
