use serde_json::{Map, Value, json};

use super::converter::{Companions, Job};
use super::error::ConvertError;
use super::json::{Object, field, take};
use super::moves::Fate;
use super::preserved::{Kept, Spot, SubjectField};
use super::resolve::{Resolved, placeholder};
use super::slot::{List, Slot};
use crate::api::{Kind, Version};
use crate::manifest::ObjectKey;

const FIELDS: [SubjectField; 2] = [SubjectField::Group, SubjectField::Port];

/// The longest name of an object (RFC 1123 subdomain).
const MAX_NAME: usize = 253;

/// Converts a TrafficTarget. It has its version's `apiVersion` and annotation no longer, or not yet.
pub(super) fn convert(
    job: &mut Job,
    object: &mut Object,
    resolved: Resolved,
) -> Result<(), ConvertError> {
    let had_spec = field(object, "spec").is_some() && job.from != Version::V1alpha1;
    let (mut body, mut rest) = Body::take(job, object)?;
    body.restore(job, resolved);
    body.emit_companion(job);
    let destination = body.destination.map(|slot| destination(job, slot));
    let sources = list(body.sources, |index, slot| source(job, index, slot));
    let rules = list(body.rules, |index, slot| rule(job, index, slot));

    let flat = job.to == Version::V1alpha1;
    let parent = if flat { &mut *object } else { &mut rest };
    let name = if flat { "specs" } else { "rules" };
    for (key, value, path) in [
        ("destination", destination, "spec.destination"),
        ("sources", sources, "spec.sources"),
        (name, rules, "spec.rules"),
    ] {
        if let Some(value) = value {
            parent.insert(key.to_owned(), value);
            job.relocated(path);
        }
    }
    if flat {
        job.drop_rest(rest);
    } else if had_spec || !rest.is_empty() {
        object.insert("spec".to_owned(), Value::Object(rest));
    }
    Ok(())
}

/// Whether a port limits anything, or can't be read, which voids the target.
pub(super) fn restricts(port: &Value) -> bool {
    let none = match port {
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => !text.is_empty() && text.bytes().all(|byte| byte == b'0'),
        _ => false,
    };
    !none
}

/// The parts of a TrafficTarget, whatever its version.
struct Body {
    destination: Option<Slot>,
    sources: List,
    rules: List,
}

impl Body {
    /// Takes the parts out of an object, and what else stands in its `spec`.
    fn take(job: &mut Job, object: &mut Object) -> Result<(Self, Object), ConvertError> {
        let version = job.from;
        let mut spec = Map::new();
        let (destination, sources, rules);
        if version == Version::V1alpha1 {
            destination = take(object, "destination");
            sources = take(object, "sources");
            rules = take(object, "specs");
            job.drop_ineffective(object, "spec", "spec");
        } else {
            spec = job.take_spec(object)?;
            destination = take(&mut spec, "destination");
            sources = take(&mut spec, "sources");
            rules = take(&mut spec, "rules");
            if job.to == Version::V1alpha1 {
                for key in ["destination", "sources", "specs"] {
                    job.drop_ineffective(object, key, key);
                }
            }
        }
        let mut body = Self {
            destination: destination.map(|value| Slot::subject(value, version, false)),
            sources: List::of(sources, |value| Slot::subject(value, version, false)),
            rules: List::of(rules, |value| Slot::rule(value, version, false)),
        };
        body.drop_unknown(job);
        Ok((body, spec))
    }

    /// Drops fields of subjects that only the target version has.
    fn drop_unknown(&mut self, job: &mut Job) {
        let parent = if job.from == Version::V1alpha1 { "" } else { "spec." };
        if let Some(slot) = &mut self.destination {
            drop_unknown(job, slot, &format!("{parent}destination"));
        }
        if let List::Slots(slots) = &mut self.sources {
            for (index, slot) in slots.iter_mut().enumerate() {
                drop_unknown(job, slot, &format!("{parent}sources[{index}]"));
            }
        }
    }

    /// Puts back what the annotation keeps.
    fn restore(&mut self, job: &mut Job, resolved: Resolved) {
        for (spot, kept) in resolved.applies {
            let version = kept.read_in.unwrap_or(job.from);
            let stuck = match spot {
                Spot::Destination => {
                    self.destination = Some(Slot::subject(kept.value, version, true));
                    Ok(())
                }
                Spot::Source(index) => {
                    self.sources.insert(index, Slot::subject(kept.value, version, true))
                }
                Spot::Rule(index) => {
                    self.rules.insert(index, Slot::rule(kept.value, version, true))
                }
                Spot::DestinationField(known) => {
                    if let Some(slot) = &mut self.destination {
                        slot.restore(known, kept.value);
                    }
                    Ok(())
                }
                Spot::SourceField(index, known) => {
                    if let Some(slot) = self.sources.get_mut(index) {
                        slot.restore(known, kept.value);
                    }
                    Ok(())
                }
                Spot::Matches | Spot::Weights => Ok(()),
            };
            if let Err(slot) = stuck {
                job.leave(spot, slot.into_kept());
            }
        }
    }

