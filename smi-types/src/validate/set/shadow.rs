use super::{Referent, Set};
use crate::api::Kind;
use crate::hub::{
    HttpMatch, HttpRouteGroup, MatchRef, Object, RuleKind, TrafficSplit, TrafficTarget,
};
use crate::manifest::excerpt;
use crate::problem::Code;
use crate::validate::collect::Findings;
use crate::validate::pattern::is_unconstrained;

/// A match that an object selects.
struct Selected<'s> {
    group: &'s HttpRouteGroup,
    index: usize,
    http_match: &'s HttpMatch,
    /// The reference, or the name in it, that selects the match.
    field: String,
}

/// Finds matches of a TrafficTarget that add nothing to another of it.
///
/// Within a group alone no match is superfluous: targets select them by name.
pub(super) fn check_target(set: &Set<'_>, target: &TrafficTarget, findings: &mut Findings<'_>) {
    let mut selected = Vec::new();
    for (at, rule) in target.rules.iter().enumerate() {
        let field = format!("spec.rules[{at}]");
        if rule.kind != RuleKind::HttpRouteGroup {
            continue;
        }
        let Some(group) = group(set, findings.namespace(), &rule.name) else { continue };
        for (index, http_match) in usable(set, group) {
            let name = http_match.name.as_deref();
            let place = rule.matches.iter().position(|selected| Some(selected.as_str()) == name);
            let field = match place {
                Some(place) => format!("{field}.matches[{place}]"),
                None if rule.matches.is_empty() => field.clone(),
                None => continue,
            };
            selected.push(Selected { group, index, http_match, field });
        }
    }
    report(&selected, findings);
}

/// Finds matches of a TrafficSplit that add nothing to another of it.
pub(super) fn check_split(set: &Set<'_>, split: &TrafficSplit, findings: &mut Findings<'_>) {
    let mut selected = Vec::new();
    for (at, reference) in split.matches.iter().enumerate() {
        let MatchRef::HttpRouteGroup(name) = reference else { continue };
        let Some(group) = group(set, findings.namespace(), name) else { continue };
        for (index, http_match) in usable(set, group) {
            let field = format!("spec.matches[{at}]");
            selected.push(Selected { group, index, http_match, field });
        }
    }
    report(&selected, findings);
}

fn group<'s>(set: &Set<'s>, namespace: &str, name: &str) -> Option<&'s HttpRouteGroup> {
    match set.find(Kind::HttpRouteGroup, namespace, name) {
        Referent::Object(Object::HttpRouteGroup(group)) => Some(group),
        _ => None,
    }
}

/// The matches of a group that are not ignored, as far as patterns are checked.
fn usable<'s>(
    set: &Set<'_>,
    group: &'s HttpRouteGroup,
) -> impl Iterator<Item = (usize, &'s HttpMatch)> {
    let patterns = set.validator.patterns;
    let is_valid =
        move |pattern: &String| patterns.is_none_or(|patterns| patterns.check(pattern).is_ok());
    group.matches.iter().enumerate().filter_map(move |(index, found)| {
        let found = found.as_ref()?;
        let is_usable =
            found.path_regex.iter().all(is_valid) && found.headers.values().all(is_valid);
        is_usable.then_some((index, found))
    })
}

/// How many matches of one object are compared with each other.
const MOST: usize = 256;

fn report(selected: &[Selected<'_>], findings: &mut Findings<'_>) {
    let selected = selected.get(..MOST).unwrap_or(selected);
    for (position, inner) in selected.iter().enumerate() {
        let is_same = |outer: &Selected<'_>| {
            std::ptr::eq(outer.group, inner.group) && outer.index == inner.index
        };
        let wider = selected.iter().enumerate().find(|(other, outer)| {
            // Of two that are equal the first is kept.
            let is_first = *other < position || !covers(inner.http_match, outer.http_match);
            !is_same(outer) && is_first && covers(outer.http_match, inner.http_match)
        });
        if let Some((_, outer)) = wider {
            let message = format!(
                "{} adds nothing: {} admits all that it admits",
                title(inner),
                title(outer)
            );
            let help = "select only what is meant to be admitted, or narrow the wider match";
            findings.report(Code::ShadowedMatch, &inner.field, message, help);
        }
    }
}

fn title(selected: &Selected<'_>) -> String {
    let group = excerpt(&selected.group.meta.name);
    match &selected.http_match.name {
        Some(name) => format!("match {} of HTTPRouteGroup {group}", excerpt(name)),
        None => format!("match {} of HTTPRouteGroup {group}", selected.index),
    }
}

/// Whether one match certainly admits all that another admits.
fn covers(outer: &HttpMatch, inner: &HttpMatch) -> bool {
    let path = |found: &HttpMatch| found.path_regex.clone().filter(|path| !path.is_empty());
    let (outer_path, inner_path) = (path(outer), path(inner));
    let path = match (&outer_path, &inner_path) {
        (None, _) => true,
        (Some(outer), Some(inner)) => outer == inner || is_rooted(inner) && is_unconstrained(outer),
        (Some(_), None) => false,
    };
    let is_any = |methods: &[String]| methods.is_empty() || methods.iter().any(|name| name == "*");
    let methods = is_any(&outer.methods)
        || !is_any(&inner.methods)
            && inner.methods.iter().all(|method| outer.methods.contains(method));
    let headers =
        outer.headers.iter().all(|(name, pattern)| inner.headers.get(name) == Some(pattern));
    path && methods && headers
}

/// Whether all that a pattern matches begins with `/`.
fn is_rooted(pattern: &str) -> bool {
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    pattern.starts_with('/')
        && !pattern.contains('|')
        && !pattern.starts_with("/?")
        && !pattern.starts_with("/*")
        && !pattern.starts_with("/{")
}
