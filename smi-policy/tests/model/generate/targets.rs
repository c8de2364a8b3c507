//! Request targets: nearly always a path, clean or not.

use super::digits::Digits;
use crate::world::Bytes;

pub(super) fn target(mut digits: Digits) -> Bytes {
    if digits.rarely(7) {
        return Bytes::from(*digits.pick(&WHOLE));
    }
    let mut path = Vec::new();
    for _ in 0..digits.below(4) {
        let segment =
            if digits.rarely(10) { *digits.pick(&ODD) } else { digits.pick(&PLAIN).as_bytes() };
        path.extend([b"/", segment].concat());
    }
    if path.is_empty() || digits.rarely(10) {
        path.push(b'/');
    }
    if digits.rarely(15) {
        path.extend_from_slice(digits.pick(&ENDS).as_bytes());
    }
    Bytes(path)
}

/// A target of the methods that have a form of their own, or nearly so.
pub(super) fn special(mut digits: Digits) -> Bytes {
    Bytes::from(*digits.pick(&SPECIAL))
}

/// Segments that every server reads alike.
const PLAIN: [&str; 12] = ["a", "b", "ab", "a", "b", "x", "A", "c.d", "~u", "...", "%20", "a:b"];

/// Segments that need care.
const ODD: [&[u8]; 39] = [
    b".",
    b"..",
    b"",
    b"%2e",
    b"%2E%2e",
    b".%2e",
    b"..;",
    b".;x",
    b"%2e;v=1",
    b"%61",
    b"%7e",
    b"%7E",
    b"a%2Fb",
    b"a%2fb",
    b"%5C",
    b"a\\b",
    b"%00",
    b"%1f",
    b"%25",
    b"%252e",
    b"%c3%a9",
    b"a b",
    b"a#b",
    b"a\tb",
    b"a\x7fb",
    b"%",
    b"%4",
    b"%zz",
    b"a;x",
    b";",
    b"{id}",
    b"*",
    b"a\nb",
    b"\xc3\xa9",
    b"a\xff",
    b"\xff",
    b"%2",
    b"..%3bx",
    b"%2e%2e%3B",
];

/// What may follow a path.
const ENDS: [&str; 6] = ["?", "?q=/a", "?a/../b", "#f", "?%", "#/a?b"];

/// Targets that no segments make.
const WHOLE: [&str; 23] = [
    "*",
    "",
    "a",
    "a/b",
    "http://api/a",
    "?q",
    "/users/{id}",
    "/users/7",
    "/q/a.b",
    "/q/axb",
    "/n/7",
    "/n/x",
    "/w/_",
    "db:5432",
    "#",
    "//",
    "/a/..//b",
    "/a//../b",
    "/a/%2F/../b",
    "/./a",
    "/../a",
    "/a/..;/../b",
    "/%zz/../a",
];

/// What `OPTIONS` and `CONNECT` may have in the place of a path.
const SPECIAL: [&str; 20] = [
    "*",
    "a:80",
    "db:5432",
    "",
    "[::1]:80",
    "/a",
    "/",
    "*?q",
    "*#f",
    "**",
    "db:5432?q",
    "db",
    "[::1]",
    "user@db:1",
    ":80",
    "db:",
    "db:http",
    "a/b:80",
    "/a/../b",
    "a b:80",
];
