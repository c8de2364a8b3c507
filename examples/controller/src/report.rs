//! What the controller knows, over HTTP, for people and probes.

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value, json};

use crate::Live;

/// What people and probes ask the controller: `/livez`, `/readyz` and `/report`.
pub fn routes(live: Live) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/report", get(report))
        .with_state(live)
}

async fn ready(State(live): State<Live>) -> (StatusCode, &'static str) {
    match live.current() {
        Some(_) => (StatusCode::OK, "ok\n"),
        None => (StatusCode::SERVICE_UNAVAILABLE, "not all kinds have been listed\n"),
    }
}

/// What is watched, and the status of each object, as the objects' own status would be if their
/// definitions had one.
async fn report(State(live): State<Live>) -> Json<Value> {
    let kinds: serde_json::Map<String, Value> =
        live.kinds().into_iter().map(|(kind, status)| (kind.to_string(), json!(status))).collect();
    let current = live.current();
    let snapshot = current.as_deref();
    Json(json!({
        "generation": snapshot.map(|snapshot| snapshot.generation),
        "trafficTargets": snapshot.map(|snapshot| snapshot.policy.targets().count()),
        "trafficSplits": snapshot.map(|snapshot| snapshot.splits.iter().count()),
        "kinds": kinds,
        "objects": snapshot.map(|snapshot| &snapshot.objects),
    }))
}
