//! What patterns accept as sets of texts, against matching text by text. Matching is done by the
//! simulation, which shares no automaton with the analysis.

use proptest::prelude::*;
use smi_policy::{
    AnalysisError, AnalysisLimits, Anchor, Language, Limits, PathMode, PathShape, Pattern,
};

use crate::model::tree;
use crate::{ANCHORS, compile};

fn parse(pattern: &str) -> Pattern {
    Pattern::parse(pattern, &Limits::default()).unwrap()
}

fn language(pattern: &str, anchor: Anchor) -> Result<Language, AnalysisError> {
    parse(pattern).language(anchor, &AnalysisLimits::default())
}

fn is_match(pattern: &str, anchor: Anchor, text: &[u8]) -> bool {
    compile(pattern, anchor, &Limits::default().with_dfa_size(0)).is_match(text)
}

fn texts() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let pieces = b"ab_/\n\xC3\xA9\xE2\x82\xFF".to_vec();
    let wild = prop::collection::vec(prop::sample::select(pieces), 0..7);
    let tame = "[abBA_éÉ\n/]{0,6}".prop_map(String::into_bytes);
    prop::collection::vec(prop_oneof![wild, tame], 1..6)
}

proptest! {
    #[test]
    fn a_language_has_what_its_pattern_matches(tree in tree(), texts in texts()) {
        let pattern = tree.to_string();
        for anchor in ANCHORS {
            let Ok(language) = language(&pattern, anchor) else {
                prop_assert!(anchor == Anchor::Search && pattern.contains(r"\B"));
                continue;
            };
            for text in &texts {
                prop_assert_eq!(
                    language.contains(text),
                    is_match(&pattern, anchor, text),
                    "{:?} on {:?}, {:?}", pattern, text, anchor
                );
            }
            if let Some(example) = language.example() {
                prop_assert!(is_match(&pattern, anchor, &example), "{:?} {:?}", pattern, example);
            }
        }
    }

    #[test]
    fn languages_combine_as_their_members_do(a in tree(), b in tree(), texts in texts()) {
        let limits = AnalysisLimits::default();
        let of = |pattern: String| language(&pattern, Anchor::Full).unwrap();
        let (a, b) = (of(a.to_string()), of(b.to_string()));
        let both = a.intersection(&b, &limits).unwrap();
        let either = a.union(&b, &limits).unwrap();
        let without = a.difference(&b, &limits).unwrap();
        let other = a.complement();
        for text in &texts {
            let (in_a, in_b) = (a.contains(text), b.contains(text));
            prop_assert_eq!(both.contains(text), in_a && in_b);
            prop_assert_eq!(either.contains(text), in_a || in_b);
            prop_assert_eq!(without.contains(text), in_a && !in_b);
            prop_assert_eq!(other.contains(text), !in_a);
        }
        let difference = a.first_difference(&b, &limits).unwrap();
        prop_assert_eq!(difference.is_none(), a == b);
        if let Some(text) = difference {
            prop_assert!(a.contains(&text) != b.contains(&text));
        }
        // De Morgan, by another way to the same set.
        prop_assert_eq!(either.complement(), other.intersection(&b.complement(), &limits).unwrap());
    }

    #[test]
    fn a_whole_match_covers_what_the_pattern_accepts(tree in tree(), texts in texts()) {
        let pattern = tree.to_string();
        for anchor in ANCHORS {
            let whole = parse(&pattern).whole_match(
                anchor,
                &Language::utf8(),
                &AnalysisLimits::default(),
            );
            let Ok(whole) = whole else { continue };
            // A pattern that plainly admits every path does so whatever the path is made of.
            let is_all = parse(&pattern).is_unconstrained(anchor);
            for text in texts.iter().filter(|text| std::str::from_utf8(text).is_ok()) {
                prop_assert_eq!(
                    is_match(&whole, Anchor::Full, text),
                    is_match(&pattern, anchor, text) || is_all && text.starts_with(b"/"),
                    "{:?} as {:?} on {:?}", pattern, whole, text
                );
            }
        }
    }
}

#[test]
fn shapes_are_what_a_gateway_would_make_of_them() {
    let limits = AnalysisLimits::default();
    let paths = Language::paths(PathMode::Strict);
    let shape = |pattern, anchor| {
        let language = parse(pattern).path_language(anchor, &limits).unwrap();
        language.shape_within(&paths, &limits).unwrap()
    };
    let (full, start, search) = (Anchor::Full, Anchor::Start, Anchor::Search);
    for (pattern, anchor, expected) in [
        ("/a", full, PathShape::Exact("/a".into())),
        (r"\Q/a.b", full, PathShape::Exact("/a.b".into())),
        ("^/a$", search, PathShape::Exact("/a".into())),
        ("/caf[é]", full, PathShape::Exact("/café".into())),
        ("/a", start, PathShape::TextPrefix("/a".into())),
        ("/a/", start, PathShape::TextPrefix("/a/".into())),
        ("/a%", start, PathShape::TextPrefix("/a%".into())),
        ("/a(/|$)", start, PathShape::SegmentPrefix("/a".into())),
        (r"/a(?:$|/(?s:.*))", start, PathShape::SegmentPrefix("/a".into())),
        (r"/a\b", start, PathShape::Other),
        ("/", start, PathShape::Everything),
        ("/.*", full, PathShape::Everything),
        ("/a/[.][.]/b", full, PathShape::Nothing),
        ("a", start, PathShape::Nothing),
        ("//", start, PathShape::Nothing),
        ("(?i)/a", full, PathShape::Other),
        ("/[é-ê]", start, PathShape::Other),
    ] {
        assert_eq!(shape(pattern, anchor), expected, "{pattern} {anchor:?}");
    }
    // Bytes that are no text tell apart what the eye does not.
    assert_eq!(shape("/a(/.*)?", full), PathShape::Other);
    let text = paths.intersection(&Language::utf8(), &limits).unwrap();
    let slash = parse("/a(/.*)?").path_language(full, &limits).unwrap();
    assert_eq!(slash.shape_within(&text, &limits).unwrap(), PathShape::SegmentPrefix("/a".into()));
}

#[test]
fn open_quotations_are_closed_before_anything_is_put_behind() {
    let limits = AnalysisLimits::default();
    let whole =
        |pattern| parse(pattern).whole_match(Anchor::Start, &Language::utf8(), &limits).unwrap();
    assert_eq!(whole(r"\Q/a.b"), r"\Q/a.b\E(?s:.*)");
    assert_eq!(whole(r"\Q/a\E.b"), r"\Q/a\E.b(?s:.*)");
    assert_eq!(whole(r"/a\\Q"), r"/a\\Q(?s:.*)");
}

#[test]
fn large_languages_are_refused() {
    let limits = AnalysisLimits::default();
    let found = parse("(a|b)*a(a|b){20}").language(Anchor::Full, &limits);
    assert_eq!(found, Err(AnalysisError::TooManyStates));
    let nested = format!("{}a{}", "(".repeat(200), ")*".repeat(200));
    assert_eq!(parse(&nested).language(Anchor::Full, &limits), Err(AnalysisError::TooDeep));
}
