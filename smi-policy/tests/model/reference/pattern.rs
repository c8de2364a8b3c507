//! Patterns, evaluated by the `regex` crate in the part of the language that RE2 reads alike.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::bytes::Regex;
use smi_policy::Anchor;

/// Patterns that RE2 reads and the `regex` crate does not, or reads otherwise, with an equivalent.
const SPELT_OTHERWISE: [(&str, &str); 4] = [
    (r"/users/{id}", r"/users/\{id\}"),
    (r"/q/\Qa.b", r"/q/a\.b"),
    (r"/n/\d", r"/n/[0-9]"),
    (r"/w/\w$", r"/w/[0-9A-Za-z_]$"),
];

/// Patterns that RE2 refuses and the `regex` crate takes.
const REFUSED: [&str; 5] = [r"/a**", r"/a*+", r"/\u0061", r"(?x)/a", r"/a{1001}"];

/// Pattern and anchor: what a compiled expression is remembered by.
type Key = (String, Option<Anchor>);

thread_local! {
    // Compiling is the one thing too slow to do again each time.
    static COMPILED: RefCell<HashMap<Key, Option<Regex>>> = RefCell::new(HashMap::new());
}

/// Whether a pattern, by itself, is one.
pub(super) fn is_valid(pattern: &str) -> bool {
    with_compiled(pattern, None, |regex| regex.is_some())
}

/// Whether a pattern, so anchored, matches.
pub(super) fn is_match(pattern: &str, anchor: Anchor, subject: &[u8]) -> bool {
    is_valid(pattern)
        && with_compiled(pattern, Some(anchor), |regex| {
            regex.is_some_and(|regex| regex.is_match(subject))
        })
}

fn with_compiled<T>(
    pattern: &str,
    anchor: Option<Anchor>,
    ask: impl FnOnce(Option<&Regex>) -> T,
) -> T {
    COMPILED.with_borrow_mut(|known| {
        let key = (pattern.to_owned(), anchor);
        ask(known.entry(key).or_insert_with(|| compile(pattern, anchor)).as_ref())
    })
}

fn compile(pattern: &str, anchor: Option<Anchor>) -> Option<Regex> {
    if REFUSED.contains(&pattern) {
        return None;
    }
    let otherwise = SPELT_OTHERWISE.iter().find(|(re2, _)| *re2 == pattern);
    let pattern = otherwise.map_or(pattern, |(_, equivalent)| equivalent);
    let whole = match anchor {
        Some(Anchor::Start) => format!(r"\A(?:{pattern})"),
        Some(Anchor::Full) => format!(r"\A(?:{pattern})\z"),
        _ => pattern.to_owned(),
    };
    Regex::new(&whole).ok()
}
