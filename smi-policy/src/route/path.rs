use std::borrow::Cow;

use crate::semantics::PathMode;

/// The path that a request's `pathRegex` conditions look at, prepared once for each request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PathSubject<'r> {
    /// Whoever reads it reads the same.
    Clean(Cow<'r, [u8]>),
    /// A server may read it differently: satisfies only what constrains nothing, and that only if
    /// it begins with a slash.
    Unclean { rooted: bool },
}

/// What [`PathMode::Normalize`] made of a path: what the proxy must forward.
///
/// The query is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormalizedPath<'s> {
    /// The path needed no change, or normalising was not asked for.
    AsSent,
    /// Forward this path instead of the one sent.
    Changed(&'s [u8]),
}

impl<'r> PathSubject<'r> {
    /// Prepares the target of a request other than CONNECT.
    pub(crate) fn of_target(target: &'r [u8], method: &str, mode: PathMode) -> Self {
        if target == b"*" && method == "OPTIONS" {
            return Self::Clean(Cow::Borrowed(target));
        }
        if mode == PathMode::Strict && is_plain(target) {
            return Self::Clean(Cow::Borrowed(target));
        }
        let path = until(target, |b| b == b'?');
        match mode {
            PathMode::AsIs => Self::Clean(Cow::Borrowed(until(path, |b| b == b'#'))),
            PathMode::Strict if is_clean(path) => Self::Clean(Cow::Borrowed(path)),
            PathMode::Strict => Self::Unclean { rooted: path.starts_with(b"/") },
            PathMode::Normalize => match normalize(path) {
                Some(normal) => Self::Clean(normal),
                None => Self::Unclean { rooted: path.starts_with(b"/") },
            },
        }
    }

    /// What a regex may look at.
    pub(crate) fn clean(&self) -> Option<&[u8]> {
        match self {
            Self::Clean(path) => Some(path),
            Self::Unclean { .. } => None,
        }
    }

    /// Whether it is a path that begins with a slash.
    pub(crate) fn is_rooted(&self) -> bool {
        match self {
            Self::Clean(path) => path.starts_with(b"/"),
            Self::Unclean { rooted } => *rooted,
        }
    }

    /// Prepares the target of a CONNECT request: `host:port` (RFC 9110 §9.3.6), or unclean.
    pub(crate) fn of_authority(authority: &'r [u8]) -> Self {
        if is_authority_form(authority) {
            Self::Clean(Cow::Borrowed(authority))
        } else {
            Self::Unclean { rooted: false }
        }
    }
}

fn until(bytes: &[u8], stop: impl Fn(u8) -> bool) -> &[u8] {
    let end = bytes.iter().position(|&b| stop(b)).unwrap_or(bytes.len());
    bytes.get(..end).unwrap_or(bytes)
}

/// Whether this is a path without query in which not even a look is needed to see that it is clean.
///
/// Most are, and this passes them sixteen bytes at a time: neither loop has an exit.
fn is_plain(target: &[u8]) -> bool {
    let suspicious =
        |b: u8| (b <= b' ') | (b == 0x7f) | (b == b'%') | (b == b'\\') | (b == b'#') | (b == b'?');
    let in_bytes = target.iter().fold(false, |found, &b| found | suspicious(b));
    let pairs = target.iter().zip(target.get(1..).unwrap_or_default());
    let in_pairs =
        pairs.fold(false, |found, (&a, &b)| found | ((a == b'/') & ((b == b'/') | (b == b'.'))));
    target.first() == Some(&b'/') && !in_bytes && !in_pairs
}

/// Whether every server reads this path the same way.
fn is_clean(path: &[u8]) -> bool {
    if is_plain(path) {
        return true;
    }
    let Some(rest) = path.strip_prefix(b"/") else { return false };
    // The last segment may be empty: a trailing slash is ordinary.
    let mut segments = rest.split(|&b| b == b'/').peekable();
    while let Some(segment) = segments.next() {
        if (segment.is_empty() && segments.peek().is_some()) || !is_clean_segment(segment) {
            return false;
        }
    }
    true
}

