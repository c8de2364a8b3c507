//! Lines and columns.

use proptest::prelude::*;
use serde_json::Value;
use smi_types::Manifest;
use smi_types::manifest::{self, Location, Node};

/// The places of a node and of all below it, in the order of the text.
fn places(node: Node<'_>) -> Vec<Location> {
    let mut places = vec![node.location()];
    match node.value() {
        manifest::Value::Sequence(items) => {
            items.iter().for_each(|item| places.extend(self::places(item)))
        }
        manifest::Value::Mapping(entries) => {
            entries.iter().for_each(|(_, value)| places.extend(self::places(value)));
        }
        _ => {}
    }
    places
}

fn places_of(text: &str) -> Vec<Location> {
    let manifest = Manifest::read(text);
    manifest.documents()[0].root().map(places).unwrap()
}

fn tree() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-1e9..1e9).prop_map(|float: f64| Value::from(float)),
        "[a-z\"\\\\äß😀,:{}\\[\\] ]{0,8}".prop_map(Value::from),
    ];
    let object = |inner| {
        prop::collection::btree_map("[a-z\"\\\\ä,:{} ]{0,6}", inner, 0..4)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
    };
    let inner = scalar.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from), object(inner)]
    });
    prop::collection::btree_map("[a-z]{1,6}", inner, 1..4)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

proptest! {
    /// JSON is YAML, so both readers have to see the same values at the same places.
    #[test]
    fn values_of_json_stand_where_the_yaml_parser_sees_them(value in tree()) {
        let json = serde_json::to_string_pretty(&value).unwrap();
        // An explicit tag makes the reader take the same text for YAML.
        let yaml = format!("--- !!map\n{json}");
        let shifted: Vec<_> = places_of(&yaml)
            .into_iter()
            .map(|place| Location { line: place.line - 1, ..place })
            .collect();
        prop_assert_eq!(places_of(&json), shifted, "{}", json);
    }
}

#[test]
fn paths_lead_to_the_place_or_to_what_is_nearest() {
    let manifest = Manifest::read(
        "# a comment\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    ports: [80, 90]\n",
    );
    let document = &manifest.documents()[0];
    for (path, line, column) in [
        ("", 2, 1),
        ("kind", 3, 7),
        ("spec", 5, 3),
        ("spec.containers", 6, 5),
        ("spec.containers[0]", 6, 5),
        ("spec.containers[0].name", 6, 11),
        ("spec.containers[0].ports[1]", 7, 17),
        ("spec.containers[0].ports[2]", 7, 12),
        ("spec.containers[1].name", 6, 5),
        ("spec.containers.name", 6, 5),
        ("metadata.name", 2, 1),
    ] {
        let place = document.locate(&path.parse().unwrap());
        assert_eq!(place, Some(Location { line, column }), "{path}");
    }
}

#[test]
fn what_could_not_be_parsed_has_a_place_and_a_text() {
    let manifest = Manifest::read("a: 1\n---\nb: c: d\n---\ne: 1\n");
    let broken = &manifest.documents()[1];
    assert_eq!(broken.location(), Location { line: 2, column: 1 });
    assert_eq!(broken.text(), Some("---\nb: c: d\n"));
    assert!(broken.root().is_none() && broken.locate(&"b".parse().unwrap()).is_none());
}

#[test]
fn foreign_documents_keep_their_text() {
    let text = "kind:   Pod # as written\napiVersion: v1\n";
    let manifest = Manifest::read(&format!("--- {{}}\n---\n{text}---\n{{}}"));
    assert_eq!(manifest.documents()[1].text(), Some(&*format!("---\n{text}")));
    let list = Manifest::read("{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod}]}");
    assert_eq!(list.documents()[0].text(), None);
}
