//! Whether a request satisfies a match: path AND method AND every header.

use smi_policy::{Anchor, HttpMatch, RepeatedHeaders};

use super::{path, pattern};
use crate::world::{Http, World};

/// How a request looks to a match.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Matches,
    /// Method and headers agree, and the path was not looked at because it is unclean.
    OnlyThePathIsUnclean,
    Differs,
}

/// Whether a match can be read: its patterns are valid, and its headers make sense.
pub(super) fn is_usable(http_match: &HttpMatch) -> bool {
    let path_is_good = path_regex(http_match).is_none_or(pattern::is_valid);
    let headers_are_good = http_match.headers.iter().all(|(name, regex)| {
        let pseudo = name.starts_with(':') && !name.eq_ignore_ascii_case(":authority");
        // One header with two different expressions is an error of the manifest.
        let contradicted = http_match
            .headers
            .iter()
            .any(|(other, another)| other.eq_ignore_ascii_case(name) && another != regex);
        !pseudo && !contradicted && pattern::is_valid(regex)
    });
    path_is_good && headers_are_good
}

/// Compares a request with a usable match.
pub(super) fn look(world: &World, http_match: &HttpMatch, http: &Http) -> Look {
    let others = method_agrees(http_match, http)
        && http_match.headers.iter().all(|(name, regex)| header_agrees(world, name, regex, http));
    if !others {
        return Look::Differs;
    }
    let Some(regex) = path_regex(http_match) else { return Look::Matches };
    let subject = path::subject(world.options.http.path_mode, http);
    let anchor = world.options.http.path_anchor;
    if subject.satisfies(regex, anchor) {
        Look::Matches
    } else if subject.is_unclean() {
        Look::OnlyThePathIsUnclean
    } else {
        Look::Differs
    }
}

/// Whether the path of a request satisfies the `pathRegex` of a match; for generators.
pub(crate) fn path_accepts(world: &World, http_match: &HttpMatch, http: &Http) -> bool {
    path_regex(http_match).is_none_or(|regex| {
        let subject = path::subject(world.options.http.path_mode, http);
        pattern::is_valid(regex) && subject.satisfies(regex, world.options.http.path_anchor)
    })
}

/// Whether one value satisfies the regex of a header; for generators.
pub(crate) fn header_accepts(world: &World, regex: &str, value: &[u8]) -> bool {
    pattern::is_valid(regex) && value_agrees(world, regex, value)
}

/// Whether a header of this name looks at the authority.
pub(crate) fn looks_at_authority(name: &str) -> bool {
    name.eq_ignore_ascii_case("host") || name.eq_ignore_ascii_case(":authority")
}

/// Absent and empty are the same: any path.
fn path_regex(http_match: &HttpMatch) -> Option<&str> {
    http_match.path_regex.as_deref().filter(|regex| !regex.is_empty())
}

fn method_agrees(http_match: &HttpMatch, http: &Http) -> bool {
    let methods = &http_match.methods;
    methods.is_empty() || methods.iter().any(|method| method == "*" || *method == http.method)
}

fn header_agrees(world: &World, name: &str, regex: &str, http: &Http) -> bool {
    if looks_at_authority(name) {
        let hosts = fields(http, "host");
        return match (&http.authority, hosts.as_slice()) {
            (Some(authority), _) => value_agrees(world, regex, authority.as_ref()),
            (None, [host]) => value_agrees(world, regex, host),
            (None, _) => false,
        };
    }
    let values = fields(http, name);
    if values.is_empty() {
        return false;
    }
    match world.options.http.repeated_headers {
        RepeatedHeaders::Any => values.iter().any(|value| value_agrees(world, regex, value)),
        _ => {
            let separator: &[u8] = if name.eq_ignore_ascii_case("cookie") { b"; " } else { b", " };
            value_agrees(world, regex, &values.join(separator))
        }
    }
}

fn fields<'h>(http: &'h Http, name: &str) -> Vec<&'h [u8]> {
    let own = http.headers.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name));
    own.map(|(_, value)| value.as_ref()).collect()
}

fn value_agrees(world: &World, regex: &str, value: &[u8]) -> bool {
    let anchor: Anchor = world.options.http.header_anchor;
    pattern::is_match(regex, anchor, value)
}
