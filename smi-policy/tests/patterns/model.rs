//! Patterns against a model that was written apart from the engine: it knows a pattern as a tree,
//! and a match as the set of places where it may end.

use std::collections::BTreeSet;
use std::fmt;

use proptest::prelude::*;
use smi_policy::Anchor;

use crate::{ANCHORS, compile, engines};

#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Empty,
    Char(char),
    Dot,
    Class { negated: bool, ranges: Vec<(char, char)> },
    LineStart,
    LineEnd,
    TextStart,
    TextEnd,
    WordEdge { negated: bool },
    Concat(Vec<Tree>),
    Alternation(Vec<Tree>),
    Repeat { sub: Box<Tree>, min: usize, max: Option<usize>, lazy: bool },
    Capture(Box<Tree>),
    Flags { set: Flags, sub: Box<Tree> },
}

/// `i`, `m`, `s`; `None` leaves a flag alone.
pub(crate) type Flags = [Option<bool>; 3];

/// Writes a pattern; whatever could be read otherwise is put into a group.
impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("(?:)"),
            Self::Char(c) => write!(f, "{c}"),
            Self::Dot => f.write_str("."),
            Self::Class { negated, ranges } => {
                f.write_str(if *negated { "[^" } else { "[" })?;
                for (lo, hi) in ranges {
                    write!(f, "{lo}-{hi}")?;
                }
                f.write_str("]")
            }
            Self::LineStart => f.write_str("^"),
            Self::LineEnd => f.write_str("$"),
            Self::TextStart => f.write_str(r"\A"),
            Self::TextEnd => f.write_str(r"\z"),
            Self::WordEdge { negated } => f.write_str(if *negated { r"\B" } else { r"\b" }),
            Self::Concat(parts) => parts.iter().try_for_each(|part| write!(f, "(?:{part})")),
            Self::Alternation(parts) => {
                let mut bar = "";
                parts
                    .iter()
                    .try_for_each(|part| write!(f, "{}{part}", std::mem::replace(&mut bar, "|")))
            }
            Self::Repeat { sub, min, max, lazy } => {
                write!(f, "(?:{sub})")?;
                match (min, max) {
                    (0, None) => f.write_str("*")?,
                    (1, None) => f.write_str("+")?,
                    (0, Some(1)) => f.write_str("?")?,
                    (min, None) => write!(f, "{{{min},}}")?,
                    (min, Some(max)) if min == max => write!(f, "{{{min}}}")?,
                    (min, Some(max)) => write!(f, "{{{min},{max}}}")?,
                }
                f.write_str(if *lazy { "?" } else { "" })
            }
            Self::Capture(sub) => write!(f, "({sub})"),
            Self::Flags { set, sub } => {
                let names = |wanted| {
                    let named = set.iter().zip("ims".chars());
                    named.filter(|(value, _)| **value == Some(wanted)).map(|(_, c)| c).collect()
                };
                let (on, off): (String, String) = (names(true), names(false));
                let minus = if off.is_empty() { "" } else { "-" };
                write!(f, "(?{on}{minus}{off}:{sub})")
            }
        }
    }
}

/// The places where a match of `tree` from `at` may end.
fn ends(tree: &Tree, text: &[char], at: usize, flags: [bool; 3]) -> BTreeSet<usize> {
    let [ignore_case, multi_line, dot_newline] = flags;
    let before = at.checked_sub(1).and_then(|before| text.get(before).copied());
    let next = text.get(at).copied();
    let fold = |c: char| if ignore_case { c.to_lowercase().next().unwrap() } else { c };
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let here = |holds: bool| if holds { BTreeSet::from([at]) } else { BTreeSet::new() };
    let one = |holds: bool| if holds { BTreeSet::from([at + 1]) } else { BTreeSet::new() };
    match tree {
        Tree::Empty => here(true),
        Tree::Char(c) => one(next.is_some_and(|next| fold(next) == fold(*c))),
        Tree::Dot => one(next.is_some_and(|next| dot_newline || next != '\n')),
        Tree::Class { negated, ranges } => one(next.is_some_and(|next| {
            let mut members = ranges.iter().flat_map(|&(lo, hi)| lo..=hi);
            members.any(|member| fold(member) == fold(next)) != *negated
        })),
        Tree::LineStart => here(before.is_none() || multi_line && before == Some('\n')),
        Tree::LineEnd => here(next.is_none() || multi_line && next == Some('\n')),
        Tree::TextStart => here(before.is_none()),
        Tree::TextEnd => here(next.is_none()),
        Tree::WordEdge { negated } => here((is_word(before) != is_word(next)) != *negated),
        Tree::Concat(parts) => parts.iter().fold(here(true), |places, part| {
            places.iter().flat_map(|&place| ends(part, text, place, flags)).collect()
        }),
        Tree::Alternation(parts) => {
            parts.iter().flat_map(|part| ends(part, text, at, flags)).collect()
        }
        Tree::Repeat { sub, min, max, .. } => {
            let once_more = |places: &BTreeSet<usize>| -> BTreeSet<usize> {
                places.iter().flat_map(|&place| ends(sub, text, place, flags)).collect()
            };
            let mut places = here(true);
            for _ in 0..*min {
                places = once_more(&places);
            }
            // Without upper end: until nothing new is found, at the latest at the text's end.
            for _ in *min..max.unwrap_or(min + text.len() + 1) {
                places.extend(once_more(&places));
            }
            places
        }
        Tree::Capture(sub) => ends(sub, text, at, flags),
        Tree::Flags { set, sub } => {
            let mut inner = flags;
            for (flag, value) in inner.iter_mut().zip(set) {
                *flag = value.unwrap_or(*flag);
            }
            ends(sub, text, at, inner)
        }
    }
}

