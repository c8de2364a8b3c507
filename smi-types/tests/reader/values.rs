//! Values as other readers see them.

use proptest::prelude::*;
use serde_json::Value;
use smi_types::Manifest;

use crate::shared;

/// What the YAML library itself makes of a document, under the options that mean YAML 1.2.
fn by_library(text: &str) -> Option<Value> {
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
        merge_keys: serde_saphyr::options::MergeKeyPolicy::AsOrdinary,
        strict_booleans: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::AsString,
    };
    serde_saphyr::from_str_with_options(text, options).ok()
}

fn root(manifest: &Manifest) -> Option<Value> {
    Some(manifest.documents().first()?.root()?.to_json())
}

#[test]
fn published_documents_have_the_values_that_the_library_finds() {
    let Some(corpus) = shared::directory("corpus") else { return };
    let mut compared = 0;
    for (path, text) in shared::files(&corpus) {
        let manifest = Manifest::read(&text);
        for document in manifest.documents() {
            let (Some(text), Some(root)) = (document.text(), document.root()) else { continue };
            let Some(value) = by_library(text) else {
                panic!("{}: the library refuses what was read", path.display())
            };
            assert_eq!(root.to_json(), value, "{}", path.display());
            compared += 1;
        }
    }
    println!("{compared} documents compared");
    assert!(compared > 300);
}

fn scalar() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[ -~]{0,12}",
        any::<String>(),
        "(y|no|on|null|~|true|<<|0x1f|0o17|010|1_000|1:30|1e3|\\.5|-|---|\\.inf|2001-01-01)",
    ];
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(|float: f64| Value::from(float)),
        text.prop_map(Value::from),
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 48, 6, |inner| {
        let key = prop_oneof!["[a-z]{1,6}", "[ -~]{0,8}", any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[a-z]{1,6}", tree(), 1..5)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

proptest! {
    #[test]
    fn json_is_read_as_it_was_written(value in object(), pretty in any::<bool>()) {
        let text = if pretty {
            serde_json::to_string_pretty(&value).unwrap()
        } else {
            value.to_string()
        };
        prop_assert_eq!(root(&Manifest::read(&text)), Some(value));
    }

    #[test]
    fn yaml_is_read_as_it_was_written(value in object()) {
        let text = serde_saphyr::to_string(&value).unwrap();
        prop_assert_eq!(root(&Manifest::read(&text)), Some(value), "{}", text);
    }

    #[test]
    fn json_texts_behind_each_other_are_read_each(
        values in prop::collection::vec(object(), 1..5),
        separator in "[ \n\t]{0,3}",
    ) {
        let texts: Vec<_> = values.iter().map(Value::to_string).collect();
        let manifest = Manifest::read(&texts.join(&separator));
        let found: Vec<_> =
            manifest.documents().iter().map(|document| document.root().unwrap().to_json()).collect();
        prop_assert_eq!(found, values);
    }

    #[test]
    fn plain_scalars_mean_what_they_mean_to_the_library(scalar in "[-+0-9a-fxoeE._:~nNtruRUTyY]{1,6}") {
        let text = format!("a: {scalar}\n");
        let (found, value) = (root(&Manifest::read(&text)), by_library(&text));
        let digits = scalar.trim_start_matches(['-', '+']);
        if digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()) {
            // A whole number of the core schema; the library makes one with a fraction of it.
            let number = |value: Option<Value>| value.and_then(|value| value["a"].as_f64());
            prop_assert_eq!(number(found), number(value), "{}", text);
            return Ok(());
        }
        prop_assert_eq!(found, value, "{}", text);
    }

    #[test]
    fn deserializing_goes_through_serde_like_json(value in object()) {
        let manifest = Manifest::read(&value.to_string());
        let node = manifest.documents()[0].root().unwrap();
        prop_assert_eq!(node.deserialize::<Value>().unwrap(), value.clone());
        prop_assert_eq!(serde_json::to_value(node).unwrap(), value);
    }
}
