//! The wire forms of `data/wire.yaml`.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use smi_types::api::{Kind, Version};
use smi_types::{TypedObject, write};

use crate::yaml;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    why: String,
    read: String,
    written: Option<String>,
    same_as: Option<String>,
    error: Option<String>,
}

fn cases() -> Vec<Case> {
    yaml::read_all(include_str!("data/wire.yaml")).unwrap()
}

/// Reads YAML straight into the typed object, without a tree between.
fn read(text: &str) -> Result<TypedObject, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Type {
        api_version: String,
        kind: String,
    }

    let Type { api_version, kind } = yaml::read(text).unwrap();
    let version = Version::parse(api_version.split_once('/').unwrap().1).unwrap();
    let kind = Kind::parse(&kind).unwrap();
    serde_saphyr::with_deserializer_from_str_with_options(text, yaml::core(), |deserializer| {
        TypedObject::deserialize_as(kind, version, deserializer)
    })
    .map_err(|error| error.to_string())
}

#[test]
fn every_form_is_read_and_one_is_written() {
    let cases = cases();
    let mut written = HashMap::new();
    for case in &cases {
        if let Some(text) = &case.written {
            assert!(written.insert(&case.name, text).is_none(), "two cases `{}`", case.name);
        }
    }
    for case in &cases {
        let Case { name, why, read: input, written: expected, same_as, error } = case;
        let tree: Value = yaml::read(input).unwrap();
        let from_tree = TypedObject::from_json(tree);
        match (read(input), expected, same_as, error) {
            (Ok(object), Some(expected), None, None) => {
                assert_eq!(write::yaml(&object).unwrap(), *expected, "{name}: {why}");
                assert_eq!(from_tree.unwrap(), object, "{name}: from a tree");
                assert_eq!(read(expected).unwrap(), object, "{name}: written and read");
            }
            (Ok(object), None, Some(other), None) => {
                let expected = read(written[other]).unwrap();
                assert_eq!(object, expected, "{name}: {why}");
                assert_eq!(from_tree.unwrap(), object, "{name}: from a tree");
            }
            (Err(found), None, None, Some(part)) => {
                assert!(found.contains(part), "{name}: {why}\n`{part}` in: {found}");
                let found = from_tree.unwrap_err().to_string();
                assert!(found.contains(part), "{name}, from a tree\n`{part}` in: {found}");
            }
            (found, ..) => panic!("{name}: {why}: {found:?}"),
        }
    }
    println!("{} wire forms", cases.len());
}
