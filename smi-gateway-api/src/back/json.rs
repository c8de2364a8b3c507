use serde::Serialize;
use serde_json::{Map, Value};
use smi_types::manifest::{Node, Value as NodeValue};

/// A document as JSON.
pub(super) fn of(node: Node<'_>) -> Value {
    match node.value() {
        NodeValue::Null => Value::Null,
        NodeValue::Bool(value) => Value::Bool(value),
        NodeValue::Number(number) => {
            serde_json::from_str(&number.to_string()).unwrap_or(Value::Null)
        }
        NodeValue::String(text) => Value::String(text.to_owned()),
        NodeValue::Sequence(items) => Value::Array(items.iter().map(of).collect()),
        NodeValue::Mapping(fields) => {
            let fields = fields.iter().map(|(key, value)| (key.to_owned(), of(value)));
            Value::Object(fields.collect::<Map<String, Value>>())
        }
    }
}

/// A field of `spec` that a type does not have, and so would be lost.
pub(super) fn lost<T: Serialize>(original: &Value, read: &T) -> Option<String> {
    let read = serde_json::to_value(read).ok()?;
    lost_field(original.get("spec")?, read.get("spec").unwrap_or(&Value::Null), "spec")
}

fn lost_field(original: &Value, read: &Value, place: &str) -> Option<String> {
    match (original, read) {
        (Value::Null, _) => None,
        (Value::Object(original), Value::Object(read)) => {
            original.iter().filter(|(_, value)| !value.is_null()).find_map(|(key, value)| {
                let place = format!("{place}.{key}");
                match read.get(key) {
                    Some(read) => lost_field(value, read, &place),
                    None => Some(place),
                }
            })
        }
        (Value::Array(original), Value::Array(read)) => {
            original.iter().zip(read).enumerate().find_map(|(index, (original, read))| {
                lost_field(original, read, &format!("{place}[{index}]"))
            })
        }
        _ => None,
    }
}
