use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response};
use pingora_core::apps::http_app::ServeHttp;
use pingora_core::protocols::http::ServerSession;
use smi_metrics_model::{
    Direction, Edge, FAILURE_COUNT, Metric, MetricValue, ObjectReference, P50_RESPONSE_LATENCY,
    P90_RESPONSE_LATENCY, P99_RESPONSE_LATENCY, SUCCESS_COUNT, Side, TrafficMetrics,
    TrafficMetricsList, Unit, Version,
};
use smi_policy::Identity;
use smi_split::ObjectName;

/// So many callers and backends are told apart; the rest counts as one.
const EDGES: usize = 4096;

/// What was measured of each caller and each backend since the start.
#[derive(Debug)]
pub struct Metrics {
    service: ObjectName,
    edges: ArcSwap<HashMap<Key, Arc<Recorder>>>,
}

/// Who called, and the backend that answered.
type Key = (Option<String>, Option<ObjectName>);

impl Metrics {
    /// Nothing yet, about calls of this service.
    pub fn new(service: ObjectName) -> Self {
        Self { service, edges: ArcSwap::default() }
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
        known.unwrap_or_else(|| self.add(key)).record(status, latency);
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
        let edges = self.edges.load();
        let mut items: Vec<(&Key, &Arc<Recorder>)> = edges.iter().collect();
        items.sort_by(|(a, _), (b, _)| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        let items: Vec<TrafficMetrics> =
            items.into_iter().map(|(key, recorder)| self.item(key, recorder)).collect();
        TrafficMetricsList {
            resource: reference(&self.service).into(),
            items: items.into(),
            ..TrafficMetricsList::new(Version::V1alpha1)
        }
    }

    fn item(&self, (source, backend): &Key, recorder: &Recorder) -> TrafficMetrics {
        let peer = source.as_ref().map(|source| ObjectReference {
            kind: Some("ServiceAccount".to_owned()),
            name: Some(source.clone()),
            ..ObjectReference::default()
        });
        let edge = Edge {
            direction: Direction::From.into(),
            side: Side::Server.into(),
            resource: peer.map_or_else(Default::default, Into::into),
        };
        TrafficMetrics {
            resource: reference(backend.as_ref().unwrap_or(&self.service)).into(),
            edge: edge.into(),
            metrics: recorder.metrics().into(),
            ..TrafficMetrics::new(Version::V1alpha1)
        }
    }
}

fn reference(service: &ObjectName) -> ObjectReference {
    ObjectReference::new("Service", service.namespace(), service.name())
}

/// Counts, and latencies in buckets of which four double.
#[derive(Debug)]
struct Recorder {
    success: AtomicU64,
    failure: AtomicU64,
    buckets: [AtomicU64; 160],
}

impl Default for Recorder {
    fn default() -> Self {
        let [success, failure] = Default::default();
        Self { success, failure, buckets: [const { AtomicU64::new(0) }; 160] }
    }
}

impl Recorder {
    fn record(&self, status: u16, latency: Duration) {
        let count = if status < 500 { &self.success } else { &self.failure };
        count.fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX).max(4);
        let octave = u64::from(micros.ilog2());
        // The two bits behind the first choose among the four.
        let bucket = 4 * (octave - 2) + (micros >> (octave - 2)) % 4;
        let bucket = usize::try_from(bucket).unwrap_or(usize::MAX).min(self.buckets.len() - 1);
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn metrics(&self) -> Vec<Metric> {
        let counts: Vec<u64> = self.buckets.iter().map(|b| b.load(Ordering::Relaxed)).collect();
        let latencies =
            [(P50_RESPONSE_LATENCY, 500), (P90_RESPONSE_LATENCY, 900), (P99_RESPONSE_LATENCY, 990)];
        let latencies = latencies.into_iter().filter_map(|(name, per_mille)| {
            let micros = percentile(&counts, per_mille)?;
            let value = MetricValue::from(format!("{micros}u")).into();
            Some(Metric { name: name.to_owned(), unit: Some(Unit::Seconds), value })
        });
        let counts = [(SUCCESS_COUNT, &self.success), (FAILURE_COUNT, &self.failure)];
        let counts = counts.into_iter().map(|(name, count)| Metric {
            name: name.to_owned(),
            unit: None,
            value: MetricValue::from(count.load(Ordering::Relaxed)).into(),
        });
        counts.chain(latencies).collect()
    }
}

/// In microseconds, the upper end of the bucket in which so many of a thousand have ended.
fn percentile(counts: &[u64], per_mille: u64) -> Option<u64> {
    let total: u64 = counts.iter().sum();
    let rank = (total.checked_mul(per_mille)?).div_ceil(1000).max(1);
    let mut seen = 0;
    let bucket = counts.iter().position(|count| {
        seen += count;
        seen >= rank
    })?;
    let bucket = u32::try_from(bucket).ok()?;
    Some(u64::from(5 + bucket % 4).checked_shl(bucket / 4).unwrap_or(u64::MAX))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn values(recorder: &Recorder) -> Vec<String> {
        let value = |m: Metric| format!("{} {}", m.name, m.value.as_option().unwrap());
        recorder.metrics().into_iter().map(value).collect()
    }

    #[test]
    fn without_requests_there_are_counts_and_no_latencies() {
        assert_eq!(values(&Recorder::default()), ["success_count 0", "failure_count 0"]);
    }

    #[test]
    fn a_percentile_is_at_most_a_quarter_too_large() {
        for micros in [0, 1, 4, 7, 8, 1000, 1_000_000, 3_600_000_000] {
            let recorder = Recorder::default();
            recorder.record(200, Duration::from_micros(micros));
            let counts: Vec<u64> =
                recorder.buckets.iter().map(|b| b.load(Ordering::Relaxed)).collect();
            let found = percentile(&counts, 500).unwrap();
            assert!(found > micros && found <= micros.max(4) * 5 / 4 + 1, "{micros}: {found}");
        }
    }

    #[test]
    fn server_errors_are_failures() {
        let recorder = Recorder::default();
        for status in [200, 403, 502] {
            recorder.record(status, Duration::from_millis(1));
        }
        assert_eq!(values(&recorder)[..2], ["success_count 2", "failure_count 1"]);
    }
}
