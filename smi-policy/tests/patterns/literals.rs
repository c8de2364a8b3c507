//! Text in patterns, and text that is no pattern.

use proptest::prelude::*;
use smi_policy::{Anchor, Limits, Pattern};

use crate::{ANCHORS, compile, engines};

/// The ways to write a text as a pattern that matches it only.
fn written_as_patterns(text: &str) -> Vec<String> {
    let mut patterns = vec![
        text.chars().map(escaped).collect(),
        text.chars().map(|c| format!("\\x{{{:X}}}", u32::from(c))).collect(),
        text.chars().map(|c| format!("[{}]", escaped(c))).collect(),
    ];
    if !text.contains('\\') {
        patterns.push(format!("\\Q{text}\\E"));
        patterns.push(format!("\\Q{text}"));
    }
    patterns
}

fn escaped(c: char) -> String {
    if c.is_ascii_punctuation() { format!("\\{c}") } else { c.to_string() }
}

fn short() -> impl Strategy<Value = String> {
    let plain = prop::sample::select(vec!['a', 'b', '/', '.', '*', '(', '-', '\n']);
    let chars = prop::collection::vec(prop_oneof![plain, any::<char>()], 0..5);
    chars.prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn an_escaped_text_matches_itself_and_nothing_else(text in short(), other in short()) {
        let around = format!("{other}{text}{other}");
        for pattern in written_as_patterns(&text) {
            for limits in engines() {
                let full = compile(&pattern, Anchor::Full, &limits);
                prop_assert!(full.is_match(text.as_bytes()), "{:?}", pattern);
                prop_assert_eq!(full.is_match(other.as_bytes()), text == other);
                let start = compile(&pattern, Anchor::Start, &limits);
                prop_assert_eq!(start.is_match(other.as_bytes()), other.starts_with(&text));
                let search = compile(&pattern, Anchor::Search, &limits);
                prop_assert!(search.is_match(around.as_bytes()), "{:?}", pattern);
                prop_assert_eq!(search.is_match(other.as_bytes()), other.contains(&text));
            }
        }
    }


    #[test]
    fn arbitrary_text_is_read_or_refused(pattern: String) {
        exercise(&pattern);
    }

    /// Pieces of syntax in any order come nearer to the edges than arbitrary text does.
    #[test]
    fn arbitrary_syntax_is_read_or_refused(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..12),
    ) {
        exercise(&pieces.concat());
    }
}

const PIECES: &[&str] = &[
    "a",
    "é",
    "\n",
    ".",
    "^",
    "$",
    "|",
    "(",
    ")",
    "(?:",
    "(?i",
    "(?i)",
    "(?-s:",
    "(?P<n>",
    "(?<",
    ">",
    "(?=",
    "[",
    "[^",
    "]",
    "-",
    "[:",
    ":]",
    "[:alpha:]",
    "*",
    "+",
    "?",
    "{",
    "}",
    "{2}",
    "{,3}",
    "{1,}",
    "{1001}",
    "\\",
    "\\d",
    "\\W",
    "\\b",
    "\\B",
    "\\A",
    "\\z",
    "\\Q",
    "\\E",
    "\\pL",
    "\\P{",
    "^Greek}",
    "\\x",
    "\\x{",
    "41}",
    "D800}",
    "\\1",
    "\\07",
    "&&",
    "--",
    "~~",
    "K",
    "ſ",
];

/// Parses, compiles and matches, whatever comes of it; and what can be read has to match the same
/// on both engines.
fn exercise(pattern: &str) {
    let [dense, simulated] = engines().map(|limits| {
        Pattern::parse(pattern, &limits)
            .inspect_err(|error| {
                assert!(error.span().end <= pattern.len());
                assert!(pattern.get(error.span()).is_some(), "{error}");
                assert!(!error.to_string().contains('\n'));
                assert_eq!(error.render().lines().count(), 3);
            })
            .map(|pattern| ANCHORS.map(|anchor| pattern.compile(anchor, &limits).unwrap()))
    });
    let (Ok(dense), Ok(simulated)) = (dense, simulated) else { return };
    for input in ["", "a", "é", "a\n", "aé--K", "ſ&&"] {
        for (dense, simulated) in dense.iter().zip(&simulated) {
            assert_eq!(dense.is_match(input.as_bytes()), simulated.is_match(input.as_bytes()));
        }
    }
}

#[test]
fn joined_segments_are_one_input() {
    for limits in engines() {
        let regex = compile("(é|a), b", Anchor::Full, &limits);
        assert!(regex.is_match_segments([b"a".as_slice(), b", ", b"b"]));
        assert!(regex.is_match_segments([b"\xC3".as_slice(), b"\xA9, b"]));
        assert!(!regex.is_match_segments([b"a".as_slice(), b"b"]));
        assert!(!regex.is_match_segments([b"\xC3".as_slice(), b", b"]));
        assert!(compile("", Anchor::Full, &limits).is_match_segments([]));
    }
}

#[test]
fn no_pattern_matches_a_stray_byte() {
    for pattern in [r"(?s).", r"[\x00-\x{10FFFF}]", r"[^a]", r"\W", r"\P{L}", r"\x{FFFD}", r"\xFF"]
    {
        for limits in engines() {
            for input in [b"\xFF".as_slice(), b"\xC3", b"\xED\xA0\x80", b"\xF4\x90\x80\x80"] {
                for anchor in ANCHORS {
                    assert!(!compile(pattern, anchor, &limits).is_match(input), "{pattern}");
                }
            }
        }
    }
}

#[test]
fn nothing_matches_within_a_character() {
    for limits in engines() {
        let inside = compile(r"\B", Anchor::Search, &limits);
        assert!(!inside.is_match("aéa".as_bytes()));
        assert!(inside.is_match("aéaa".as_bytes()));
    }
}

#[test]
fn full_means_some_match_covers_all() {
    for limits in engines() {
        assert!(compile("/a|/ab", Anchor::Full, &limits).is_match(b"/ab"));
        assert!(compile("a*?", Anchor::Full, &limits).is_match(b"aa"));
        assert!(compile("(?m)a$", Anchor::Full, &limits).is_match(b"a"));
        assert!(!compile("(?m)a$", Anchor::Full, &limits).is_match(b"a\n"));
    }
}

#[test]
fn patterns_are_shared_between_threads() {
    fn is_shared<T: Send + Sync>(_: &T) {}
    let pattern = Pattern::parse("a", &Limits::default()).unwrap();
    is_shared(&pattern);
    is_shared(&compile("a", Anchor::Full, &Limits::default()));
}

#[test]
fn matching_on_the_automaton_allocates_nothing() {
    let input = b"/books/rust-in-practice.json";
    for anchor in ANCHORS {
        let regex = compile(r"/books/[^/]*\.json", anchor, &Limits::default());
        let mut matched = 0;
        let counted = allocation_counter::measure(|| {
            matched += u32::from(regex.is_match(input));
            matched += u32::from(regex.is_match_segments([&input[..9], &input[9..]]));
        });
        assert_eq!((matched, counted.count_total), (2, 0), "{anchor:?}");
    }
}
