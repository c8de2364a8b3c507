use serde_json::Value;

use super::converter::Job;
use super::error::ConvertError;
use super::json::{Object, field, is_empty_list, take};
use super::moves::Fate;
use super::preserved::{Kept, Spot};
use super::resolve::Resolved;
use super::weights::{self, WeightError};
use crate::api::Version;
use crate::path::FieldPath;

/// Converts a TrafficSplit: v1alpha1 has quantities, v1alpha3 and later have `matches`.
pub(super) fn convert(
    job: &mut Job,
    object: &mut Object,
    resolved: Resolved,
) -> Result<(), ConvertError> {
    let had_spec = field(object, "spec").is_some();
    let mut spec = job.take_spec(object)?;
    let (mut kept_matches, mut kept_weights) = (None, None);
    for (spot, kept) in resolved.applies {
        match spot {
            Spot::Matches => kept_matches = Some(kept),
            Spot::Weights => kept_weights = Some(kept),
            _ => {}
        }
    }
    matches(job, &mut spec, kept_matches);
    weights(job, &mut spec, kept_weights)?;
    if had_spec || !spec.is_empty() {
        object.insert("spec".to_owned(), Value::Object(spec));
    }
    Ok(())
}

fn matches(job: &mut Job, spec: &mut Object, kept: Option<Kept>) {
    let has_matches = |version| version >= Version::V1alpha3;
    let (before, now) = (has_matches(job.from), has_matches(job.to));
    if !before && now {
        job.drop_ineffective(spec, "matches", "spec.matches");
    }
    let there = if before { take(spec, "matches") } else { None };
    let there = there.filter(|matches| !is_empty_list(matches) || now);
    let matches = match (there, kept) {
        (there, Some(kept)) if there.as_ref().is_none_or(is_empty_list) => Some(kept.value),
        (there, _) => there,
    };
    let Some(matches) = matches else { return };
    if now {
        spec.insert("matches".to_owned(), matches);
        if !before {
            job.restored(Spot::Matches);
        }
    } else {
        let of = field(spec, "service").cloned();
        job.preserve(Spot::Matches, Kept { value: matches, of, read_in: None });
    }
}

fn weights(job: &mut Job, spec: &mut Object, kept: Option<Kept>) -> Result<(), ConvertError> {
    let has_quantities = |version| version == Version::V1alpha1;
    let change = (has_quantities(job.from), has_quantities(job.to));
    if change == (false, false) {
        if let Some(kept) = kept {
            job.leave(Spot::Weights, kept);
        }
        return Ok(());
    }
    if change == (true, true) {
        return Ok(());
    }
    let Some(backends) = weights::backends(spec) else { return Ok(()) };
    let Some(list) = backends.as_array_mut() else {
        let error = job.shape("spec.backends", "a list", backends);
        return Err(error);
    };
    if change == (false, true) {
        weights::raise(list, kept.as_ref()).map_err(|error| refuse(job, error))?;
        if kept.is_some() {
            job.restored(Spot::Weights);
        }
        return Ok(());
    }
    let lowered = weights::lower(list).map_err(|error| refuse(job, error))?;
    if lowered.differs {
        let of = weights::context(backends);
        for (index, (before, after)) in lowered.before.iter().zip(&lowered.after).enumerate() {
            let (from, to) = (weights::print(before), after.to_string());
            if from != to {
                job.moved(weight_path(index), Fate::Rewritten { from, to });
            }
        }
        let kept = Kept { value: lowered.before.into(), of, read_in: None };
        job.preserve(Spot::Weights, kept);
    }
    Ok(())
}

fn refuse(job: &Job, error: WeightError) -> ConvertError {
    let object = job.name.clone();
    match error {
        WeightError::Backend { index, expected, found } => {
            ConvertError::Weight { object, path: weight_path(index), expected, found }
        }
        WeightError::Ratio(source) => ConvertError::Ratio { object, source },
    }
}

fn weight_path(index: usize) -> FieldPath {
    let mut path = FieldPath::root();
    path.push_key("spec");
    path.push_key("backends");
    path.push_index(index);
    path.push_key("weight");
    path
}
