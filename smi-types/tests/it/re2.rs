//! Expressions from intent mean the same in every mesh, whatever it anchors.

use proptest::prelude::*;
use regex::Regex;
use smi_types::re2;

/// Whether an expression matches, in the ways in which meshes evaluate it: anchored at the start,
/// at both ends, not at all. All must agree.
#[track_caller]
fn matches(pattern: &str, text: &str) -> bool {
    let found = [format!("^(?:{pattern})"), format!("^(?:{pattern})$"), pattern.to_owned()]
        .map(|anchored| Regex::new(&anchored).unwrap().is_match(text));
    assert!(found.iter().all(|one| *one == found[0]), "{pattern} on {text}: {found:?}");
    found[0]
}

/// Texts in which everything that has a meaning in RE2 turns up often.
fn text() -> impl Strategy<Value = String> {
    let special = "\\.+*?()|[]{}^$/#&-~ ab\u{e9}".chars().collect::<Vec<_>>();
    proptest::collection::vec(proptest::sample::select(special), 0..8).prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn an_exact_path_matches_itself_only(path in text(), other in text()) {
        let pattern = re2::path_exact(&path);
        prop_assert!(matches(&pattern, &path));
        prop_assert_eq!(matches(&pattern, &other), path == other);
    }

    #[test]
    fn a_prefix_ends_at_a_segment(prefix in text(), other in text()) {
        let pattern = re2::path_prefix(&prefix);
        let prefix = prefix.trim_end_matches('/');
        let expected = match other.strip_prefix(prefix) {
            Some("") => !prefix.is_empty(),
            Some(rest) => rest.starts_with('/'),
            None => false,
        };
        prop_assert_eq!(matches(&pattern, &other), expected);
        let below = format!("{prefix}/{other}");
        let beside = format!("{prefix}x");
        prop_assert!(matches(&pattern, &below));
        prop_assert!(!matches(&pattern, &beside));
    }

    #[test]
    fn header_patterns_mean_what_they_say(value in text(), other in text()) {
        prop_assert_eq!(matches(&re2::header_equals(&value), &other), value == other);
        prop_assert_eq!(matches(&re2::header_contains(&value), &other), other.contains(&value));
        prop_assert_eq!(matches(&re2::header_prefix(&value), &other), other.starts_with(&value));
        let around = format!("a{value}b");
        prop_assert!(matches(&re2::header_contains(&value), &around));
    }
}

#[test]
fn a_prefix_of_the_root_constrains_nothing() {
    for prefix in ["/", "//", ""] {
        assert_eq!(re2::path_prefix(prefix), "^/.*$");
    }
}
