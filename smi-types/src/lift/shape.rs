//! The types that fields must have.

use super::{Lifted, Void};
use crate::manifest::{Mapping, Node, Sequence, Value, excerpt};
use crate::path::Place;
use crate::problem::{Code, Report};

pub(super) fn mapping<'d>(
    node: Node<'d>,
    place: &Place<'_>,
    report: &mut Report,
) -> Lifted<Mapping<'d>> {
    node.as_mapping().ok_or_else(|| wrong_type(node, place, "a mapping", report))
}

pub(crate) fn list<'d>(
    node: Node<'d>,
    place: &Place<'_>,
    report: &mut Report,
) -> Lifted<Sequence<'d>> {
    node.as_sequence().ok_or_else(|| wrong_type(node, place, "a list", report))
}

pub(super) fn text<'d>(node: Node<'d>, place: &Place<'_>, report: &mut Report) -> Lifted<&'d str> {
    let Some(text) = node.as_str() else {
        let message = format!("expected text, found {}", describe(node));
        let reported = report.error(Code::WrongType, place, node, message);
        if matches!(node.value(), Value::Bool(_) | Value::Number(_)) {
            reported.help("put it in quotes if it is meant as text");
        }
        return Err(Void);
    };
    Ok(text)
}

/// A list of texts; absent is empty.
pub(super) fn texts(
    node: Option<Node<'_>>,
    place: &Place<'_>,
    report: &mut Report,
) -> Lifted<Vec<String>> {
    let Some(node) = node else { return Ok(Vec::new()) };
    let found = list(node, place, report);
    let Ok(list) = found else { return report.or(Err(Void), Vec::new) };
    let mut texts = Vec::with_capacity(list.len());
    let mut lifted = Ok(());
    for (index, entry) in list.iter().enumerate() {
        let read = text(entry, &place.index(index), report);
        match report.or(read, || "") {
            Ok(text) => texts.push(text.to_owned()),
            Err(void) => lifted = Err(void),
        }
    }
    lifted.map(|()| texts)
}

/// A text that must be there and must not be empty. `parent` is where it is missed.
pub(super) fn required_text<'d>(
    node: Option<Node<'d>>,
    parent: Node<'_>,
    place: &Place<'_>,
    report: &mut Report,
) -> Lifted<&'d str> {
    let Some(node) = node else {
        report.error(Code::MissingField, place, parent, "this field is missing");
        return Err(Void);
    };
    let text = text(node, place, report)?;
    if text.is_empty() {
        report.error(Code::MissingField, place, node, "this field must not be empty");
        return Err(Void);
    }
    Ok(text)
}

pub(super) fn optional_text(
    node: Option<Node<'_>>,
    place: &Place<'_>,
    report: &mut Report,
) -> Lifted<Option<String>> {
    node.map(|node| text(node, place, report).map(str::to_owned)).transpose()
}

/// Reports a value of the wrong type.
pub(crate) fn wrong_type(
    node: Node<'_>,
    place: &Place<'_>,
    expected: &str,
    report: &mut Report,
) -> Void {
    let message = format!("expected {expected}, found {}", describe(node));
    report.error(Code::WrongType, place, node, message);
    Void
}

/// What a value is, as messages say it.
pub(super) fn describe(node: Node<'_>) -> String {
    match node.value() {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("the boolean `{value}`"),
        Value::Number(number) => format!("the number `{number}`"),
        Value::String("") => "an empty text".to_owned(),
        Value::String(text) => format!("the text {}", excerpt(text)),
        Value::Sequence(_) => "a list".to_owned(),
        Value::Mapping(_) => "a mapping".to_owned(),
    }
}
