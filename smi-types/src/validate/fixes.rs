//! Edits of the text.
//!
//! An edit is offered only if it changes nothing of what this crate reads. So none makes a match
//! of something that was void, or a method of another: that would grant more.

use crate::manifest::Node;
use crate::path::{FieldPath, PathSegment};
use crate::problem::{Code, Fix, Problem};

/// The edit that removes a problem of the reader.
pub(super) fn of(root: Node<'_>, problem: &Problem) -> Option<Fix> {
    if problem.code() != Code::AmbiguousScalar {
        return None;
    }
    let path = problem.path();
    // A key and its value may both be ambiguous; the location tells them apart.
    let value = root.find(path).filter(|node| Some(node.location()) == problem.location());
    match value {
        // Of numbers one can't tell which of the two was meant.
        Some(node) => quote(node.rest(), node.as_str().filter(|_| node.is_plain())?),
        None => quote_key(root, path),
    }
}

/// Writes digits in quotes without them.
pub(super) fn unquote(node: Node<'_>, number: &str) -> Option<Fix> {
    let (start, rest) = node.rest();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inner = rest.get(1..)?;
    let end = inner.find(quote)?;
    let is_digits = inner.get(..end)?.bytes().all(|byte| byte.is_ascii_digit());
    is_digits.then(|| Fix::new(start..start + end + 2, number.to_owned()))
}

fn quote_key(root: Node<'_>, path: &FieldPath) -> Option<Fix> {
    let mut above = path.clone();
    let Some(PathSegment::Key(name)) = above.pop() else { return None };
    let mapping = root.find(&above)?.as_mapping()?;
    let (key, _) = mapping.entries().find(|(key, _)| key.text() == name)?;
    // In quotes this would no longer merge, which is what kubectl makes of it.
    if !key.is_plain() || key.text() == "<<" {
        return None;
    }
    quote(key.rest()?, key.text())
}

/// Puts a plain scalar in quotes, if it stands there as it reads.
fn quote((start, rest): (usize, &str), text: &str) -> Option<Fix> {
    let is_simple = rest.starts_with(text) && !text.contains(['"', '\\', '\n']);
    is_simple.then(|| Fix::new(start..start + text.len(), format!("\"{text}\"")))
}