fn model_matches(tree: &Tree, text: &str, anchor: Anchor) -> bool {
    let text: Vec<char> = text.chars().collect();
    let from = |at| ends(tree, &text, at, [false; 3]);
    match anchor {
        Anchor::Start => !from(0).is_empty(),
        Anchor::Full => from(0).contains(&text.len()),
        _ => (0..=text.len()).any(|at| !from(at).is_empty()),
    }
}

pub(crate) fn tree() -> impl Strategy<Value = Tree> {
    let alphabet = prop::sample::select(vec!['a', 'b', 'B', '_', 'é', '\n', '/']);
    let range =
        prop::sample::select(vec![('a', 'a'), ('a', 'b'), ('A', 'B'), ('à', 'ë'), ('/', '/')]);
    let leaf = prop_oneof![
        4 => alphabet.prop_map(Tree::Char),
        1 => Just(Tree::Dot),
        1 => (any::<bool>(), prop::collection::vec(range, 1..3))
            .prop_map(|(negated, ranges)| Tree::Class { negated, ranges }),
        1 => prop::sample::select(vec![
            Tree::Empty,
            Tree::LineStart,
            Tree::LineEnd,
            Tree::TextStart,
            Tree::TextEnd,
            Tree::WordEdge { negated: false },
            Tree::WordEdge { negated: true },
        ]),
    ];
    leaf.prop_recursive(5, 24, 4, |sub| {
        let parts = prop::collection::vec(sub.clone(), 1..4);
        let flag = || prop::option::of(any::<bool>());
        prop_oneof![
            3 => parts.clone().prop_map(Tree::Concat),
            2 => parts.prop_map(Tree::Alternation),
            2 => (sub.clone(), 0usize..3, prop::option::of(0usize..3), any::<bool>()).prop_map(
                |(sub, min, more, lazy)| Tree::Repeat {
                    sub: Box::new(sub),
                    min,
                    max: more.map(|more| min + more),
                    lazy,
                }
            ),
            1 => sub.clone().prop_map(|sub| Tree::Capture(Box::new(sub))),
            1 => (flag(), flag(), flag(), sub)
                .prop_map(|(i, m, s, sub)| Tree::Flags { set: [i, m, s], sub: Box::new(sub) }),
        ]
    })
}

proptest! {
    #[test]
    fn matching_agrees_with_the_model(
        tree in tree(),
        texts in prop::collection::vec("[abBA_éÉ\n/]{0,6}", 1..6),
    ) {
        let pattern = tree.to_string();
        for anchor in ANCHORS {
            for limits in engines() {
                let regex = compile(&pattern, anchor, &limits);
                for text in &texts {
                    prop_assert_eq!(
                        regex.is_match(text.as_bytes()),
                        model_matches(&tree, text, anchor),
                        "{:?} on {:?}, {:?}", pattern, text, anchor,
                    );
                }
            }
        }
    }

    /// Bytes that are no UTF-8 among them, cut anywhere.
    #[test]
    fn both_engines_agree_on_all_bytes_and_all_segmentations(
        tree in tree(),
        pieces in prop::collection::vec(
            prop::collection::vec(prop::sample::select(b"ab_/\n\xC3\xA9\xE2\x82\xFF".to_vec()), 0..4),
            0..4,
        ),
    ) {
        let pattern = tree.to_string();
        let whole = pieces.concat();
        for anchor in ANCHORS {
            let [dense, simulated] = engines().map(|limits| compile(&pattern, anchor, &limits));
            let expected = simulated.is_match(&whole);
            let segments = || pieces.iter().map(Vec::as_slice);
            prop_assert_eq!(dense.is_match(&whole), expected, "{:?} {:?}", pattern, anchor);
            prop_assert_eq!(dense.is_match_segments(segments()), expected, "{:?}", pattern);
            prop_assert_eq!(simulated.is_match_segments(segments()), expected, "{:?}", pattern);
        }
    }
}
