//! What the controller knows, over HTTP, for people and probes.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use smi_policy::Severity;

use crate::{Live, ObjectStatus};

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
    let kinds = live.kinds().into_iter().map(|(kind, status)| (kind.to_string(), json!(status)));
    let kinds: serde_json::Map<String, Value> = kinds.collect();
    let snapshot = live.current();
    let objects = snapshot.iter().flat_map(|snapshot| snapshot.objects.values());
    Json(json!({
        "generation": snapshot.as_ref().map(|snapshot| snapshot.generation),
        "kinds": kinds,
        "objects": objects.map(of_object).collect::<Vec<_>>(),
    }))
}

fn of_object(status: &ObjectStatus) -> Value {
    let findings = status.findings.iter().map(|finding| {
        json!({
            "isError": finding.severity == Severity::Error,
            "field": finding.field,
            "code": finding.code,
            "message": finding.message,
        })
    });
    let findings: Vec<Value> = findings.collect();
    let accepted = status.is_accepted();
    json!({"object": status.reference, "accepted": accepted, "findings": findings})
}
