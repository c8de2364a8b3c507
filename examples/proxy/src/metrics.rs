use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response};
use pingora_core::apps::http_app::ServeHttp;
use pingora_core::protocols::http::ServerSession;
use smi_metrics_model::serve::Scope;
use smi_metrics_model::{
    End, Kind, Nullable, ObjectReference, Recorder, Report, Resource, Tally, TrafficMetrics,
    TrafficMetricsList, Version, Way,
};
use smi_policy::Identity;
use smi_split::ObjectName;

use crate::Settings;

/// So many callers are told apart; the rest counts as nobody.
const CALLERS: usize = 1024;

/// What was measured since the start, of each caller and each backend.
#[derive(Debug)]
pub struct Metrics {
    service: ObjectName,
    backends: Vec<ObjectName>,
    since: SystemTime,
    /// Looked up once for each connection, so that requests take no lock.
    callers: Mutex<BTreeMap<Option<String>, Arc<Recorders>>>,
}

/// The requests of one caller, by the service that answered them.
pub(crate) type Recorders = BTreeMap<ObjectName, Recorder>;

impl Metrics {
    /// Nothing yet, about calls of this service and its backends.
    pub fn new(settings: &Settings) -> Self {
        let backends = settings.backend.iter().map(|(backend, _)| backend.clone()).collect();
        let (service, since) = (settings.service.clone(), SystemTime::now());
        Self { service, backends, since, callers: Mutex::default() }
    }

    /// Where the requests of a caller are recorded.
    pub(crate) fn recorders(&self, source: Option<&Identity>) -> Arc<Recorders> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let name = source.map(ToString::to_string);
        let has_room = callers.len() < CALLERS || callers.contains_key(&name);
        let caller = name.filter(|_| has_room);
        let services = || self.backends.iter().chain([&self.service]).cloned();
        let new = || services().map(|service| (service, Recorder::new())).collect();
        Arc::clone(callers.entry(caller).or_insert_with(|| Arc::new(new())))
    }

    /// All of it as an answer of the Traffic Metrics API: one item for each caller and backend.
    pub fn list(&self) -> TrafficMetricsList {
        let now = SystemTime::now();
        let window = now.duration_since(self.since).unwrap_or_default();
        let Ok(report) = Report::new(Version::V1alpha1, now, window) else {
            return TrafficMetricsList::new(Version::V1alpha1);
        };
        let callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let edges = callers.iter().flat_map(|(caller, recorders)| {
            recorders.iter().map(move |(service, recorder)| (caller, service, recorder.tally()))
        });
        let items = edges
            .filter(|(_, _, tally)| !tally.is_empty())
            .map(|(caller, service, tally)| item(&report, caller.clone(), service, &tally));
        report.list(&Scope::Object(resource(&self.service)), items.collect())
    }
}

fn item(
    report: &Report,
    caller: Option<String>,
    service: &ObjectName,
    tally: &Tally,
) -> TrafficMetrics {
    let service = resource(service);
    let mut item = report.edge(&service, Way::From, Some(End::Server), None, &tally.into());
    if let Nullable::Value(edge) = &mut item.edge
        && caller.is_some()
    {
        // The API knows workloads; a proxy knows who called by an identity.
        let kind = Some("ServiceAccount".to_owned());
        edge.resource = ObjectReference { kind, name: caller, ..ObjectReference::default() }.into();
    }
    item
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
