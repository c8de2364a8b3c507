//! Patterns made to hurt. Each is read or refused on a small stack, in time and memory that do not
//! depend on what it pretends to be.

use std::thread;

use smi_policy::{Anchor, Bound, Limits, Pattern, PatternErrorKind as Kind, Regex};

use crate::{ANCHORS, compile};

/// Compiles on a stack that recursion over the pattern would overflow.
fn compile_on_small_stack(pattern: &str, anchor: Anchor) -> Result<Regex, Kind> {
    let limits = Limits::default();
    thread::scope(|scope| {
        let builder = thread::Builder::new().stack_size(512 << 10);
        let compiling = builder.spawn_scoped(scope, || {
            let pattern = Pattern::parse(pattern, &limits)?;
            pattern.clone().compile(anchor, &limits)
        });
        compiling.unwrap().join().unwrap().map_err(|error| error.kind())
    })
}

#[track_caller]
fn refusal(pattern: &str) -> Kind {
    compile_on_small_stack(pattern, Anchor::Search).map(|_| ()).unwrap_err()
}

fn nested(open: &str, close: &str, depth: usize) -> String {
    [open.repeat(depth), close.repeat(depth)].concat()
}

#[test]
fn nested_counts_are_refused_by_their_product() {
    for pattern in ["((a{100}){100}){100}", "(x{1000}){1000}", "((a{10}){10}){11}"] {
        assert_eq!(refusal(pattern), Kind::RepetitionCount, "{pattern}");
    }
}

#[test]
fn nesting_is_refused_where_go_refuses_it() {
    let too_deep = Kind::TooLarge(Bound::Nesting);
    assert_eq!(refusal(&nested("(", ")", 1000)), too_deep);
    assert_eq!(refusal(&nested("(?:", ")*", 1000)), too_deep);
    assert_eq!(refusal(&nested("(", ")", 5000)), too_deep);
    assert_eq!(refusal(&nested("(", ")", 10_000)), Kind::TooLarge(Bound::PatternLength));
    for pattern in [nested("(", ")", 999), nested("(?:", ")*", 999), nested("(?:", ")", 4000)] {
        for anchor in ANCHORS {
            let regex = compile_on_small_stack(&pattern, anchor).unwrap();
            assert!(regex.is_match(b""));
        }
    }
}

#[test]
fn depth_needs_no_stack() {
    // Equal prefixes make the library compare these trees with each other.
    let deep = nested("(?:a", ")*", 490);
    for pattern in [deep.clone(), format!("{deep}b|{deep}c"), nested("(?:a|b(?:c|", "))+", 240)] {
        for anchor in ANCHORS {
            assert!(compile_on_small_stack(&pattern, anchor).is_ok());
        }
    }
}

#[test]
fn large_classes_cost_little_however_often_they_are_repeated() {
    for pattern in [r"\pL{1000}", r"\p{L}{1,1000}", r"(?:[\pL\pN]{500}){2}", r"(?i)[^\pL]{1000}"] {
        let regex = compile_on_small_stack(pattern, Anchor::Full).unwrap();
        assert!(regex.memory_usage() < 64 << 10, "{pattern}: {}", regex.memory_usage());
    }
    let regex = compile(r"\pL{1000}", Anchor::Full, &Limits::default());
    assert!(regex.is_match("é".repeat(1000).as_bytes()));
    assert!(!regex.is_match("é".repeat(999).as_bytes()));
}

#[test]
fn too_much_of_anything_is_refused() {
    let too_large = Kind::TooLarge(Bound::ProgramSize);
    for pattern in [
        format!("(?:{}){{1000}}", ".?".repeat(87)),
        r"\pL".repeat(5000),
        format!("[{}]", r"\pL".repeat(5000)),
        format!("(?i){}", r"\pL".repeat(5000)),
        format!("(?i){}", r"[B-\x{1FFFF}]".repeat(1000)),
    ] {
        assert_eq!(refusal(&pattern), too_large);
    }
    assert_eq!(refusal(&"a".repeat(1 << 20)), Kind::TooLarge(Bound::PatternLength));
    assert_eq!(refusal(r"[\pL\pN]{500}{2}"), Kind::StackedRepetition);
}

#[test]
fn no_pattern_takes_more_memory_than_it_may() {
    let limits = Limits::default();
    let most = limits.program_size.max(limits.dfa_size) + (1 << 10);
    for pattern in [
        "(a|b)*a(a|b){1000}".to_owned(),
        "(?:.?.?.?.?.?.?.?.?.?){100}".to_owned(),
        "[^a]*".repeat(3000),
        "x*".repeat(8000),
        "a".repeat(16 << 10),
        format!("[{}]", "ab".repeat(8000)),
        "(?:[ab]c|".repeat(1600) + &")".repeat(1600),
        "[[:".repeat(5000) + "a]",
        (0..2000).map(|i| format!("/x{i}|")).collect(),
    ] {
        for anchor in ANCHORS {
            let regex = compile_on_small_stack(&pattern, anchor).unwrap();
            assert!(regex.memory_usage() <= most, "{}", regex.memory_usage());
        }
    }
}

#[test]
fn matching_takes_no_exponential_time() {
    let input = [&b"a".repeat(2000)[..], b"!"].concat();
    for pattern in
        ["(a+)+$", "(a|aa)+$", "(x+x+)+y", "(a*)*b", "(?:a?){100}a{100}$", "(.*)*(.*)*(.*)*b"]
    {
        for anchor in ANCHORS {
            compile(pattern, anchor, &Limits::default()).is_match(&input);
            let simulated = compile(pattern, anchor, &Limits::default().with_dfa_size(0));
            simulated.is_match(&input);
        }
    }
}
