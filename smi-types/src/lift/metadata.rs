use super::shape::{mapping, optional_text, text};
use super::{Lifted, Source, Void};
use crate::hub::Meta;
use crate::manifest::{Mapping, Node, excerpt};
use crate::path::Place;
use crate::problem::{Code, Report};

/// Reads `metadata`.
pub(super) fn lift(object: Source<'_>, report: &mut Report) -> Lifted<Meta> {
    let place = Place::ROOT.key("metadata");
    let Some(node) = object.root.get("metadata").filter(|node| !node.is_null()) else {
        let message = "`metadata.name` is missing";
        report.error(Code::MissingName, &place.key("name"), object.node, message);
        return Err(Void);
    };
    let metadata = mapping(node, &place, report)?;
    let field = |key| metadata.get(key).filter(|node| !node.is_null());

    let name = name(node, metadata, &place, report);
    let name = report.or(name, String::new);
    let namespace = optional_text(field("namespace"), &place.key("namespace"), report);
    let timestamp = field("creationTimestamp");
    let timestamp = optional_text(timestamp, &place.key("creationTimestamp"), report);
    let annotations = annotations(metadata, &place, report);
    report.or(annotations, || ())?;
    Ok(Meta {
        version: object.version,
        namespace: report.or(namespace, || None)?.filter(|namespace| !namespace.is_empty()),
        name: name?,
        creation_timestamp: report.or(timestamp, || None)?,
    })
}

fn name(
    parent: Node<'_>,
    metadata: Mapping<'_>,
    place: &Place<'_>,
    report: &mut Report,
) -> Lifted<String> {
    let field = |key| metadata.get(key).filter(|node| !node.is_null());
    let here = place.key("name");
    let name = field("name").map(|node| Ok((node, text(node, &here, report)?))).transpose()?;
    match name {
        Some((_, name)) if !name.is_empty() => Ok(name.to_owned()),
        Some((node, _)) => {
            report.error(Code::MissingName, &here, node, "`metadata.name` must not be empty");
            Err(Void)
        }
        None => {
            let generated = field("generateName").and_then(|node| node.as_str());
            let message = match generated {
                Some(prefix) => format!(
                    "`metadata.name` is missing: the name that `generateName` {} makes is known to the \
                     API server only",
                    excerpt(prefix)
                ),
                None => "`metadata.name` is missing".to_owned(),
            };
            report.error(Code::MissingName, &here, parent, message);
            Err(Void)
        }
    }
}

fn annotations(metadata: Mapping<'_>, place: &Place<'_>, report: &mut Report) -> Lifted<()> {
    let Some(node) = metadata.get("annotations").filter(|node| !node.is_null()) else {
        return Ok(());
    };
    let place = place.key("annotations");
    let annotations = mapping(node, &place, report)?;
    let mut lifted = Ok(());
    for (key, value) in annotations.entries() {
        let place = place.key(key.text());
        if value.is_null() {
            continue;
        }
        lifted = lifted.and(text(value, &place, report).map(drop));
    }
    lifted
}
