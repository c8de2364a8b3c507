//! Changing a schema by the paths of its fields.

use serde_json::{Map, Value};

use crate::api::{Kind, Version};
use crate::hub::wire_path;

/// A schema that is being refined.
pub(crate) struct Editor<'a> {
    schema: &'a mut Value,
    pub(crate) kind: Kind,
    pub(crate) version: Version,
    /// Paths that led nowhere. A test demands that there are none.
    pub(crate) missing: Vec<String>,
}

impl<'a> Editor<'a> {
    pub(crate) fn new(schema: &'a mut Value, kind: Kind, version: Version) -> Self {
        Self { schema, kind, version, missing: Vec::new() }
    }

    /// Sets keywords of a field; others stay. The path is that of the field in v1alpha4, with `[]`
    /// for the items of a list and `{}` for the values of a mapping.
    pub(crate) fn set(&mut self, path: &str, keywords: Value) {
        let Value::Object(keywords) = keywords else { return };
        if let Some(schema) = self.find(path) {
            schema.extend(keywords);
        }
    }

    /// Replaces what a field may be. Its description stays.
    pub(crate) fn replace(&mut self, path: &str, keywords: Value) {
        if let Some(schema) = self.find(path) {
            schema.retain(|keyword, _| keyword == "description");
        }
        self.set(path, keywords);
    }

    /// Demands fields of an object, in addition to those that it demands already. A path that is
    /// empty is the object itself.
    pub(crate) fn require(&mut self, path: &str, fields: &[&str]) {
        let Some(schema) = self.find(path) else { return };
        let required = schema.entry("required").or_insert_with(|| Value::Array(Vec::new()));
        if let Some(required) = required.as_array_mut() {
            for &field in fields {
                let field = Value::from(field);
                if !required.contains(&field) {
                    required.push(field);
                }
            }
        }
    }

    fn find(&mut self, path: &str) -> Option<&mut Map<String, Value>> {
        let path = wire_path(self.kind, self.version, path);
        let found = walk(self.schema, &path);
        if found.is_none() {
            self.missing.push(path.into_owned());
        }
        found
    }
}

fn walk<'a>(schema: &'a mut Value, path: &str) -> Option<&'a mut Map<String, Value>> {
    let mut schema = schema;
    for step in path.split('.').filter(|step| !step.is_empty()) {
        let name = step.trim_end_matches("[]").trim_end_matches("{}").trim_end_matches("[]");
        schema = schema.get_mut("properties")?.get_mut(name)?;
        let mut rest = step.strip_prefix(name)?;
        while !rest.is_empty() {
            (schema, rest) = match rest.strip_prefix("[]") {
                Some(after) => (schema.get_mut("items")?, after),
                None => (schema.get_mut("additionalProperties")?, rest.strip_prefix("{}")?),
            };
        }
    }
    schema.as_object_mut()
}