    /// Says the port of the destination with a TCPRoute, if that is asked for and means the same.
    fn emit_companion(&mut self, job: &mut Job) {
        if job.companions == Companions::Omit || job.to < Version::V1alpha3 {
            return;
        }
        let List::Slots(rules) = &mut self.rules else { return };
        let Some(slot) = &mut self.destination else { return };
        let http_only = rules.iter().all(|rule| rule.kind() == Some("HTTPRouteGroup"));
        if rules.is_empty() || !http_only || slot.is_other_subject_in(job.to) {
            return;
        }
        let Some(port) = slot.get(SubjectField::Port).and_then(port) else { return };
        let name = format!("{}-port-{port}", job.name.name);
        if job.name.name.is_empty() || name.len() > MAX_NAME {
            return;
        }
        slot.take(SubjectField::Port);
        let rule = json!({ "kind": "TCPRoute", "name": name });
        rules.push(Slot::rule(rule, job.to, false));
        let namespace = job.name.namespace.clone();
        let mut metadata = Map::new();
        metadata.insert("name".to_owned(), name.clone().into());
        if let Some(namespace) = &namespace {
            metadata.insert("namespace".to_owned(), namespace.clone().into());
        }
        job.emitted.push(json!({
            "apiVersion": "specs.smi-spec.io/v1alpha4",
            "kind": "TCPRoute",
            "metadata": metadata,
            "spec": { "matches": { "ports": [port] } },
        }));
        let flat = job.from == Version::V1alpha1;
        let path = if flat { "destination.port" } else { "spec.destination.port" };
        let object = ObjectKey { kind: Kind::TcpRoute, namespace, name };
        job.moved(path.parse().unwrap_or_default(), Fate::Companion { object });
    }
}

fn drop_unknown(job: &mut Job, slot: &mut Slot, path: &str) {
    let Some(subject) = slot.value.as_object_mut() else { return };
    for known in FIELDS {
        if known.exists_in(job.to) {
            let key = known.key();
            job.drop_ineffective(subject, key, &format!("{path}.{key}"));
        }
    }
}

fn destination(job: &mut Job, slot: Slot) -> Value {
    if slot.is_other_subject_in(job.to) {
        job.preserve(Spot::Destination, slot.into_kept());
        return placeholder();
    }
    if slot.was_kept {
        job.restored(Spot::Destination);
    }
    subject(job, slot, Spot::DestinationField)
}

fn source(job: &mut Job, index: usize, slot: Slot) -> Option<Value> {
    if slot.is_other_subject_in(job.to) {
        keep(job, Spot::Source(index), slot);
        return None;
    }
    if slot.was_kept {
        job.restored(Spot::Source(index));
    }
    Some(subject(job, slot, |known| Spot::SourceField(index, known)))
}

fn rule(job: &mut Job, index: usize, slot: Slot) -> Option<Value> {
    if slot.is_other_rule_in(job.to) {
        keep(job, Spot::Rule(index), slot);
        return None;
    }
    if slot.was_kept {
        job.restored(Spot::Rule(index));
    }
    Some(slot.into_value())
}

/// Puts an entry of a list into the annotation.
fn keep(job: &mut Job, spot: Spot, slot: Slot) {
    if slot.was_kept {
        job.leave(spot, slot.into_kept());
    } else {
        job.preserve(spot, slot.into_kept());
    }
}

/// A subject as the target version writes it; what it can't say goes into the annotation.
fn subject(job: &mut Job, mut slot: Slot, spot: impl Fn(SubjectField) -> Spot) -> Value {
    for known in FIELDS {
        let was_kept = slot.was_kept;
        let Some((value, field_was_kept)) = slot.take(known) else { continue };
        if known.exists_in(job.to) {
            if field_was_kept && !was_kept {
                job.restored(spot(known));
            }
            slot.restore(known, value);
            continue;
        }
        let kept = Kept { value, of: Some(slot.context()), read_in: None };
        if field_was_kept {
            job.leave(spot(known), kept);
        } else {
            job.preserve(spot(known), kept);
        }
    }
    slot.into_value()
}

/// The list as it stands in the target version.
fn list(list: List, mut item: impl FnMut(usize, Slot) -> Option<Value>) -> Option<Value> {
    match list {
        List::Absent => None,
        List::Wrong(value) => Some(value),
        List::Slots(slots) => {
            let items = slots.into_iter().enumerate();
            Some(items.filter_map(|(index, slot)| item(index, slot)).collect())
        }
    }
}

/// The port that a value says, if it is one.
fn port(value: &Value) -> Option<u16> {
    let port = match value {
        Value::Number(number) => {
            let whole = number.as_f64().filter(|number| number.fract() == 0.0)?;
            (0.0..=f64::from(u16::MAX)).contains(&whole).then_some(whole as u16)
        }
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.trim_start_matches('0').parse().ok()
        }
        _ => None,
    };
    port.filter(|port| *port != 0)
}
