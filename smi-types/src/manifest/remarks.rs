//! What surprises about the text of an SMI object, whatever its fields mean.

use super::node::{Node, Value};
use super::scalar::{OtherReading, other_reading};
use super::syntax::excerpt;
use crate::path::Place;
use crate::problem::{Code, Report};

/// Reports scalars that kubectl reads otherwise, tags without meaning, and traces of templates.
///
/// `template` is whether there are double braces anywhere in the text.
pub(super) fn report(root: Node<'_>, template: bool, report: &mut Report) {
    let tree = root.tree();
    if tree.is_ambiguous() || tree.has_unknown_tags() || template {
        Walk { template, report }.node(root, &Place::ROOT);
    }
}

struct Walk<'r> {
    /// Whether there are double braces anywhere.
    template: bool,
    report: &'r mut Report,
}

impl Walk<'_> {
    fn node(&mut self, node: Node<'_>, place: &Place<'_>) {
        if let Some(tag) = node.unknown_tag() {
            let message = format!("the tag {} means nothing here and is ignored", excerpt(tag));
            self.report.warning(Code::UnknownTag, place, node, message);
        }
        match node.value() {
            Value::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.node(item, &place.index(index));
                }
            }
            Value::Mapping(entries) => {
                for (key, value) in entries.entries() {
                    let place = place.key(key.text());
                    if key.is_plain() {
                        self.key(key, &place);
                    }
                    self.node(value, &place);
                }
            }
            value if node.is_plain() => self.plain(node, value, place),
            Value::String(text) => self.text(node, text, place),
            _ => {}
        }
    }

    fn plain(&mut self, node: Node<'_>, value: Value<'_>, place: &Place<'_>) {
        if let Value::String(text) = value {
            self.text(node, text, place);
        }
        let written = node.plain_text();
        let Some(OtherReading { reader, value: theirs }) = other_reading(written) else { return };
        let ours = match value {
            Value::Number(number) => format!("the number `{number}`"),
            _ => "text".to_owned(),
        };
        let message = format!("{} is {ours} here, and `{theirs}` to {reader}", excerpt(written));
        let reported = self.report.warning(Code::AmbiguousScalar, place, node, message);
        match value {
            Value::Number(number) => reported.help(format!("write `{number}`")),
            _ => reported.help("put it in quotes"),
        }
    }

    fn key(&mut self, key: super::Key<'_>, place: &Place<'_>) {
        let text = key.text();
        if text == "<<" {
            let message = "the key `<<` is text here, and merges another mapping for kubectl";
            let reported = self.report.warning(Code::AmbiguousScalar, place, key, message);
            reported.help("write out the fields that it should bring");
        } else if let Some(OtherReading { reader, value }) = other_reading(text) {
            let message =
                format!("the key {} is text here, and `{value}` to {reader}", excerpt(text));
            let reported = self.report.warning(Code::AmbiguousScalar, place, key, message);
            reported.help("put it in quotes");
        }
    }

    fn text(&mut self, node: Node<'_>, text: &str, place: &Place<'_>) {
        if self.template && text.contains("{{") && text.contains("}}") {
            let message =
                format!("{} looks like a template that nobody has rendered", excerpt(text));
            self.report.warning(Code::UnrenderedTemplate, place, node, message);
        }
    }
}
