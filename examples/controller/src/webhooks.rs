//! The conversion and the validating webhook, over HTTP.

use axum::Json;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::post;
use smi_policy::Limits;
use smi_types::validate::Validator;
use smi_types::webhook::admission::{self, AdmissionReview, DynamicObject};
use smi_types::webhook::conversion::{self, ConversionReview};

/// The longest review that is read, in bytes: an API server lets a whole page of a list be converted
/// at once.
const MAX_REVIEW: usize = 64 * 1024 * 1024;

/// The webhooks that an API server asks: `/convert` and `/validate`.
pub fn routes() -> Router {
    Router::new()
        .route("/convert", post(|Json(review)| answer(review, convert)))
        .route("/validate", post(|Json(review)| answer(review, validate)))
        .layer(DefaultBodyLimit::max(MAX_REVIEW))
}

fn convert(review: ConversionReview) -> ConversionReview {
    conversion::review(review)
}

fn validate(review: AdmissionReview<DynamicObject>) -> AdmissionReview<DynamicObject> {
    let patterns = Limits::default();
    admission::review_with(review, &Validator::new().patterns(&patterns))
}

/// Answers on a thread that may take its time.
async fn answer<T: Send + 'static>(review: T, answer: fn(T) -> T) -> Result<Json<T>, StatusCode> {
    let answer = tokio::task::spawn_blocking(move || answer(review)).await;
    answer.map(Json).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}
