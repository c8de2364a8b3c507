//! Which fields of the annotation still count: those whose place is free, and whose context is what
//! it was.

use serde_json::{Map, Value};

use super::json::{Object, field, is_empty_list, member};
use super::preserved::{Kept, PLACEHOLDER, Preserved, Spot, SubjectField};
use super::{port_route, weights};
use crate::api::{Kind, Version};

/// The fields of an annotation, judged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolved {
    /// What counts, in the order of the fields.
    pub(crate) applies: Vec<(Spot, Kept)>,
    /// What was edited since.
    pub(crate) outdated: Vec<Spot>,
}

/// Judges the fields of an annotation by the object that has it.
pub(crate) fn resolve(
    kind: Kind,
    version: Version,
    object: &Object,
    preserved: Preserved,
) -> Resolved {
    let body = Body { version, object };
    let mut resolved = Resolved::default();
    let sources = body.sources(&preserved);
    for (spot, kept) in preserved.fields {
        let applies = match spot {
            Spot::Destination => body.destination().is_some_and(is_placeholder),
            Spot::DestinationField(field) => {
                body.destination().is_some_and(|subject| fits(version, field, subject, &kept))
            }
            Spot::Source(_) | Spot::Rule(_) => true,
            Spot::SourceField(index, field) => sources
                .get(index)
                .copied()
                .flatten()
                .is_some_and(|subject| fits(version, field, subject, &kept)),
            Spot::Matches if kind == Kind::TcpRoute => {
                port_route::is_free(version, object, &kept.value)
            }
            Spot::Matches => {
                let spec = body.spec();
                let there = spec.and_then(|spec| field(spec, "matches"));
                let there = there.filter(|_| version >= Version::V1alpha3);
                there.is_none_or(is_empty_list)
                    && spec.and_then(|spec| field(spec, "service")) == kept.of.as_ref()
            }
            Spot::Weights => {
                let backends = body.spec().and_then(|spec| field(spec, "backends"));
                version >= Version::V1alpha2
                    && backends.is_some()
                    && backends.and_then(weights::context) == kept.of
                    && kept.value.as_array().map(Vec::len)
                        == backends.and_then(Value::as_array).map(Vec::len)
            }
        };
        if applies {
            resolved.applies.push((spot, kept));
        } else {
            resolved.outdated.push(spot);
        }
    }
    resolved
}

/// What a field of a subject belongs to.
pub(super) fn context(subject: &Value) -> Value {
    let mut context = Map::new();
    for key in ["kind", "name", "namespace"] {
        if let Some(value) = member(subject, key) {
            context.insert(key.to_owned(), value.clone());
        }
    }
    Value::Object(context)
}

/// The subject that stands where a destination was put away.
pub(super) fn placeholder() -> Value {
    serde_json::json!({ "kind": "IdentityBinding", "name": PLACEHOLDER })
}

fn is_placeholder(subject: &Value) -> bool {
    context(subject) == placeholder()
}

/// Whether a field still belongs to a subject, and has not got another value there.
fn fits(version: Version, field: SubjectField, subject: &Value, kept: &Kept) -> bool {
    let there = member(subject, field.key()).filter(|_| field.exists_in(version));
    there.is_none() && kept.of.as_ref() == Some(&context(subject))
}

/// Where a TrafficTarget or TrafficSplit has its fields.
struct Body<'o> {
    version: Version,
    object: &'o Object,
}

impl<'o> Body<'o> {
    fn spec(&self) -> Option<&'o Object> {
        field(self.object, "spec").and_then(Value::as_object)
    }

    fn parent(&self) -> Option<&'o Object> {
        if self.version == Version::V1alpha1 { Some(self.object) } else { self.spec() }
    }

    fn destination(&self) -> Option<&'o Value> {
        field(self.parent()?, "destination")
    }

    /// The sources with gaps where others were taken out.
    fn sources(&self, preserved: &Preserved) -> Vec<Option<&'o Value>> {
        let there = self.parent().and_then(|parent| field(parent, "sources"));
        let there = there.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let mut sources: Vec<_> = there.iter().map(Some).collect();
        for spot in preserved.fields.keys() {
            if let Spot::Source(index) = spot {
                sources.insert((*index).min(sources.len()), None);
            }
        }
        sources
    }
}
