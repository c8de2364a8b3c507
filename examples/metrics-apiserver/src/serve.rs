use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::ACCEPT;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
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

/// Why there is no answer. What it says is shown to clients.
pub type Refusal = Box<Status>;

impl<S: Source> Server<S> {
    /// All paths of the API.
    pub fn routes(self) -> Router {
        Router::new().fallback(serve::<S>).with_state(Arc::new(self))
    }

    async fn answer(&self, http: &Parts) -> Result<Response, Refusal> {
        let target = http.uri.path_and_query().map_or("/", |target| target.as_str());
        let parsed = Request::parse(http.method.as_str(), target);
        if let Some(cluster) = &self.cluster {
            // Whoever may read there may also learn what is wrong with a question.
            let there = Request::parse("GET", http.uri.path());
            cluster.may(http, parsed.as_ref().or(there.as_ref()).ok()).await?;
        }
        Ok(match parsed.map_err(Status::from)? {
            Request::ApiVersions => Json(ApiVersions::default()).into_response(),
            Request::Groups => Json(ApiGroupList::default()).into_response(),
            Request::Group => Json(ApiGroup::default()).into_response(),
            Request::Resources(version) => {
                let list = ApiResourceList::new(version);
                Json(if self.own_kinds { list.with_own_kinds() } else { list }).into_response()
            }
            Request::Metrics(query) => {
                let window = query.window().try_into().unwrap_or_default();
                let report = Report::new(query.version, SystemTime::now(), window);
                let report = report.map_err(|error| Status::unavailable(error.to_string()))?;
                let found = self.source.answer(&query, &report).await?;
                let accept = http.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
                let accepted = Representation::accepted(accept.unwrap_or_default());
                match (accepted, found.table(IncludeObject::Metadata)) {
                    (Representation::Table, Some(table)) => Json(table).into_response(),
                    _ => response(&found),
                }
            }
        })
    }
}

async fn serve<S: Source>(State(server): State<Arc<Server<S>>>, http: Parts) -> Response {
    if let "/livez" | "/readyz" | "/healthz" = http.uri.path() {
        return "ok".into_response();
    }
    let answer = server.answer(&http).await;
    answer.unwrap_or_else(|refusal| response(&Answer::Failure(refusal)))
}

fn response(answer: &Answer) -> Response {
    let code = StatusCode::from_u16(answer.code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (code, Json(answer)).into_response()
}
