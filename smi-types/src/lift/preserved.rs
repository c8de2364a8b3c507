//! Honouring the annotation that keeps what a version can't say.
//!
//! Values of the annotation are read as the fields of a document are. Their problems are reported
//! at the annotation.

use serde_json::Value;

use super::{Lifted, Source, Void};
use crate::convert::preserved::{Kept, PRESERVED_ANNOTATION, Preserved, Spot};
use crate::convert::{Resolved, resolve};
use crate::manifest::{Key, Node, json_tree};
use crate::path::Place;
use crate::problem::{Code, Report};

/// What the annotation of an object keeps, and where it stands.
#[derive(Debug)]
pub(super) struct Annotation<'d> {
    key: Key<'d>,
    applies: Vec<(Spot, Kept)>,
}

/// Reads the annotation of an object, if it has one.
///
/// # Errors
///
/// It can't be read. It may restrict the object, so the object is void.
pub(super) fn read<'d>(object: Source<'d>, report: &mut Report) -> Lifted<Option<Annotation<'d>>> {
    let annotations = object.root.get("metadata").and_then(|metadata| metadata.get("annotations"));
    let Some(annotations) = annotations.and_then(Node::as_mapping) else { return Ok(None) };
    let found = annotations.entries().find(|(key, _)| key.text() == PRESERVED_ANNOTATION);
    let Some((key, value)) = found.filter(|(_, value)| !value.is_null()) else { return Ok(None) };
    with_place(|place| {
        let mut void = |why: &str| {
            let message = format!("this annotation may restrict the object, and {why}");
            report.error(Code::PreservedAnnotationUnreadable, place, key, message);
            Void
        };
        // What has another type is reported with the other annotations.
        let Some(text) = value.as_str() else { return Err(Void) };
        let mut preserved = Preserved::parse(object.kind, text).map_err(|reason| void(&reason))?;
        if preserved.unreadable.take().is_some() {
            return Err(void("it could not be read before a conversion"));
        }
        let Value::Object(json) = object.node.to_json() else { return Err(Void) };
        let Resolved { applies, outdated } = resolve(object.kind, object.version, &json, preserved);
        for spot in outdated {
            let path = spot.path();
            let message = format!(
                "what is kept of `{path}` no longer counts, because what it belongs to was edited since"
            );
            report.warning(Code::PreservedFieldOutdated, place, key, message);
        }
        Ok(Some(Annotation { key, applies }))
    })
}

impl Annotation<'_> {
    /// The fields that count.
    pub(super) fn fields(&self) -> impl Iterator<Item = (Spot, &Kept)> {
        self.applies.iter().map(|(spot, kept)| (*spot, kept))
    }

    /// Reads a value of the annotation as a field is read.
    pub(super) fn lift<T>(
        &self,
        value: &Value,
        report: &mut Report,
        lift: impl FnOnce(Node<'_>, &Place<'_>, &mut Report) -> T,
    ) -> T {
        let (tree, root) = json_tree(value);
        let mut attempt = report.attempt();
        with_place(|place| {
            let lifted = lift(Node::new(&tree, root), place, &mut attempt);
            report.append_at(attempt, place, self.key);
            lifted
        })
    }
}

/// The place of the annotation.
fn with_place<T>(then: impl FnOnce(&Place<'_>) -> T) -> T {
    then(&Place::ROOT.key("metadata").key("annotations").key(PRESERVED_ANNOTATION))
}
