//! The forms of `headers`: one mapping, or a list of mappings of one or more keys.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::shape::{text, wrong_type};
use super::{Lifted, Void};
use crate::manifest::{Mapping, Node, Value, excerpt};
use crate::path::Place;
use crate::problem::{Code, Report};

type Headers = BTreeMap<String, String>;

/// Reads `headers`.
pub(super) fn lift(
    node: Option<Node<'_>>,
    place: &Place<'_>,
    report: &mut Report,
) -> Lifted<Headers> {
    let mut headers = Headers::new();
    let Some(node) = node else { return Ok(headers) };
    let mut lifted = Ok(());
    match node.value() {
        Value::Mapping(mapping) => lifted = add(mapping, place, &mut headers, report),
        Value::Sequence(list) => {
            for (index, entry) in list.iter().enumerate() {
                lifted = lifted.and(item(entry, &place.index(index), &mut headers, report));
            }
        }
        _ => lifted = Err(wrong_type(node, place, "a mapping or a list of mappings", report)),
    }
    report.or(lifted, || ()).map(|()| headers)
}

fn item(
    node: Node<'_>,
    place: &Place<'_>,
    headers: &mut Headers,
    report: &mut Report,
) -> Lifted<()> {
    match node.value() {
        Value::Mapping(mapping) if mapping.is_empty() => {
            report.error(Code::InvalidHeaders, place, node, "a header condition is empty");
            Err(Void)
        }
        Value::Mapping(mapping) => add(mapping, place, headers, report),
        _ => Err(wrong_type(node, place, "a mapping from header names to patterns", report)),
    }
}

fn add(
    mapping: Mapping<'_>,
    place: &Place<'_>,
    headers: &mut Headers,
    report: &mut Report,
) -> Lifted<()> {
    let mut lifted = Ok(());
    for (key, value) in mapping.entries() {
        let place = place.key(key.text());
        let name = key.text().to_ascii_lowercase();
        let Ok(pattern) = text(value, &place, report) else {
            lifted = Err(Void);
            continue;
        };
        if name.starts_with(':') && name != ":authority" {
            let message = format!(
                "the pseudo-header {} is no header, so this match is void: only `:authority` may stand \
                 here",
                excerpt(key.text())
            );
            let reported = report.error(Code::PseudoHeader, &place, key, message);
            match name.as_str() {
                ":path" => reported.help("use `pathRegex`"),
                ":method" => reported.help("use `methods`"),
                _ => {}
            }
            lifted = Err(Void);
            continue;
        }
        match headers.entry(name) {
            Entry::Vacant(slot) => drop(slot.insert(pattern.to_owned())),
            Entry::Occupied(known) if known.get() == pattern => {}
            Entry::Occupied(known) => {
                let message = format!(
                    "the header {} has two patterns, {} and {}, so this match is void",
                    excerpt(known.key()),
                    excerpt(known.get()),
                    excerpt(pattern)
                );
                report.error(Code::InvalidHeaders, &place, key, message);
                lifted = Err(Void);
            }
        }
    }
    lifted
}
