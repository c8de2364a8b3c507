//! Patterns in the part of the language that RE2 and the `regex` crate read alike, a few that they
//! read differently (the model has a table for those), and some that are none.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

/// Patterns for paths.
pub(super) fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => select(&["/a", "/b", "/a/b", "/[ab]", "/a/.*", "/a$", "^/b", "/(?:a|ab)"][..])
            .prop_map(str::to_owned),
        2 => select(&[".*", "^.*", ".*$", "^.*$", "/.*", "^/.*", "/.*$", "^/.*$", "/", "^/"][..])
            .prop_map(str::to_owned),
        // Close to the patterns that constrain nothing, and yet others.
        1 => select(&["/$", "(.*)", "/.+", "", "^", r"\A.*", "(?:/)", "(?s)/.*", "[*]|/.*"][..])
            .prop_map(str::to_owned),
        1 => select(&[r"/users/{id}", r"/q/\Qa.b", r"/n/\d", r"/w/\w$", "(?i)/A", "a", "b|/b"][..])
            .prop_map(str::to_owned),
        5 => generated("/", &["a", "b", "/", ".", "[ab]", "[^/]", r"\.", "%", "[*]"]),
    ]
}

/// Patterns for header values.
pub(super) fn header() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => select(&["1", "2", "[12]", ".*", "", "1, 2", "1; 2", "a|ab", "^1$", ".+"][..])
            .prop_map(str::to_owned),
        2 => generated("", &["1", "2", "a", ".", "[12]", ", ", "[^a]", ":80"]),
    ]
}

/// Texts that are no pattern.
pub(super) fn invalid() -> impl Strategy<Value = String> {
    select(
        &[
            "/(a",
            "/a)",
            "[a",
            "*",
            "/a**",
            "/a*+",
            "/(?=x)",
            r"/(a)\1",
            r"/\u0061",
            "(?x)/a",
            "/api)|(?:.*",
            "a)|(?:.*",
            "/a{1001}",
            r"\",
            "/(?<a",
            "[b-a]",
        ][..],
    )
    .prop_map(str::to_owned)
}

/// A pattern of repeated atoms and groups, perhaps with anchors of its own.
fn generated(
    prefix: &'static str,
    atoms: &'static [&'static str],
) -> impl Strategy<Value = String> {
    let repeated = |atom: String, quantifier: &str| format!("{atom}{quantifier}");
    let quantifier = || select(&["", "", "", "*", "+", "?", "{1,2}", "*?"][..]);
    let atom = move || {
        // Of an atom of two characters (`, `) a quantifier would repeat the last alone: fine.
        (select(atoms), quantifier())
            .prop_map(move |(atom, quantifier)| repeated(atom.to_owned(), quantifier))
    };
    let concat = move || vec(atom(), 0..4).prop_map(|atoms| atoms.concat());
    let group = (vec(concat(), 1..3), quantifier())
        .prop_map(move |(branches, q)| repeated(format!("(?:{})", branches.join("|")), q));
    let piece = prop_oneof![3 => concat(), 1 => group];
    let body = vec(piece, 1..3).prop_map(|pieces| pieces.concat());
    (weighted(0.1, Just("^")), body, weighted(0.15, Just("$"))).prop_map(
        move |(start, body, end)| {
            format!("{}{prefix}{body}{}", start.unwrap_or_default(), end.unwrap_or_default())
        },
    )
}