fn is_clean_segment(segment: &[u8]) -> bool {
    if is_dot_segment(segment) {
        return false;
    }
    let mut rest = segment;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            // An encoded slash, backslash, NUL or unreserved character means something else to a
            // server that decodes; so does an escape that is none.
            b'%' => match escape(tail) {
                None | Some((b'/' | b'\\' | 0, _)) => return false,
                Some((byte, _)) if is_unreserved(byte) => return false,
                Some((_, tail)) => rest = tail,
            },
            b'\\' | b'#' | b' ' | 0x00..=0x1f | 0x7f => return false,
            _ => {}
        }
    }
    true
}

/// `.` and `..`, also with path parameters (`..;x`), which some servers cut off before they look.
/// Encoded dots need no look here: an escaped unreserved character is unclean by itself.
fn is_dot_segment(segment: &[u8]) -> bool {
    matches!(until(segment, |b| b == b';'), b"." | b"..")
}

/// The byte that an escape stands for and what follows it; `tail` begins behind the percent sign.
fn escape(tail: &[u8]) -> Option<(u8, &[u8])> {
    let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let [high, low, rest @ ..] = tail else { return None };
    Some((hex(*high)? << 4 | hex(*low)?, rest))
}

/// RFC 3986 §2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// The normal form of a path, or `None` if it stays ambiguous.
fn normalize(path: &[u8]) -> Option<Cow<'_, [u8]>> {
    if is_clean(path) && !has_lower_case_escape(path) {
        return Some(Cow::Borrowed(path));
    }
    let decoded = decode_unreserved(path.strip_prefix(b"/")?);
    // Also what a later `..` takes out again must be unambiguous: `/a%2fb/..` is `/a` to some.
    let is_plain = |segment: &[u8]| matches!(segment, b"" | b"." | b"..");
    if !decoded.split(|&b| b == b'/').all(|segment| is_plain(segment) || is_clean_segment(segment))
    {
        return None;
    }
    // A server that merges slashes first walks `..` out of another segment than one that removes
    // dot segments first. Where that makes a difference nobody can say which path is meant.
    let removed_first = merge_slashes(&remove_dot_segments(&decoded, Slashes::Keep));
    let merged_first = remove_dot_segments(&decoded, Slashes::Merge);
    (removed_first == merged_first).then_some(Cow::Owned(removed_first))
}

fn has_lower_case_escape(path: &[u8]) -> bool {
    path.windows(3)
        .any(|w| matches!(w, [b'%', a, b] if a.is_ascii_lowercase() || b.is_ascii_lowercase()))
}

/// Decodes escapes of unreserved characters and writes the others in upper case (RFC 3986 §6.2.2).
fn decode_unreserved(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, escape(tail)) {
            (b'%', Some((value, after))) => {
                rest = after;
                if is_unreserved(value) {
                    decoded.push(value);
                } else {
                    decoded.push(b'%');
                    decoded.extend(tail.iter().take(2).map(u8::to_ascii_uppercase));
                }
            }
            _ => decoded.push(byte),
        }
    }
    decoded
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Slashes {
    Keep,
    Merge,
}

/// Removes dot segments (RFC 3986 §5.2.4) from what follows the first slash of a path. The answer
/// has its leading slash.
fn remove_dot_segments(rest: &[u8], slashes: Slashes) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut segments = rest.split(|&b| b == b'/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            b"." => {}
            b".." => {
                kept.pop();
            }
            b"" if slashes == Slashes::Merge && !is_last => continue,
            _ => {
                kept.push(segment);
                continue;
            }
        }
        // A dot segment at the end leaves its slash behind.
        if is_last {
            kept.push(b"");
        }
    }
    let mut path = vec![b'/'];
    path.extend(kept.join(&b'/'));
    path
}

fn merge_slashes(path: &[u8]) -> Vec<u8> {
    let mut merged = Vec::with_capacity(path.len());
    for &byte in path {
        if byte != b'/' || merged.last() != Some(&b'/') {
            merged.push(byte);
        }
    }
    merged
}

