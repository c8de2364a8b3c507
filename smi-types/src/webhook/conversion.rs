//! Conversion of stored and requested objects: `apiextensions.k8s.io/v1`, ConversionReview.
//!
//! The answer has one object for each of the request, in order, and the uid of the request. Objects
//! may be of different versions and, within the group, of different kinds; a list of a kind is
//! converted item by item. An API server refuses answers that change more metadata than labels and
//! annotations, so only the annotation `smi-spec.io/preserved` is written, and there are no companion
//! objects.
//!
//! An object that can't be converted fails the whole review, and with it the request of a user, who
//! may have asked for a list of many. So what is wrong with an object is left to admission, and
//! conversion refuses as little as it can; see [`ConvertError`].

use serde_json::Value;

use kube_core::Status;
pub use kube_core::conversion::ConversionReview;
use kube_core::conversion::{ConversionRequest, ConversionResponse};
use kube_core::response::{StatusCause, StatusDetails};

use crate::api::{Group, Version};
use crate::convert::{ConvertError, Converter};

/// Answers a review: all objects converted, or a status that says why not.
///
/// # Examples
///
/// ```
/// use serde_json::json;
/// use smi_types::webhook::conversion::{self, ConversionReview};
///
/// let review: ConversionReview = serde_json::from_value(json!({
///     "apiVersion": "apiextensions.k8s.io/v1",
///     "kind": "ConversionReview",
///     "request": {
///         "uid": "7",
///         "desiredAPIVersion": "split.smi-spec.io/v1alpha4",
///         "objects": [{
///             "apiVersion": "split.smi-spec.io/v1alpha1",
///             "kind": "TrafficSplit",
///             "metadata": {"name": "canary"},
///             "spec": {"service": "web", "backends": [{"service": "v1", "weight": "many"}]},
///         }],
///     },
/// }))?;
/// let response = conversion::review(review).response.ok_or("no response")?;
/// assert_eq!(response.uid, "7");
/// assert_eq!(
///     response.result.message,
///     "objects[0]: TrafficSplit canary: spec.backends[0].weight: \
///      expected a quantity from 0, such as `500m`, found `many`"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn review(review: ConversionReview) -> ConversionReview {
    let Ok(request) = ConversionRequest::from_review(review) else {
        let message = "a ConversionReview without `request`";
        return ConversionResponse::invalid(failure(message, "BadRequest", 400)).into_review();
    };
    respond(request).into_review()
}

/// Answers the request of a review.
pub fn respond(mut request: ConversionRequest) -> ConversionResponse {
    let objects = std::mem::take(&mut request.objects);
    let desired = target(&request.desired_api_version);
    let response = ConversionResponse::for_request(request);
    let (group, version) = match desired {
        Ok(desired) => desired,
        Err(message) => return response.failure(failure(&message, "BadRequest", 400)),
    };
    let mut converted = Vec::with_capacity(objects.len());
    let mut failures = Vec::new();
    for (index, object) in objects.into_iter().enumerate() {
        match convert(object, group, version) {
            Ok(object) => converted.push(object),
            Err(message) => failures.push((index, message)),
        }
    }
    match failures.as_slice() {
        [] => response.success(converted),
        failures => response.failure(summary(failures)),
    }
}

/// The group and version that `desiredAPIVersion` names.
fn target(api_version: &str) -> Result<(Group, Version), String> {
    let (group, version) = api_version.split_once('/').unwrap_or_default();
    Group::parse(group).zip(Version::parse(version)).ok_or_else(|| {
        format!("desiredAPIVersion: `{}` is no version of SMI", api_version.escape_debug())
    })
}

/// Converts an object, or the items of a list.
fn convert(mut object: Value, group: Group, version: Version) -> Result<Value, String> {
    let text = |key| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let (found, _) = text("apiVersion").split_once('/').unwrap_or_default();
    if found != group.as_str() {
        let found = text("apiVersion").escape_debug();
        return Err(format!("apiVersion: expected a version of {group}, found `{found}`"));
    }
    let is_list = text("kind").ends_with("List");
    match object.as_object_mut().filter(|_| is_list) {
        None => Converter::new()
            .convert(object, version)
            .map(|conversion| conversion.object)
            .map_err(|error: ConvertError| error.to_string()),
        Some(list) => {
            if let Some(Value::Array(items)) = list.get_mut("items") {
                for (index, item) in items.iter_mut().enumerate() {
                    *item = convert(item.take(), group, version)
                        .map_err(|message| format!("items[{index}]: {message}"))?;
                }
            }
            list.insert("apiVersion".to_owned(), format!("{group}/{version}").into());
            Ok(object)
        }
    }
}

/// One status for all objects that were not converted.
fn summary(failures: &[(usize, String)]) -> Status {
    let text = |(index, message): &(usize, String)| format!("objects[{index}]: {message}");
    let texts: Vec<String> = failures.iter().map(text).collect();
    let causes = failures.iter().map(|(index, message)| StatusCause {
        reason: "FieldValueInvalid".to_owned(),
        message: message.clone(),
        field: format!("objects[{index}]"),
    });
    let details = StatusDetails {
        name: String::new(),
        group: String::new(),
        kind: String::new(),
        uid: String::new(),
        causes: causes.collect(),
        retry_after_seconds: 0,
    };
    failure(&texts.join("; "), "Invalid", 422).with_details(details)
}

fn failure(message: &str, reason: &str, code: u16) -> Status {
    Status::failure(message, reason).with_code(code)
}
