use std::collections::BTreeSet;

use super::collect::Findings;
use super::names;
use super::pattern::{PatternCheck, Surprise, surprise};
use crate::hub::{HttpMatch, HttpRouteGroup};
use crate::manifest::excerpt;
use crate::problem::Code;
use crate::suggest;

/// Methods of RFC 9110 §9 and RFC 5789.
const METHODS: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/// Further methods of IANA's registry (WebDAV and its relatives).
const FURTHER_METHODS: [&str; 31] = [
    "ACL",
    "BASELINE-CONTROL",
    "BIND",
    "CHECKIN",
    "CHECKOUT",
    "COPY",
    "LABEL",
    "LINK",
    "LOCK",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MKREDIRECTREF",
    "MKWORKSPACE",
    "MOVE",
    "ORDERPATCH",
    "PRI",
    "PROPFIND",
    "PROPPATCH",
    "QUERY",
    "REBIND",
    "REPORT",
    "SEARCH",
    "UNBIND",
    "UNCHECKOUT",
    "UNLINK",
    "UNLOCK",
    "UPDATE",
    "UPDATEREDIRECTREF",
    "VERSION-CONTROL",
];

/// Checks an HTTPRouteGroup.
pub(super) fn check(
    group: &HttpRouteGroup,
    patterns: Option<&dyn PatternCheck>,
    findings: &mut Findings<'_>,
) {
    names::object(&group.meta, findings);
    if group.matches.is_empty() {
        let message = "the group has no matches, so it matches no request";
        let help = "add a match, such as `{name: …, pathRegex: …, methods: […]}`";
        findings.report(Code::EmptyGroup, "spec.matches", message, help);
    }
    let mut known = BTreeSet::new();
    for (index, found) in group.matches.iter().enumerate() {
        let Some(http_match) = found else { continue };
        let field = format!("spec.matches[{index}]");
        if let Some(name) = http_match.name.as_deref().filter(|name| !known.insert(*name)) {
            let message = format!(
                "another match is called {} too: who selects one selects both",
                excerpt(name)
            );
            let help = "rename one of the two";
            findings.report(Code::DuplicateMatchName, &format!("{field}.name"), message, help);
        }
        check_match(http_match, &field, patterns, findings);
    }
}

fn check_match(
    http_match: &HttpMatch,
    field: &str,
    patterns: Option<&dyn PatternCheck>,
    findings: &mut Findings<'_>,
) {
    let path = http_match.path_regex.as_deref().filter(|pattern| !pattern.is_empty());
    if path.is_none() && http_match.methods.is_empty() && http_match.headers.is_empty() {
        let message = "the match has no conditions, so it matches every request";
        let help = "write `methods: [\"*\"]` if that is meant";
        findings.report(Code::EmptyMatch, field, message, help);
    }
    if let Some(pattern) = path {
        path_regex(pattern, http_match, &format!("{field}.pathRegex"), patterns, findings);
    }
    for (index, name) in http_match.methods.iter().enumerate() {
        method(name, &format!("{field}.methods[{index}]"), findings);
    }
    for (name, pattern) in &http_match.headers {
        header(name, pattern, &format!("{field}.headers"), patterns, findings);
    }
}

fn path_regex(
    pattern: &str,
    http_match: &HttpMatch,
    field: &str,
    patterns: Option<&dyn PatternCheck>,
    findings: &mut Findings<'_>,
) {
    if let Some(Err(fault)) = patterns.map(|patterns| patterns.check(pattern)) {
        let message = format!("{}, so the match is ignored", fault.message());
        let help = fault.help().unwrap_or("write it in RE2's dialect").to_owned();
        findings.report(Code::InvalidRegex, field, message, help);
        return;
    }
    match surprise(pattern) {
        None => {}
        // The subject of these two may be `host:port` or `*`.
        Some(Surprise::NeverMatches)
            if http_match
                .methods
                .iter()
                .any(|method| method == "CONNECT" || method == "OPTIONS") => {}
        Some(Surprise::NeverMatches) => {
            let message = format!(
                "{} matches no path: each begins with `/`, and patterns match from the start",
                excerpt(pattern)
            );
            let help = "begin with `/`, or with `.*` if what comes before does not matter";
            findings.report(Code::PathNeverMatches, field, message, help);
        }
        Some(Surprise::MatchesEverything) => {
            let message = format!("{} admits every path", excerpt(pattern));
            let help = match pattern.trim_start_matches('^') {
                "/" => "write `/$` for the root only, or leave `pathRegex` out",
                _ => "leave `pathRegex` out if that is meant",
            };
            findings.report(Code::PathMatchesEverything, field, message, help);
        }
        Some(Surprise::Prefix) => {
            let last = pattern.rsplit('/').next().unwrap_or(pattern);
            let message = format!(
                "patterns need not reach the end of the path: where {} matches, {} does too",
                excerpt(last),
                excerpt(&format!("{last}xyz"))
            );
            let help = format!(
                "write {} for this path only, or {} for all below it too",
                excerpt(&format!("{pattern}$")),
                excerpt(&format!("{pattern}(/.*)?$"))
            );
            findings.report(Code::PathPrefix, field, message, help);
        }
    }
}

fn method(name: &str, field: &str, findings: &mut Findings<'_>) {
    if name == "*" || METHODS.contains(&name) || FURTHER_METHODS.contains(&name) {
        return;
    }
    let upper = name.to_ascii_uppercase();
    if METHODS.contains(&upper.as_str()) || FURTHER_METHODS.contains(&upper.as_str()) {
        let message = format!("methods are case-sensitive: {} is not `{upper}`", excerpt(name));
        findings.report(Code::LowerCaseMethod, field, message, format!("write `{upper}`"));
        return;
    }
    let message = format!("HTTP has no method {}", excerpt(name));
    let help = match suggest::nearest(name, METHODS) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "leave it, if clients send a method of their own".to_owned(),
    };
    findings.report(Code::UnknownMethod, field, message, help);
}

fn header(
    name: &str,
    pattern: &str,
    field: &str,
    patterns: Option<&dyn PatternCheck>,
    findings: &mut Findings<'_>,
) {
    let mut path = findings.path(field);
    path.push_key(name.to_owned());
    if name != ":authority" && !is_token(name) {
        let message = format!("{} is no header name, so the match is ignored", excerpt(name));
        let help = "use letters, digits and !#$%&'*+-.^_`|~";
        findings.report_at(Code::InvalidHeaderName, path, message, help);
        return;
    }
    if let Some(Err(fault)) = patterns.map(|patterns| patterns.check(pattern)) {
        let message = format!("{}, so the match is ignored", fault.message());
        let help = fault.help().unwrap_or("write it in RE2's dialect").to_owned();
        findings.report_at(Code::InvalidRegex, path, message, help);
    }
}

/// `token` of RFC 9110 §5.6.2.
fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}
