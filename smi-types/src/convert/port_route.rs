use serde_json::{Value, json};

use super::converter::Job;
use super::error::ConvertError;
use super::json::{Object, field, is_empty_list, member, take};
use super::moves::Fate;
use super::preserved::{Kept, Spot};
use super::resolve::Resolved;
use crate::api::Version;

/// Converts a TCPRoute: v1alpha4 has ports, v1alpha3 an empty `spec`, older versions nothing.
pub(super) fn convert(
    job: &mut Job,
    object: &mut Object,
    resolved: Resolved,
) -> Result<(), ConvertError> {
    let has_spec = |version| version >= Version::V1alpha3;
    let misplaced = has_misplaced_ports(object);
    let mut spec = if has_spec(job.from) {
        job.take_spec(object)?
    } else {
        match take(object, "spec") {
            Some(Value::Object(spec)) => spec,
            Some(_) => {
                job.moved("spec".parse().unwrap_or_default(), Fate::Ineffective);
                Object::new()
            }
            None => Object::new(),
        }
    };
    // They restrict in every version, as if they were unreadable, and have to go on doing so.
    let ports = if misplaced { take(&mut spec, "ports") } else { None };
    if !misplaced {
        job.drop_ineffective(&mut spec, "ports", "spec.ports");
    }
    let mut kept = resolved.applies.into_iter().find(|(spot, _)| *spot == Spot::Matches);
    let matches = if job.from == Version::V1alpha4 {
        let there = take(&mut spec, "matches").filter(|matches| !says_all(matches));
        there.or_else(|| kept.take().map(|(_, kept)| kept.value))
    } else {
        job.drop_ineffective(&mut spec, "matches", "spec.matches");
        kept.take().map(|(_, kept)| kept.value)
    };
    if job.to == Version::V1alpha4 {
        if let Some(matches) = matches {
            spec.insert("matches".to_owned(), matches);
            if job.from != Version::V1alpha4 {
                job.restored(Spot::Matches);
            }
        } else if !misplaced {
            spec.insert("matches".to_owned(), json!({ "ports": [] }));
        }
    } else if let Some(matches) = matches {
        job.preserve(Spot::Matches, Kept { value: matches, of: None, read_in: None });
    }
    if has_spec(job.to) {
        spec.extend(ports.map(|ports| ("ports".to_owned(), ports)));
        object.insert("spec".to_owned(), Value::Object(spec));
    } else {
        job.drop_rest(spec);
        if let Some(ports) = ports {
            object.insert("spec".to_owned(), json!({ "ports": ports }));
        }
    }
    Ok(())
}

/// Whether `spec.matches` from the annotation has a place in the object: nothing else says there
/// which ports are meant.
pub(super) fn is_free(version: Version, object: &Object, kept: &Value) -> bool {
    let spec = field(object, "spec");
    let matches = spec.and_then(|spec| member(spec, "matches"));
    let matches = matches.filter(|_| version == Version::V1alpha4);
    // Misplaced ports are what they are only beside `matches` without ports.
    let in_order = !has_misplaced_ports(object) || member(kept, "ports").is_none();
    matches.is_none_or(says_all) && in_order
}

/// Whether `spec.matches` limits the ports, or can't be read, which voids the route.
pub(super) fn restricts(matches: &Value) -> bool {
    let Some(matches) = matches.as_object() else { return true };
    let name = field(matches, "name").is_none_or(Value::is_string);
    let all = field(matches, "ports").is_none_or(is_empty_list);
    !(name && all)
}

/// Whether `spec.matches` says no more than its absence.
fn says_all(matches: &Value) -> bool {
    let Some(matches) = matches.as_object() else { return false };
    matches.iter().all(|(key, value)| value.is_null() || (key == "ports" && is_empty_list(value)))
}

/// Whether there are ports in `spec` and none in `spec.matches`.
fn has_misplaced_ports(object: &Object) -> bool {
    let Some(spec) = field(object, "spec").and_then(Value::as_object) else { return false };
    let right = field(spec, "matches").and_then(|matches| member(matches, "ports"));
    right.is_none() && field(spec, "ports").is_some()
}
