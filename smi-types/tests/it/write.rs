//! What is written is read back the same, by YAML 1.2 and by YAML 1.1.

use proptest::prelude::*;
use serde_json::Value;
use smi_types::write;

use crate::yaml;

/// Plain, YAML 1.1 (and with it `kubectl`) reads these as something else than a string, or not at
/// all. Source: the type repository of YAML 1.1 (bool, float, int, merge, null, timestamp, value).
const AMBIGUOUS: &[&str] = &[
    "",
    "y",
    "Y",
    "yes",
    "Yes",
    "YES",
    "n",
    "N",
    "no",
    "No",
    "NO",
    "true",
    "True",
    "TRUE",
    "false",
    "False",
    "FALSE",
    "on",
    "On",
    "ON",
    "off",
    "Off",
    "OFF",
    "~",
    "null",
    "Null",
    "NULL",
    "<<",
    "=",
    "0",
    "7",
    "-1",
    "+1",
    "010",
    "08",
    "0o17",
    "0x1F",
    "0b11",
    "1_000",
    "1:30",
    "190:20:30",
    "-1:30",
    "1:30.5",
    ".5",
    "5.",
    "1.5",
    "1e3",
    "1E3",
    "1e+3",
    "6.8523015e+5",
    "685.230_15e+03",
    ".inf",
    "-.Inf",
    "+.INF",
    ".nan",
    ".NaN",
    "2001-12-15",
    "2001-1-1",
    "2001-12-14t21:59:43.10-05:00",
    "2001-12-14 21:59:43.10 -5",
    "2001-12-15 2:59:43.10",
];

/// Plain, these would be another structure or be cut.
const STRUCTURAL: &[&str] = &[
    "---",
    "...",
    "- a",
    "-",
    "?",
    ":",
    "a: b",
    "a:",
    "a #b",
    "#",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&a",
    "*",
    "*a",
    "!a",
    "|",
    ">",
    "'",
    "\"",
    "%",
    "@",
    "`",
    " a",
    "a ",
    "\t",
    "a\tb",
    "a\nb",
    "a\n",
    "\na",
    "a\n\n",
    " a\nb",
    "a\r\nb",
    "\u{feff}a",
    "\u{85}",
    "\u{2028}",
    "\u{0}",
    "\\",
    "a\\n",
    "é",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(AMBIGUOUS).prop_map(str::to_owned),
        prop::sample::select(STRUCTURAL).prop_map(str::to_owned),
        "[-+_.:0-9eExob]{1,8}",
        "[a-zA-Z /.*^$()\\[\\]{}|?+\\\\]{0,120}",
        "(.|[\r\n\t ]){0,30}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn yaml_reads_back_the_same(value in value()) {
        let text = write::yaml(&value).unwrap();
        prop_assert_eq!(yaml::read::<Value>(&text).unwrap(), value, "{}", text);
    }

    #[test]
    fn yaml_reads_back_the_same_as_yaml_1_1(value in value()) {
        let text = write::yaml(&value).unwrap();
        let options = serde_saphyr::options! { legacy_octal_numbers: true };
        let read: Value = serde_saphyr::from_str_with_options(&text, options).unwrap();
        prop_assert_eq!(read, value, "{}", text);
    }

    #[test]
    fn documents_read_back_the_same(
        // A document of nothing but null is no document to the reader.
        values in prop::collection::vec(value().prop_filter("null", |v| !v.is_null()), 1..4),
    ) {
        let text = write::yaml_documents(&values).unwrap();
        prop_assert_eq!(yaml::read_all::<Value>(&text).unwrap(), values, "{}", text);
    }

    #[test]
    fn json_reads_back_the_same(value in value()) {
        let text = write::json(&value).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}

#[test]
fn what_yaml_1_1_reads_otherwise_is_quoted_as_value_and_as_key() {
    for text in AMBIGUOUS {
        let quoted = |yaml: &str| yaml.starts_with(['"', '\'']);
        assert!(quoted(&write::yaml(text).unwrap()), "value `{text}`");
        let key = Value::Object([((*text).to_owned(), Value::from(1))].into_iter().collect());
        assert!(quoted(&write::yaml(&key).unwrap()), "key `{text}`");
    }
}

#[test]
fn ordinary_strings_are_plain() {
    for text in
        ["web", "/api/.*", "500m", "website-v1", "access.smi-spec.io/v1alpha3", ".*Android.*"]
    {
        assert_eq!(write::yaml(text).unwrap(), format!("{text}\n"));
    }
}

#[test]
fn text_of_several_lines_is_a_block_and_a_long_line_is_not_folded() {
    let long = "word ".repeat(100);
    let object = serde_json::json!({ "a": "one\ntwo\n", "b": long.trim_end() });
    let expected = format!("a: |\n  one\n  two\nb: {}\n", long.trim_end());
    assert_eq!(write::yaml(&object).unwrap(), expected);
}
