//! The path of a request: what a `pathRegex` looks at, and whether it may be looked at.

use smi_policy::{Anchor, Connect, PathMode};

use super::pattern;
use crate::world::Http;

/// What a `pathRegex` is compared with.
pub(super) struct Subject {
    /// The text; `None` if the path is unclean.
    text: Option<Vec<u8>>,
    /// Whether it is a path that begins with `/`, as sent.
    is_rooted: bool,
}

/// Finds the subject of a request.
pub(super) fn subject(mode: PathMode, http: &Http) -> Subject {
    let target = http.target.as_ref();
    if http.method == "OPTIONS" && target == b"*" {
        return Subject { text: Some(b"*".to_vec()), is_rooted: false };
    }
    if http.method == "CONNECT" && http.connect == Connect::Authority {
        // HTTP/2 and HTTP/3 send the authority alone.
        let authority = http.authority.as_ref().map(AsRef::as_ref);
        let text = if target.is_empty() { authority.unwrap_or_default() } else { target };
        let text = is_authority_form(text).then(|| text.to_vec());
        return Subject { text, is_rooted: false };
    }
    let path = up_to(target, b"?");
    let text = match mode {
        PathMode::AsIs => Some(up_to(target, b"?#").to_vec()),
        PathMode::Normalize => normalised(path),
        _ => (!is_unclean(path)).then(|| path.to_vec()),
    };
    Subject { text, is_rooted: path.starts_with(b"/") }
}

impl Subject {
    pub(super) fn is_unclean(&self) -> bool {
        self.text.is_none()
    }

    /// The text that patterns are compared with; `None` if the path is unclean.
    pub(super) fn into_text(self) -> Option<Vec<u8>> {
        self.text
    }

    pub(super) fn satisfies(&self, regex: &str, anchor: Anchor) -> bool {
        if self.is_rooted && constrains_nothing(regex, anchor) {
            return true;
        }
        self.text.as_ref().is_some_and(|text| pattern::is_match(regex, anchor, text))
    }
}

/// The patterns that admit every path however a server reads it.
fn constrains_nothing(regex: &str, anchor: Anchor) -> bool {
    let everywhere = [".*", "^.*", ".*$", "^.*$", "/.*", "^/.*", "/.*$", "^/.*$"].contains(&regex);
    everywhere || (anchor == Anchor::Start && ["/", "^/"].contains(&regex))
}

fn up_to<'t>(target: &'t [u8], ends: &[u8]) -> &'t [u8] {
    target.split(|byte| ends.contains(byte)).next().unwrap_or_default()
}

/// `host:port`, RFC 9112 §3.2.3.
fn is_authority_form(target: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(target) else { return false };
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let host_is_good = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
        }
    };
    host_is_good && !port.is_empty() && port.chars().all(|c| c.is_ascii_digit())
}

/// Whether a server may read a path otherwise than as it is written.
fn is_unclean(path: &[u8]) -> bool {
    let Some(rest) = path.strip_prefix(b"/") else { return true };
    let segments: Vec<&[u8]> = rest.split(|byte| *byte == b'/').collect();
    let last = segments.len() - 1;
    has_bad_bytes(path)
        || escapes(path).iter().any(|byte| is_unreserved(*byte))
        || segments.iter().any(|segment| is_dot_segment(segment))
        || segments.iter().take(last).any(|segment| segment.is_empty())
}

/// What neither mode repairs: bytes that no path holds, and escapes that hide a meaning.
fn has_bad_bytes(path: &[u8]) -> bool {
    let raw = path.iter().any(|byte| *byte <= b' ' || *byte == 0x7f || b"\\#".contains(byte));
    let malformed =
        (0..path.len()).any(|at| path.get(at) == Some(&b'%') && escape_at(path, at).is_none());
    raw || malformed || escapes(path).iter().any(|byte| b"/\\\0".contains(byte))
}

/// `.` or `..`, however escaped, perhaps with parameters behind.
fn is_dot_segment(segment: &[u8]) -> bool {
    let decoded = decode_unreserved(segment);
    [&b"."[..], b".."].contains(&up_to(&decoded, b";"))
}

/// The normal form, if there is one that every server agrees on.
fn normalised(path: &[u8]) -> Option<Vec<u8>> {
    if !path.starts_with(b"/") || has_bad_bytes(path) {
        return None;
    }
    let decoded = upper_case_hex(&decode_unreserved(path));
    // A dot segment with parameters is none that RFC 3986 removes.
    let with_parameters = decoded
        .split(|byte| *byte == b'/')
        .any(|segment| segment.contains(&b';') && is_dot_segment(segment));
    if with_parameters {
        return None;
    }
    let one_way = merge_slashes(&remove_dots(&decoded));
    let other_way = remove_dots(&merge_slashes(&decoded));
    (one_way == other_way).then_some(one_way)
}

/// RFC 3986 §5.2.4 for a path that begins with `/`.
fn remove_dots(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut ends_in_dots = false;
    for segment in path.split(|byte| *byte == b'/').skip(1) {
        ends_in_dots = segment == b"." || segment == b"..";
        match segment {
            b"." => {}
            b".." => {
                kept.pop();
            }
            _ => kept.push(segment),
        }
    }
    if ends_in_dots {
        kept.push(b"");
    }
    let mut whole = b"/".to_vec();
    whole.extend(kept.join(&b'/'));
    whole
}

fn merge_slashes(path: &[u8]) -> Vec<u8> {
    let mut merged = Vec::new();
    for byte in path {
        if *byte != b'/' || merged.last() != Some(&b'/') {
            merged.push(*byte);
        }
    }
    merged
}

/// The value of the escape that begins at `at`, if a well-formed one does.
fn escape_at(path: &[u8], at: usize) -> Option<u8> {
    match path.get(at..at + 3)? {
        [b'%', high, low] => {
            let (high, low) = ((*high as char).to_digit(16)?, (*low as char).to_digit(16)?);
            u8::try_from(high * 16 + low).ok()
        }
        _ => None,
    }
}

/// The values of all escapes.
fn escapes(path: &[u8]) -> Vec<u8> {
    (0..path.len()).filter_map(|at| escape_at(path, at)).collect()
}

fn decode_unreserved(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut at = 0;
    while let Some(byte) = path.get(at) {
        match escape_at(path, at) {
            Some(value) if is_unreserved(value) => {
                decoded.push(value);
                at += 3;
            }
            _ => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    decoded
}

fn upper_case_hex(path: &[u8]) -> Vec<u8> {
    let in_escape =
        |at: usize| (1..=2).any(|back| at >= back && escape_at(path, at - back).is_some());
    let bytes = path.iter().enumerate();
    bytes.map(|(at, byte)| if in_escape(at) { byte.to_ascii_uppercase() } else { *byte }).collect()
}

/// RFC 3986 §2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}
