use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response};
use pingora_core::apps::http_app::ServeHttp;
use pingora_core::protocols::http::ServerSession;
use smi_metrics_model::serve::Scope;
use smi_metrics_model::{
    End, Kind, Nullable, ObjectReference, Outcome, Recorder, Report, Resource, TrafficMetrics,
    TrafficMetricsList, Version, Way,
};
use smi_policy::Identity;
use smi_split::ObjectName;

/// So many callers and backends are told apart; the rest counts as one.
const EDGES: usize = 4096;

/// What was measured of each caller and each backend since the start.
#[derive(Debug)]
pub struct Metrics {
    service: Resource,
    since: SystemTime,
    edges: ArcSwap<HashMap<Key, Arc<Recorder>>>,
}

/// Who called, and the backend that answered.
type Key = (Option<String>, Option<ObjectName>);

impl Metrics {
    /// Nothing yet, about calls of this service.
    pub fn new(service: ObjectName) -> Self {
        Self { service: resource(&service), since: SystemTime::now(), edges: ArcSwap::default() }
    }

    /// Records one request.
    pub(crate) fn record(
        &self,
        source: Option<&Identity>,
        backend: Option<&ObjectName>,
        status: u16,
        latency: Duration,
    ) {
        let key = (source.map(ToString::to_string), backend.cloned());
        let known = self.edges.load().get(&key).cloned();
        let outcome = if status < 500 { Outcome::Success } else { Outcome::Failure };
        known.unwrap_or_else(|| self.add(key)).record(latency, outcome);
    }

    /// An edge that is new, once, whoever else adds it at the same time.
    fn add(&self, key: Key) -> Arc<Recorder> {
        let new = Arc::new(Recorder::default());
        let key = if self.edges.load().len() < EDGES { key } else { (None, None) };
        self.edges.rcu(|edges| {
            let mut edges = HashMap::clone(edges);
            edges.entry(key.clone()).or_insert_with(|| Arc::clone(&new));
            edges
        });
        self.edges.load().get(&key).map_or(new, Arc::clone)
    }

    /// All of it as an answer of the Traffic Metrics API: one item for each caller and backend.
    pub fn list(&self) -> TrafficMetricsList {
        let now = SystemTime::now();
        let window = now.duration_since(self.since).unwrap_or_default();
        let Ok(report) = Report::new(Version::V1alpha1, now, window) else {
            return TrafficMetricsList::new(Version::V1alpha1);
        };
        let edges = self.edges.load();
        let mut edges: Vec<(&Key, &Arc<Recorder>)> = edges.iter().collect();
        edges.sort_by(|(a, _), (b, _)| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        let items = edges.into_iter().map(|(key, recorder)| self.item(&report, key, recorder));
        report.list(&Scope::Object(self.service.clone()), items.collect())
    }

    fn item(
        &self,
        report: &Report,
        (source, backend): &Key,
        recorder: &Recorder,
    ) -> TrafficMetrics {
        let backend = backend.as_ref().map_or_else(|| self.service.clone(), resource);
        let traffic = (&recorder.tally()).into();
        let mut item = report.edge(&backend, Way::From, Some(End::Server), None, &traffic);
        if let (Some(source), Nullable::Value(edge)) = (source, &mut item.edge) {
            // The API knows workloads; a proxy knows who called by an identity.
            edge.resource = ObjectReference {
                kind: Some("ServiceAccount".to_owned()),
                name: Some(source.clone()),
                ..ObjectReference::default()
            }
            .into();
        }
        item
    }
}

fn resource(service: &ObjectName) -> Resource {
    Resource::new(Kind::Service, service.namespace(), service.name())
}

/// Serves what was recorded as JSON, whatever the path.
#[derive(Debug)]
pub struct MetricsPage(pub Arc<Metrics>);

#[async_trait]
impl ServeHttp for MetricsPage {
    async fn response(&self, _: &mut ServerSession) -> Response<Vec<u8>> {
        let body = serde_json::to_vec_pretty(&self.0.list()).unwrap_or_default();
        let (length, json) = (body.len().into(), HeaderValue::from_static("application/json"));
        let mut response = Response::new(body);
        response.headers_mut().insert(CONTENT_LENGTH, length);
        response.headers_mut().insert(CONTENT_TYPE, json);
        response
    }
}
