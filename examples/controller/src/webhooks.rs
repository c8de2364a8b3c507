//! The conversion and the validating webhook: their answers, their certificate, and how the API
//! server learns of them.

mod register;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use axum_server::tls_rustls::RustlsConfig;
use smi_policy::Limits;
use smi_types::validate::Validator;
use smi_types::webhook::admission::{self, AdmissionReview, DynamicObject};
use smi_types::webhook::conversion;

pub use self::register::{Address, keep_registered};

/// The longest review that is read, in bytes: an API server lets a whole page of a list be converted
/// at once.
const MAX_REVIEW: usize = 64 * 1024 * 1024;

/// What the API server asks: `/convert` and `/validate`.
pub fn routes() -> Router {
    Router::new()
        .route("/convert", post(|Json(review)| answer(review, conversion::review)))
        .route("/validate", post(|Json(review)| answer(review, validate)))
        .layer(DefaultBodyLimit::max(MAX_REVIEW))
}

/// A certificate for the process, and the PEM text to trust it by. The next start makes another.
///
/// # Errors
///
/// The host is neither a DNS name nor an IP address.
pub async fn certificate(host: &str) -> anyhow::Result<(RustlsConfig, String)> {
    // Which one it is must not depend on what else is built into a program.
    drop(rustls::crypto::ring::default_provider().install_default());
    let own = rcgen::generate_simple_self_signed([host.to_owned()])?;
    let (chain, key) = (vec![own.cert.der().to_vec()], own.signing_key.serialize_der());
    Ok((RustlsConfig::from_der(chain, key).await?, own.cert.pem()))
}

fn validate(review: AdmissionReview<DynamicObject>) -> AdmissionReview<DynamicObject> {
    admission::review_with(review, &Validator::new().patterns(&Limits::default()))
}

/// Answers on a thread that may take its time.
async fn answer<T: Send + 'static>(review: T, answer: fn(T) -> T) -> Result<Json<T>, StatusCode> {
    let answer = tokio::task::spawn_blocking(move || answer(review)).await;
    answer.map(Json).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}
