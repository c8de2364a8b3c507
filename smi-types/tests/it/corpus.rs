//! Every published manifest that is an SMI object: read, written, read again.

use std::collections::BTreeMap;

use serde_json::Value;
use smi_types::{TypedError, TypedObject, write};

use crate::{shared, yaml};

/// The documents of a file; a list stands for its items.
fn documents(text: &str) -> Result<Vec<Value>, String> {
    let documents: Vec<Value> = yaml::read_all(text).map_err(|error| error.to_string())?;
    let mut objects = Vec::new();
    for document in documents {
        match document {
            Value::Object(mut fields) if fields.get("items").is_some_and(Value::is_array) => {
                if let Some(Value::Array(items)) = fields.remove("items") {
                    objects.extend(items);
                }
            }
            other => objects.push(other),
        }
    }
    Ok(objects)
}

#[test]
fn a_published_object_reads_back_the_same() {
    let Some(folder) = shared::folder("corpus/manifests") else { return };
    let (mut typed, mut foreign, mut unreadable) = (0, 0, 0);
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    for path in shared::files(&folder, &["yaml", "yml", "json"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let Ok(documents) = documents(&text) else {
            unreadable += 1;
            continue;
        };
        for document in documents {
            let object = match TypedObject::from_json(document) {
                Ok(object) => object,
                Err(TypedError::Shape(error)) => {
                    *refused.entry(error.to_string()).or_default() += 1;
                    continue;
                }
                Err(_) => {
                    foreign += 1;
                    continue;
                }
            };
            typed += 1;
            let yaml_text = write::yaml(&object).unwrap();
            let tree: Value = yaml::read(&yaml_text).unwrap();
            assert_eq!(TypedObject::from_json(tree).unwrap(), object, "{}", path.display());
            let json_text = write::json(&object).unwrap();
            let tree: Value = serde_json::from_str(&json_text).unwrap();
            assert_eq!(TypedObject::from_json(tree).unwrap(), object, "{}", path.display());
        }
    }
    println!("{typed} objects read, written and read; {foreign} foreign or without apiVersion;");
    println!("{unreadable} files that are no YAML 1.2; refused:");
    for (error, count) in &refused {
        println!("{count:4} {error}");
    }
    assert!(typed >= 200, "{typed}");
}
