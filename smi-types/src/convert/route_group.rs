use serde_json::Value;

use super::converter::Job;
use super::error::ConvertError;
use super::json::{Object, take};
use crate::api::Version;

/// Converts an HTTPRouteGroup: only the place of `matches` differs.
pub(super) fn convert(job: &mut Job, object: &mut Object) -> Result<(), ConvertError> {
    let is_flat = |version| version <= Version::V1alpha2;
    match (is_flat(job.from), is_flat(job.to)) {
        (true, false) => {
            let matches = take(object, "matches");
            job.drop_ineffective(object, "spec", "spec");
            let mut spec = Object::new();
            if let Some(matches) = matches {
                spec.insert("matches".to_owned(), matches);
                job.relocated("spec.matches");
            }
            object.insert("spec".to_owned(), Value::Object(spec));
        }
        (false, true) => {
            let mut spec = job.take_spec(object)?;
            job.drop_ineffective(object, "matches", "matches");
            if let Some(matches) = take(&mut spec, "matches") {
                object.insert("matches".to_owned(), matches);
                job.relocated("spec.matches");
            }
            job.drop_rest(spec);
        }
        _ => {}
    }
    Ok(())
}
