//! What rules say about the text of an object, and where in it.

use std::collections::BTreeMap;

use super::fixes;
use crate::api::Version;
use crate::hub::{Object, wire_path};
use crate::manifest::{Document, Node, ObjectKey, Value, excerpt};
use crate::path::{FieldPath, PathSegment};
use crate::problem::{Code, Fix, Problem, Severity};

/// The reader's problems, with what can be fixed.
pub(super) fn with_fixes(document: &Document) -> Vec<Problem> {
    let problem = |problem: &Problem| {
        let fix = document.root().and_then(|root| fixes::of(root, problem));
        problem.clone().with_fix(fix)
    };
    document.problems().iter().map(problem).collect()
}

/// Gives problems their places in the text.
pub(super) fn place(problems: Vec<Problem>, document: &Document) -> Vec<Problem> {
    let place = |problem: Problem| {
        let path = match document.root() {
            Some(root) => header_path(root, problem.path()),
            None => problem.path().clone(),
        };
        let location = document.locate(&path).unwrap_or_else(|| document.location());
        problem.with_place(path, Some(location))
    };
    problems.into_iter().map(place).collect()
}

/// Whether the reader's errors explain what a rule found: it could not read the field, or something
/// in it.
pub(super) fn is_explained(found: &Problem, read: &[Problem]) -> bool {
    let errors =
        read.iter().filter(|problem| problem.is_error() && problem.code() != Code::TooManyProblems);
    errors
        .map(Problem::path)
        .any(|unread| unread.starts_with(found.path()) || found.path().starts_with(unread))
}

/// Rules on what lifting leaves no trace of.
pub(super) fn check(document: &Document, object: &Object) -> Vec<Problem> {
    let Some(root) = document.root() else { return Vec::new() };
    match object {
        Object::TrafficTarget(target) if target.meta.version <= Version::V1alpha2 => {
            let path = wire_path(object.kind(), target.meta.version, "spec.destination.port");
            let path: FieldPath = path.parse().unwrap_or_default();
            root.find(&path).and_then(|node| port(node, path, document.key())).into_iter().collect()
        }
        Object::HttpRouteGroup(group) => {
            let field = wire_path(object.kind(), group.meta.version, "spec.matches");
            let field: FieldPath = field.parse().unwrap_or_default();
            let matches = root.find(&field).and_then(Node::as_sequence);
            let matches = matches.into_iter().flat_map(|matches| matches.iter()).enumerate();
            matches
                .filter_map(|(index, node)| {
                    let mut path = field.clone();
                    path.push_index(index);
                    path.push_key("headers");
                    Some(duplicate_headers(node.get("headers")?, &path, &document.key()))
                })
                .flatten()
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Checks the destination's port of v1alpha1 and v1alpha2.
fn port(node: Node<'_>, path: FieldPath, key: Option<ObjectKey>) -> Option<Problem> {
    let number = match node.value() {
        Value::Number(number) => number.to_u64()?,
        Value::String(text) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
            text.trim_start_matches('0').parse().or_else(|_| "0".parse()).ok()?
        }
        _ => return None,
    };
    let (code, message, help, fix): (_, _, _, Option<Fix>) = match node.as_str() {
        _ if number == 0 => {
            let message = "port 0 is none, so the target opens every port".to_owned();
            (Code::PortZero, message, "leave `port` out if that is meant".to_owned(), None)
        }
        Some(text) => {
            let message = format!(
                "port {} is written as text: it is read, but the official definitions refuse it",
                excerpt(text)
            );
            let fix = fixes::unquote(node, &number.to_string());
            (Code::PortAsText, message, format!("write `{number}` without quotes"), fix)
        }
        None => return None,
    };
    let problem = Problem::new(Severity::Warning, code, path, Some(node.location()), message);
    Some(problem.with_help(help).with_object(key).with_fix(fix))
}

/// Finds names that are there twice. With two patterns the reader has refused them.
fn duplicate_headers(
    headers: Node<'_>,
    path: &FieldPath,
    object: &Option<ObjectKey>,
) -> Vec<Problem> {
    let mut known: BTreeMap<String, Option<&str>> = BTreeMap::new();
    let mut problems = Vec::new();
    let mut entries = Vec::new();
    match headers.value() {
        Value::Mapping(mapping) => entries.push((None, mapping)),
        Value::Sequence(items) => {
            let items = items.iter().enumerate();
            entries.extend(items.filter_map(|(at, item)| Some((Some(at), item.as_mapping()?))));
        }
        _ => {}
    }
    for (index, mapping) in entries {
        for (key, value) in mapping.entries() {
            let before = known.insert(key.text().to_ascii_lowercase(), value.as_str());
            if before.is_none_or(|before| before != value.as_str()) {
                continue;
            }
            let mut path = path.clone();
            index.into_iter().for_each(|index| path.push_index(index));
            path.push_key(key.text().to_owned());
            let message = format!("the header {} has this pattern already", excerpt(key.text()));
            let (severity, code) = (Severity::Warning, Code::DuplicateHeader);
            let problem = Problem::new(severity, code, path, Some(key.location()), message);
            problems.push(problem.with_help("drop one of the two").with_object(object.clone()));
        }
    }
    problems
}

/// The path of a header as it is written: rules know headers by their names in lower case, as one
/// mapping.
fn header_path(root: Node<'_>, path: &FieldPath) -> FieldPath {
    let mut above = path.clone();
    let (Some(PathSegment::Key(name)), Some(PathSegment::Key(last))) =
        (above.pop(), above.segments().last())
    else {
        return path.clone();
    };
    let headers = root.find(&above).filter(|_| last == "headers");
    let mut written = above;
    let is_it = |key: &str| key.eq_ignore_ascii_case(&name);
    match headers.map(Node::value) {
        Some(Value::Mapping(mapping)) => {
            let key = mapping.iter().map(|(key, _)| key).find(|key| is_it(key));
            written.push_key(key.unwrap_or(&name).to_owned());
        }
        Some(Value::Sequence(items)) => {
            let found = items.iter().enumerate().find_map(|(index, item)| {
                let mapping = item.as_mapping()?;
                Some((index, mapping.iter().map(|(key, _)| key).find(|key| is_it(key))?))
            });
            let Some((index, key)) = found else { return path.clone() };
            written.push_index(index);
            written.push_key(key.to_owned());
        }
        _ => return path.clone(),
    }
    written
}
