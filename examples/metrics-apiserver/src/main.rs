//! A server of the Traffic Metrics API: what a mesh has to add to `smi-metrics-model` is HTTP, a
//! clock, and knowledge of its cluster. The cluster here is a made-up shop.
//!
//! ```console
//! $ cargo run -p smi-metrics-apiserver -- 127.0.0.1:8081 --own-kinds &
//! $ kubectl --server http://127.0.0.1:8081 get deployments.v1alpha1.metrics.smi-spec.io -n shop
//! $ smi top http://127.0.0.1:8081/apis/metrics.smi-spec.io/v1alpha1/namespaces/shop/pods
//! ```
//!
//! Without `--own-kinds` discovery is to the letter of the specification, with which `kubectl get`
//! tells the resources apart only as `--raw`.
//!
//! In a cluster the API server in front wants TLS: a proxy beside this one, or axum with rustls.

mod world;

use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Request as HttpRequest, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use smi_metrics_model::rollup::Rollup;
use smi_metrics_model::serve::{
    Answer, ApiGroup, ApiGroupList, ApiResourceList, ApiVersions, IncludeObject, Query,
    Representation, Request, Scope, Status,
};
use smi_metrics_model::{Report, Tally};

use crate::world::World;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8081".to_owned());
    let listener = tokio::net::TcpListener::bind(&address).await.context(address)?;
    println!("http://{}", listener.local_addr()?);
    let own_kinds = std::env::args().any(|argument| argument == "--own-kinds");
    let world = World { own_kinds, ..World::shop() };
    let router = Router::new().fallback(serve).with_state(Arc::new(world));
    axum::serve(listener, router).await?;
    Ok(())
}

async fn serve(State(world): State<Arc<World>>, request: HttpRequest) -> Response {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    match Request::parse(request.method().as_str(), target) {
        Ok(Request::ApiVersions) => json(200, &ApiVersions::default()),
        Ok(Request::Groups) => json(200, &ApiGroupList::default()),
        Ok(Request::Group) => json(200, &ApiGroup::default()),
        Ok(Request::Resources(version)) => {
            let list = ApiResourceList::new(version);
            json(200, &if world.own_kinds { list.with_own_kinds() } else { list })
        }
        Ok(Request::Metrics(query)) => metrics(&world, &query, request.headers()),
        Err(error) => answer(&error.into()),
    }
}

fn metrics(world: &World, query: &Query, headers: &HeaderMap) -> Response {
    // A mesh keeps `Windows` of its recorders. The shop's have recorded one window only.
    let tallies: Vec<Tally> = world.edges.iter().map(|(_, recorder)| recorder.tally()).collect();
    let mut rollup = Rollup::new(query.scope.kind(), &world.ownership);
    if let Scope::Edges { peers, .. } = &query.scope {
        rollup = rollup.with_peers(*peers);
    }
    for ((edge, _), tally) in world.edges.iter().zip(&tallies) {
        rollup.add(edge, tally);
    }
    let window = query.window().try_into().unwrap_or_default();
    let report = match Report::new(query.version, SystemTime::now(), window) {
        Ok(report) => report,
        Err(error) => return answer(&Status::unavailable(error.to_string()).into()),
    };
    let found = report.answer(query, &rollup, |resource| world.labels(resource));
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
