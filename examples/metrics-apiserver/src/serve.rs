//! From a request in HTTP to an answer.

use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::{ConnectInfo, Request as HttpRequest, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use smi_controller::ClientCertificate;
use smi_metrics_model::Report;
use smi_metrics_model::serve::{
    Answer, ApiGroup, ApiGroupList, ApiResourceList, ApiVersions, IncludeObject, Query,
    Representation, Request, Status,
};

use crate::cluster::Cluster;
use crate::prometheus::Prometheus;
use crate::world::World;

/// What answers requests.
pub(crate) struct Server {
    pub(crate) source: Source,
    /// Whether discovery gives each resource a kind of its own.
    pub(crate) own_kinds: bool,
    /// Who may ask what; everybody everything where there is no cluster.
    pub(crate) cluster: Option<Cluster>,
}

/// Where metrics come from.
pub(crate) enum Source {
    Shop(World),
    Prometheus(Box<Prometheus>),
}

/// An answer that is no metrics: a code, a reason and a message.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self { code: 503, reason: "ServiceUnavailable", message: message.into() }
    }

    fn status(&self) -> Value {
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "code": self.code, "reason": self.reason, "message": self.message,
        })
    }
}

pub(crate) async fn serve(State(server): State<Arc<Server>>, request: HttpRequest) -> Response {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
    if let "/livez" | "/readyz" | "/healthz" = request.uri().path() {
        return "ok".into_response();
    }
    let method = request.method().clone();
    let parsed = Request::parse(method.as_str(), &target);
    if let Some(cluster) = &server.cluster {
        let certificate = request.extensions().get::<ConnectInfo<ClientCertificate>>();
        let certificate = certificate.and_then(|info| info.0.0.as_ref());
        let path = request.uri().path();
        let may = cluster.may(
            certificate,
            request.headers(),
            method.as_str(),
            path,
            parsed.as_ref().ok(),
        );
        if let Err(refusal) = may.await {
            return json(refusal.code, &refusal.status());
        }
    }
    match parsed {
        Ok(Request::ApiVersions) => json(200, &ApiVersions::default()),
        Ok(Request::Groups) => json(200, &ApiGroupList::default()),
        Ok(Request::Group) => json(200, &ApiGroup::default()),
        Ok(Request::Resources(version)) => {
            let list = ApiResourceList::new(version);
            json(200, &if server.own_kinds { list.with_own_kinds() } else { list })
        }
        Ok(Request::Metrics(query)) => metrics(&server.source, &query, request.headers()).await,
        Err(error) => answer(&error.into()),
    }
}

async fn metrics(source: &Source, query: &Query, headers: &HeaderMap) -> Response {
    let window = query.window().try_into().unwrap_or_default();
    let report = match Report::new(query.version, SystemTime::now(), window) {
        Ok(report) => report,
        Err(error) => return answer(&Status::unavailable(error.to_string()).into()),
    };
    let found = match source {
        Source::Shop(world) => Ok(world.answer(query, &report)),
        Source::Prometheus(prometheus) => prometheus.answer(query, &report).await,
    };
    let found = match found {
        Ok(found) => found,
        Err(refusal) => return json(refusal.code, &refusal.status()),
    };
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    match (Representation::accepted(accept), found.table(IncludeObject::Metadata)) {
        (Representation::Table, Some(table)) => json(200, &table),
        _ => answer(&found),
    }
}

fn answer(answer: &Answer) -> Response {
    json(answer.code(), answer)
}

fn json(code: u16, document: &impl serde::Serialize) -> Response {
    let code = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match serde_json::to_vec(document) {
        Ok(body) => (code, [(CONTENT_TYPE, "application/json")], body).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
