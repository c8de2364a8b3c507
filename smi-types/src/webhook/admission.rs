//! Validation of objects that are created or changed: `admission.k8s.io/v1`, AdmissionReview.
//!
//! An object is denied if a [`Validator`] finds an error in it, because something in it grants nothing,
//! and whoever wrote it meant something. The answer lists all errors, with field paths. Warnings let
//! the object pass; `kubectl` prints them. Regular expressions are checked if the validator does.
//!
//! Objects are judged alone: whether what they refer to exists is not known here, and may become
//! true later.

use kube_core::admission::{AdmissionRequest, AdmissionResponse, Operation};
use kube_core::response::{Status, StatusCause, StatusDetails};
use serde_json::Value;

use crate::Manifest;
use crate::problem::Problem;
use crate::validate::Validator;

pub use kube_core::admission::AdmissionReview;
pub use kube_core::dynamic::DynamicObject;

/// The longest warning that API servers pass on whole, in bytes.
const MAX_WARNING: usize = 256;

/// The most warnings and causes that an answer lists.
const MAX_LISTED: usize = 50;

/// Answers a review: allowed, perhaps with warnings, or denied with all errors.
///
/// Deletions, and objects that are none of SMI's, are allowed.
///
/// # Examples
///
/// ```
/// use serde_json::json;
/// use smi_types::webhook::admission::{self, AdmissionReview, DynamicObject};
///
/// let review: AdmissionReview<DynamicObject> = serde_json::from_value(json!({
///     "apiVersion": "admission.k8s.io/v1",
///     "kind": "AdmissionReview",
///     "request": {
///         "uid": "7",
///         "kind": {"group": "specs.smi-spec.io", "version": "v1alpha4", "kind": "TCPRoute"},
///         "resource": {"group": "specs.smi-spec.io", "version": "v1alpha4", "resource": "tcproutes"},
///         "operation": "CREATE",
///         "userInfo": {},
///         "object": {
///             "apiVersion": "specs.smi-spec.io/v1alpha4",
///             "kind": "TCPRoute",
///             "metadata": {"name": "web"},
///             "spec": {"matches": {"ports": [80, 99999]}},
///         },
///     },
/// }))?;
/// let response = admission::review(review).response.ok_or("no response")?;
/// assert!(!response.allowed);
/// assert_eq!(response.uid, "7");
/// let cause = &response.result.details.ok_or("no details")?.causes[0];
/// assert_eq!(cause.field, "spec.matches.ports[1]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn review(review: AdmissionReview<DynamicObject>) -> AdmissionReview<DynamicObject> {
    review_with(review, &Validator::new())
}

/// Answers a review with the rules of a validator of one's own, such as one that checks regular
/// expressions.
pub fn review_with(
    review: AdmissionReview<DynamicObject>,
    validator: &Validator<'_>,
) -> AdmissionReview<DynamicObject> {
    let request: Result<AdmissionRequest<DynamicObject>, _> = review.try_into();
    match request {
        Ok(request) => respond(&request, validator).into_review(),
        Err(_) => {
            let message = "an AdmissionReview without `request`";
            AdmissionResponse::invalid(message).into_review()
        }
    }
}

/// Answers the request of a review.
pub fn respond(
    request: &AdmissionRequest<DynamicObject>,
    validator: &Validator<'_>,
) -> AdmissionResponse {
    let response = AdmissionResponse::from(request);
    let Some(object) = request.object.as_ref().filter(|_| is_judged(request)) else {
        return response;
    };
    let object = match serde_json::to_value(object) {
        Ok(object) => named(object),
        Err(error) => return deny(response, request, &[], &error.to_string()),
    };
    let problems = match Manifest::of(&object) {
        // Of what belongs to no namespace it is empty.
        Ok(manifest) => match request.namespace.as_deref().filter(|own| !own.is_empty()) {
            Some(namespace) => validator.clone().default_namespace(namespace).manifest(&manifest),
            None => validator.manifest(&manifest),
        },
        Err(error) => return deny(response, request, &[], &error.to_string()),
    };
    let (errors, warnings): (Vec<_>, Vec<_>) = problems.iter().partition(|p| p.is_error());
    let mut response = match errors.as_slice() {
        [] => response,
        errors => deny(response, request, errors, &summary(errors)),
    };
    if !warnings.is_empty() {
        let warnings = warnings.into_iter().take(MAX_LISTED);
        response.warnings = Some(warnings.map(|problem| shortened(line(problem))).collect());
    }
    response
}

/// Whether the request changes an object.
fn is_judged(request: &AdmissionRequest<DynamicObject>) -> bool {
    let whole = request.sub_resource.as_deref().is_none_or(str::is_empty);
    whole && matches!(request.operation, Operation::Create | Operation::Update)
}

/// An object whose name the API server will make has none yet. It is judged with one.
fn named(mut object: Value) -> Value {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        let text = |key: &str| metadata.get(key).and_then(Value::as_str).unwrap_or_default();
        let prefix = text("generateName").to_owned();
        if text("name").is_empty() && !prefix.is_empty() {
            metadata.insert("name".to_owned(), format!("{prefix}00000").into());
        }
    }
    object
}

fn deny(
    response: AdmissionResponse,
    request: &AdmissionRequest<DynamicObject>,
    errors: &[&Problem],
    message: &str,
) -> AdmissionResponse {
    let causes = errors.iter().take(MAX_LISTED).map(|problem| StatusCause {
        reason: problem.code().as_str().to_owned(),
        message: problem.message().to_owned(),
        field: problem.path().to_string(),
    });
    let details = StatusDetails {
        name: request.name.clone(),
        group: request.kind.group.clone(),
        kind: request.kind.kind.clone(),
        uid: String::new(),
        causes: causes.collect(),
        retry_after_seconds: 0,
    };
    let mut response = response.deny(message);
    response.result = Status::failure(message, "Invalid").with_code(422).with_details(details);
    response
}

/// All errors in one line, for clients that print no causes.
fn summary(errors: &[&Problem]) -> String {
    let lines: Vec<_> = errors.iter().take(MAX_LISTED).map(|problem| line(problem)).collect();
    match errors.len().saturating_sub(MAX_LISTED) {
        0 => lines.join("; "),
        more => format!("{}; and {more} more", lines.join("; ")),
    }
}

/// A problem without its place in a text that nobody sees.
fn line(problem: &Problem) -> String {
    let mut line = match problem.path() {
        path if path.is_root() => problem.message().to_owned(),
        path => format!("{path}: {}", problem.message()),
    };
    if let Some(help) = problem.help() {
        line.push_str(" (");
        line.push_str(help);
        line.push(')');
    }
    line
}

/// A text that is no longer than API servers pass on.
fn shortened(text: String) -> String {
    if text.len() <= MAX_WARNING {
        return text;
    }
    let end = (0..MAX_WARNING - 2).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", text.get(..end).unwrap_or_default())
}