/// `host ":" port`, without user info and without escapes.
fn is_authority_form(authority: &[u8]) -> bool {
    let Some(colon) = authority.iter().rposition(|&b| b == b':') else { return false };
    let (Some(host), Some(port)) = (authority.get(..colon), authority.get(colon + 1..)) else {
        return false;
    };
    let is_host = match host {
        [b'[', address @ .., b']'] => std::str::from_utf8(address)
            .is_ok_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok()),
        _ => !host.is_empty() && host.iter().all(|&b| is_unreserved(b)),
    };
    let is_port = !port.is_empty() && port.len() <= 5 && port.iter().all(u8::is_ascii_digit);
    is_host && is_port
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(path: &str) -> Option<String> {
        normalize(path.as_bytes()).map(|p| String::from_utf8_lossy(&p).into_owned())
    }

    #[test]
    fn what_a_server_may_read_differently_is_unclean() {
        for path in [
            "",
            "a",
            "*",
            "//",
            "//a",
            "/a//b",
            "/.",
            "/..",
            "/a/./b",
            "/a/../b",
            "/a/..;x",
            "/.;/a",
            "/%2e",
            "/%2E%2e/a",
            "/.%2e",
            "/a%2fb",
            "/a%5cb",
            "/a%00",
            "/%61dmin",
            "/%7E",
            "/a%",
            "/a%4",
            "/a%zz",
            "/a\\b",
            "/a#b",
            "/a b",
            "/a\tb",
            "/a\u{7f}",
        ] {
            assert!(!is_clean(path.as_bytes()) && !is_plain(path.as_bytes()), "{path}");
        }
        for path in [
            "/",
            "/a",
            "/a/",
            "/a...b/.../..c",
            "/a;x=1/b",
            "/..a",
            "/a%20b",
            "/%C3%A9",
            "/%25",
            "/%0a",
            "/é",
            "/a:b@c",
            "/%3B",
        ] {
            assert!(is_clean(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn normalising_follows_rfc_3986_or_gives_up() {
        for (path, expected) in [
            ("/a/b", "/a/b"),
            ("/a/./b", "/a/b"),
            ("/a/x/../b", "/a/b"),
            ("/../a", "/a"),
            ("/a/..", "/"),
            ("/a/.", "/a/"),
            ("/a/b/../", "/a/"),
            ("/%61/%7Eb", "/a/~b"),
            ("/%c3%a9", "/%C3%A9"),
            ("//a///b//", "/a/b/"),
            ("/a/%2e%2E/b", "/b"),
            ("/a//b/../../c", "/a/c"),
        ] {
            let got = normal(path);
            if path == "/a//b/../../c" {
                // Dots first: /a/c. Slashes first: /c.
                assert_eq!(got, None, "{path}");
            } else {
                assert_eq!(got.as_deref(), Some(expected), "{path}");
            }
        }
        for path in [
            "a",
            "",
            "/a%2Fb",
            "/a\\b",
            "/a%",
            "/a/..;/b",
            "/a/%2e%2e;x",
            "/%zz/../a",
            "/a%2fb/../c",
            "/a#",
            "/a//../b",
        ] {
            assert_eq!(normal(path), None, "{path}");
        }
    }

    #[test]
    fn connect_needs_host_and_port() {
        for good in ["example.com:443", "[::1]:80", "10.0.0.1:1"] {
            assert!(is_authority_form(good.as_bytes()), "{good}");
        }
        for bad in ["", "example.com", ":80", "a@b:80", "a:", "a:b", "[x]:80", "a/b:80", "a:123456"]
        {
            assert!(!is_authority_form(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn the_asterisk_form_is_for_options_only() {
        let of = |method| PathSubject::of_target(b"*", method, PathMode::Strict);
        assert_eq!(of("OPTIONS"), PathSubject::Clean(Cow::Borrowed(b"*")));
        assert_eq!(of("GET"), PathSubject::Unclean { rooted: false });
    }
}
