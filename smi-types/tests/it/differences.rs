//! How two schemas differ, field by field and keyword by keyword.

use std::collections::BTreeMap;

use serde_json::Value;

/// One entry for each keyword of each field.
pub(crate) fn flatten(
    schema: &Value,
    version: &str,
    path: &str,
    parts: &mut BTreeMap<String, Value>,
) {
    let join =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    for (keyword, value) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "description" => {}
            "properties" => {
                for (field, schema) in value.as_object().unwrap() {
                    flatten(schema, version, &join(field), parts);
                }
            }
            "items" => flatten(value, version, &format!("{path}[]"), parts),
            "additionalProperties" if value.is_object() => {
                flatten(value, version, &format!("{path}{{}}"), parts)
            }
            "required" => {
                let mut fields = value.as_array().unwrap().clone();
                fields.sort_by_key(ToString::to_string);
                parts.insert(format!("{version}{path} required"), fields.into());
            }
            _ => {
                // The float 65535.0 and the integer are one number.
                let number = value.as_f64().filter(|number| number.fract() == 0.0);
                let value = number.map_or(value.clone(), |number| (number as i64).into());
                parts.insert(format!("{version}{path} {keyword}"), value);
            }
        }
    }
}

/// Adds the differences. A field that only one side has is one difference, not one per keyword.
pub(crate) fn compare(
    kind: &str,
    theirs: &BTreeMap<String, Value>,
    ours: &BTreeMap<String, Value>,
    found: &mut BTreeMap<String, (String, String)>,
) {
    let mut keys: Vec<_> = theirs.keys().chain(ours.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let (their, our) = (theirs.get(key), ours.get(key));
        if their.unwrap_or(&Value::Null) == our.unwrap_or(&Value::Null) {
            continue;
        }
        if let Some(field) = key.strip_suffix(" type")
            && (their.is_none() || our.is_none())
        {
            let whole = |value: Option<&Value>| {
                value.map_or("-".to_owned(), |kind| format!(r#"{{"type":{kind}}}"#))
            };
            found.insert(format!("{kind} {field}"), (whole(their), whole(our)));
            continue;
        }
        let text = |value: Option<&Value>| value.map_or("-".to_owned(), ToString::to_string);
        found.insert(format!("{kind} {key}"), (text(their), text(our)));
    }
}
