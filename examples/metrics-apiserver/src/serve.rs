use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::ACCEPT;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::json;
use smi_metrics_model::Report;
use smi_metrics_model::serve::{
    Answer, ApiGroup, ApiGroupList, ApiResourceList, ApiVersions, IncludeObject, Query,
    Representation, Request, Status,
};

use crate::Cluster;

/// What answers requests.
pub struct Server<S> {
    /// Where metrics come from.
    pub source: S,
    /// Whether discovery gives each resource a kind of its own, so that `kubectl get` tells them
    /// apart.
    pub own_kinds: bool,
    /// Who may ask what; everybody everything where there is no cluster.
    pub cluster: Option<Arc<Cluster>>,
}

/// Where metrics come from.
pub trait Source: Send + Sync + 'static {
    /// What a query asks for.
    fn answer(
        &self,
        query: &Query,
        report: &Report,
    ) -> impl Future<Output = Result<Answer, Refusal>> + Send;
}

/// An answer that is no metrics.
#[derive(Debug)]
pub struct Refusal {
    code: StatusCode,
    message: String,
}

impl Refusal {
    /// What it says is shown to clients.
    pub(crate) fn new(code: StatusCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Somebody who is needed for an answer does not give it.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }
}

/// A Status of Kubernetes.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        // Kubernetes' reasons are the phrases of HTTP without their blanks.
        let reason = self.code.canonical_reason().unwrap_or_default().replace(' ', "");
        let status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "code": self.code.as_u16(), "reason": reason, "message": self.message,
        });
        (self.code, Json(status)).into_response()
    }
}

impl<S: Source> Server<S> {
    /// All paths of the API.
    pub fn routes(self) -> Router {
        Router::new().fallback(serve::<S>).with_state(Arc::new(self))
    }
}

async fn serve<S: Source>(State(server): State<Arc<Server<S>>>, http: Parts) -> Response {
    if let "/livez" | "/readyz" | "/healthz" = http.uri.path() {
        return "ok".into_response();
    }
    let target = http.uri.path_and_query().map_or("/", |target| target.as_str());
    let parsed = Request::parse(http.method.as_str(), target);
    if let Some(cluster) = &server.cluster
        && let Err(refusal) = cluster.may(&http, parsed.as_ref().ok()).await
    {
        return refusal.into_response();
    }
    match parsed {
        Ok(Request::ApiVersions) => Json(ApiVersions::default()).into_response(),
        Ok(Request::Groups) => Json(ApiGroupList::default()).into_response(),
        Ok(Request::Group) => Json(ApiGroup::default()).into_response(),
        Ok(Request::Resources(version)) => {
            let list = ApiResourceList::new(version);
            Json(if server.own_kinds { list.with_own_kinds() } else { list }).into_response()
        }
        Ok(Request::Metrics(query)) => metrics(&server.source, &query, &http).await,
        Err(error) => answer(&error.into()),
    }
}

async fn metrics(source: &impl Source, query: &Query, http: &Parts) -> Response {
    let window = query.window().try_into().unwrap_or_default();
    let report = match Report::new(query.version, SystemTime::now(), window) {
        Ok(report) => report,
        Err(error) => return answer(&Status::unavailable(error.to_string()).into()),
    };
    let found = match source.answer(query, &report).await {
        Ok(found) => found,
        Err(refusal) => return refusal.into_response(),
    };
    let accept = http.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let accepted = Representation::accepted(accept.unwrap_or_default());
    match (accepted, found.table(IncludeObject::Metadata)) {
        (Representation::Table, Some(table)) => Json(table).into_response(),
        _ => answer(&found),
    }
}

fn answer(answer: &Answer) -> Response {
    let code = StatusCode::from_u16(answer.code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (code, Json(answer)).into_response()
}
