//! Patterns that are tried together, against each by itself.

use proptest::prelude::*;
use smi_policy::{
    HttpMatch, HttpRequest, HttpRouteGroup, HttpSemantics, HttpSubject, Limits, ObjectName,
    PathMode, RouteGroup,
};

use crate::{ANCHORS, compile};

/// Patterns that begin alike: with loops, ends and branches where the others go on.
fn pattern() -> impl Strategy<Value = String> {
    let tails = [
        "",
        "",
        "",
        "+",
        "*",
        "?",
        "{2}",
        "{0,2}",
        "$",
        "(ab)+",
        "(?:a|bb)*",
        "|b",
        "[ab]",
        "[^/]+",
        ".*b",
        "\\b",
        "\\B",
        "(?:/|$)",
        "é",
        "(?m:$)",
        "(?m:^)a",
        "^",
        "+/a",
    ];
    let parts = ("\\^?", "/?[ab/]{0,4}", prop::sample::select(tails.to_vec()), "[ab/]{0,2}");
    parts.prop_map(|(start, text, tail, rest)| {
        // A repetition needs something to repeat.
        let tail =
            if text.is_empty() { tail.trim_start_matches(['+', '*', '?', '{']) } else { tail };
        let tail = if text.is_empty() && tail.ends_with('}') { "" } else { tail };
        format!("{start}{text}{tail}{rest}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_set_matches_as_its_patterns_do(
        patterns in prop::collection::vec(pattern(), 1..9),
        paths in prop::collection::vec("/?[ab/é]{0,7}", 1..8),
    ) {
        for anchor in ANCHORS {
            let mut semantics = HttpSemantics::default();
            (semantics.path_anchor, semantics.path_mode) = (anchor, PathMode::AsIs);
            let group = HttpRouteGroup::new(ObjectName::new("shop", "api"));
            let group = patterns.iter().fold(group, |group, pattern| {
                group.with(HttpMatch::default().path_regex(pattern.as_str()))
            });
            let mut diagnostics = Vec::new();
            let group = RouteGroup::compile(&group, &semantics, &mut diagnostics);
            prop_assert!(diagnostics.is_empty(), "{:?}", diagnostics);
            let simulated = Limits::default().with_dfa_size(0);
            let alone: Vec<_> =
                patterns.iter().map(|pattern| compile(pattern, anchor, &simulated)).collect();
            for path in &paths {
                let request = HttpRequest::new("GET", path.as_str());
                let subject = HttpSubject::new(&request, &semantics);
                let mut found = Vec::new();
                group.for_each_match(&subject, |index| found.push(index));
                found.sort_unstable();
                // Without pattern any path does.
                let is_match = |index: &usize| {
                    patterns[*index].is_empty() || alone[*index].is_match(path.as_bytes())
                };
                let expected: Vec<usize> = (0..patterns.len()).filter(is_match).collect();
                prop_assert_eq!(found, expected, "{:?} {:?} on {:?}", patterns, anchor, path);
            }
        }
    }
}
