//! The queries against a real Prometheus, which scrapes made-up metrics of each mesh.
//!
//! Where no `prometheus` is installed it is fetched. Where that fails too, the test says so and
//! passes, except with `CI=true`.
#![cfg(test)]
#![cfg(feature = "api")]

#[path = "../../examples/loopback/debian.rs"]
mod debian;
#[allow(dead_code, reason = "it is asked for addresses only")]
#[path = "../../examples/loopback/ports.rs"]
mod ports;
#[path = "../../examples/loopback/prometheus.rs"]
mod prometheus;
#[path = "../../examples/loopback/wait.rs"]
mod wait;

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use smi_metrics_model::prometheus::{Answer, Mesh, Plan, Split};
use smi_metrics_model::render::OpenMetrics;
use smi_metrics_model::serve::{Query, Scope};
use smi_metrics_model::{GoDuration, Kind, Report, Resource, TrafficMetrics, Version};

use prometheus::{PLAIN, Page, Prometheus, SCRAPE};

/// What Prometheus scrapes.
const PAGES: &[Page] = &[
    Page { path: "/metrics", media_type: PLAIN, text: exposition },
    Page {
        path: "/openmetrics",
        media_type: "application/openmetrics-text; version=1.0.0; charset=utf-8",
        text: |_| OpenMetrics::new(&[own_metrics()]).to_string(),
    },
];

/// Successes and failures that each interval of [`SCRAPE`] adds to the traffic of an edge.
const PER_SCRAPE: [(&str, u64, u64); 2] = [("cart", 30, 10), ("catalog", 20, 0)];

/// Where latencies lie, by their share: half up to 10 ms, 90 % up to 50 ms, 99 % up to 100 ms.
const BUCKETS: [(&str, f64); 5] =
    [("10", 0.5), ("50", 0.9), ("100", 0.99), ("1000", 1.0), ("+Inf", 1.0)];

#[test]
fn a_real_prometheus_answers_as_expected() {
    let Some(prometheus) = Prometheus::start(PAGES) else { return };
    prometheus.wait_until_scraped(14);
    let prometheus = Asked(prometheus);

    let window: GoDuration = "5s".parse().expect("a window");
    let mut compared = 0;
    let deployment = |name: &str| Resource::new(Kind::Deployment, "shop", name);
    for mesh in [Mesh::linkerd(), Mesh::istio(), Mesh::osm(), Mesh::fsm()] {
        // A list: one line for each service that is called.
        let scope = Scope::Kind { kind: Kind::Deployment, namespace: Some("shop".to_owned()) };
        let items = prometheus.ask(&mesh, scope, window);
        let names: Vec<_> = items.iter().map(name).collect();
        assert_eq!(names, ["cart-v1", "catalog-v1"], "{}", mesh.name);
        for item in &items {
            assert_traffic(&mesh, item, window);
            compared += 1;
        }
        // One object, by its exact name, with edges in both directions.
        let items = prometheus.ask(&mesh, Scope::Object(deployment("cart-v1")), window);
        assert_eq!(items.len(), 1, "{}", mesh.name);
        assert_traffic(&mesh, &items[0], window);
        let edges = |object: Resource, peers| Scope::Edges { object, peers };
        let to = prometheus.ask(&mesh, edges(deployment("web"), Kind::Deployment), window);
        let peers: Vec<_> = to.iter().map(peer).collect();
        assert_eq!(peers, ["to cart-v1", "to catalog-v1"], "{}", mesh.name);
        let from = prometheus.ask(&mesh, edges(deployment("cart-v1"), Kind::Deployment), window);
        assert_eq!(from.iter().map(peer).collect::<Vec<_>>(), ["from web"], "{}", mesh.name);
        for item in to.iter().chain(&from) {
            assert_traffic(&mesh, item, window);
            compared += 1;
        }
        // Whatever the name, it finds itself and nothing else.
        for name in ["cart", "cart-v1\"} or up or {a=\"", ".*", "nobody"] {
            let items = prometheus.ask(&mesh, Scope::Object(deployment(name)), window);
            let requests = items[0].traffic().expect("traffic").requests();
            assert_eq!(requests, Some(0.into()), "{} {name}", mesh.name);
            compared += 1;
        }
    }

    let namespace = Scope::Object(Resource::of_namespace("shop"));
    for mesh in [Mesh::linkerd(), Mesh::istio(), Mesh::osm(), Mesh::fsm(), Mesh::envoy()] {
        let items = prometheus.ask(&mesh, namespace.clone(), window);
        assert_eq!(items.len(), 1, "{}", mesh.name);
        let traffic = items[0].traffic().expect("traffic");
        let rate = traffic.success_rate().expect("requests");
        assert!((rate - 50.0 / 60.0).abs() < 0.02, "{}: {rate}", mesh.name);
        compared += 1;
    }
    let pod = Resource::new(Kind::Pod, "shop", "web-0");
    let edges = Scope::Edges { object: pod, peers: Kind::Service };
    let items = prometheus.ask(&Mesh::envoy(), edges, window);
    assert_eq!(items.iter().map(peer).collect::<Vec<_>>(), ["to cart-v1", "to catalog-v1"]);
    for item in &items {
        assert_traffic(&Mesh::envoy(), item, window);
        compared += 1;
    }

    let split = Split {
        split: Resource::new(Kind::TrafficSplit, "shop", "canary"),
        apex: "apex".to_owned(),
        backends: vec![("cart-v1".to_owned(), 90), ("catalog-v1".to_owned(), 10)],
    };
    for mesh in [Mesh::linkerd(), Mesh::istio(), Mesh::envoy()] {
        let plan = mesh.plan_split(&split, window).expect("a plan");
        let items = prometheus.answers(&plan, window);
        let backends: Vec<_> = items
            .iter()
            .map(|item| item.backend.as_option().map(|backend| backend.name.clone()).expect("one"))
            .collect();
        assert_eq!(backends, ["cart-v1", "catalog-v1"], "{}", mesh.name);
        for item in &items {
            assert_traffic(&mesh, item, window);
            compared += 1;
        }
    }

    compared += prometheus.compare_ranges();
    compared += prometheus.compare_scraped();
    println!("{compared} metrics of a real Prometheus compared");
    assert!(compared > 50, "{compared}");
}

/// The success rate, the requests a second within what a short window allows, and the percentiles.
#[track_caller]
fn assert_traffic(mesh: &Mesh, item: &TrafficMetrics, window: GoDuration) {
    let traffic = item.traffic().expect("traffic");
    let of = item
        .backend
        .as_option()
        .map(|backend| backend.name.clone())
        .or_else(|| Some(peer(item)).filter(|peer| !peer.ends_with("web") && !peer.ends_with('-')))
        .unwrap_or_else(|| name(item));
    let (_, success, failure) =
        PER_SCRAPE.into_iter().find(|(app, ..)| of.contains(app)).expect("known traffic");
    let rate = traffic.success_rate().expect("requests");
    let expected = success as f64 / (success + failure) as f64;
    assert!((rate - expected).abs() < 0.01, "{} {of}: {rate}, expected {expected}", mesh.name);
    let rps = traffic.rps(window).expect("a rate");
    let expected = (success + failure) as f64 / SCRAPE.as_secs_f64();
    assert!((0.5..1.5).contains(&(rps / expected)), "{} {of}: {rps}, not {expected}", mesh.name);
    let shares =
        [("p50", &traffic.p50, 0.010), ("p90", &traffic.p90, 0.050), ("p99", &traffic.p99, 0.1)];
    for (name, found, expected) in shares {
        let found = found.as_ref().expect("a latency").to_f64();
        assert!((found - expected).abs() < 1e-3, "{} {of} {name}: {found}", mesh.name);
    }
}

fn name(item: &TrafficMetrics) -> String {
    item.resource.as_option().and_then(|resource| resource.name.clone()).expect("a name")
}

/// Direction and name of the other end; `-` without one.
fn peer(item: &TrafficMetrics) -> String {
    let edge = item.edge.as_option().expect("an edge");
    let direction = edge.direction.as_option().expect("a direction");
    let peer = edge.resource.as_option().and_then(|resource| resource.name.clone());
    format!("{direction} {}", peer.unwrap_or_else(|| "-".to_owned()))
}

/// What all meshes would expose after so many intervals, if `web` called `cart-v1` and `catalog-v1`.
fn exposition(intervals: u64) -> String {
    let mut text = String::new();
    for (app, success, failure) in PER_SCRAPE {
        let service = format!("{app}-v1");
        let under = service.replace('-', "_");
        let linkerd = format!(
            "namespace=\"shop\",deployment=\"web\",dst_namespace=\"shop\",dst_deployment=\"{service}\",\
             dst_service=\"{service}\",authority=\"apex.shop.svc.cluster.local:80\",direction=\"outbound\""
        );
        let inbound = format!("namespace=\"shop\",deployment=\"{service}\",direction=\"inbound\"");
        let istio = |reporter: &str| {
            format!(
                "reporter=\"{reporter}\",source_workload=\"web\",source_workload_namespace=\"shop\",\
                 destination_workload=\"{service}\",destination_workload_namespace=\"shop\",\
                 destination_service_name=\"{service}\",destination_service_namespace=\"shop\""
            )
        };
        let osm = format!(
            "source_kind=\"Deployment\",source_name=\"web\",source_namespace=\"shop\",\
             destination_kind=\"Deployment\",destination_name=\"{under}\",destination_namespace=\"shop\""
        );
        let upstream =
            format!("namespace=\"shop\",pod=\"web-0\",envoy_cluster_name=\"shop/{service}|8080\"");
        let downstream = format!(
            "namespace=\"shop\",pod=\"{service}-0\",envoy_http_conn_manager_prefix=\"ingress_http\""
        );
        let classes = ("classification=\"success\"", "classification=\"failure\"");
        let codes = ("response_code=\"200\"", "response_code=\"503\"");
        let xx = ("envoy_response_code_class=\"2\"", "envoy_response_code_class=\"5\"");
        let families = [
            ("response_total", "response_latency_ms", classes, linkerd),
            ("response_total", "response_latency_ms", classes, inbound),
            ("istio_requests_total", "istio_request_duration_milliseconds", codes, istio("source")),
            (
                "istio_requests_total",
                "istio_request_duration_milliseconds",
                codes,
                istio("destination"),
            ),
            ("osm_request_total", "osm_request_duration_ms", codes, osm.clone()),
            ("fsm_request_total", "fsm_request_duration_ms", codes, osm),
            ("envoy_cluster_upstream_rq_xx", "envoy_cluster_upstream_rq_time", xx, upstream),
            ("envoy_http_downstream_rq_xx", "envoy_http_downstream_rq_time", xx, downstream),
        ];
        for (counter, histogram, (good, bad), labels) in families {
            let (success, failure) = (success * intervals, failure * intervals);
            let _ = writeln!(text, "{counter}{{{labels},{good}}} {success}");
            let _ = writeln!(text, "{counter}{{{labels},{bad}}} {failure}");
            for (le, share) in BUCKETS {
                let count = (success + failure) as f64 * share;
                let _ = writeln!(text, "{histogram}_bucket{{{labels},le=\"{le}\"}} {count}");
            }
        }
    }
    text
}

/// A real Prometheus, asked as a server of the API asks.
struct Asked(Prometheus);

impl Asked {
    fn get(&self, promql: &str, range: &str) -> Option<String> {
        let url = format!("{}/api/v1/query{range}", self.0.url());
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let mut request = agent.get(&url).query("query", promql);
        if !range.is_empty() {
            let now = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
            let start = (now - 1).to_string();
            request =
                request.query("start", start).query("end", now.to_string()).query("step", "1");
        }
        request.call().ok()?.body_mut().read_to_string().ok()
    }

    fn ask(&self, mesh: &Mesh, scope: Scope, window: GoDuration) -> Vec<TrafficMetrics> {
        let query = Query { window: Some(window), ..Query::new(Version::V1alpha1, scope) };
        self.answers(&mesh.plan(&query).expect("a plan"), window)
    }

    fn answers(&self, plan: &Plan, window: GoDuration) -> Vec<TrafficMetrics> {
        let mut collector = plan.collector();
        for question in plan.questions() {
            let json = self.get(question.promql(), "").expect("an answer");
            let answer =
                Answer::parse(&json).unwrap_or_else(|e| panic!("{}: {e}", question.promql()));
            collector.add(question, &answer);
        }
        assert!(collector.skipped().is_empty(), "{:?}", collector.skipped());
        let window = window.try_into().expect("a window");
        collector.metrics(&Report::new(Version::V1alpha1, SystemTime::now(), window).expect("one"))
    }

    /// Prometheus can scrape what this crate writes as OpenMetrics.
    fn compare_scraped(&self) -> usize {
        let samples = [
            ("smi_requests{result=\"success\"}", 90.0),
            ("smi_requests{result=\"failure\"}", 1.5),
            ("smi_window_seconds", 30.0),
            ("smi_response_latency_seconds{quantile=\"0.99\"}", 0.02),
        ];
        for (promql, expected) in samples {
            // It may have missed the last scrape.
            let mut answer = None;
            wait::until(promql, || {
                let json = self.get(promql, "").expect("an answer");
                let found = Answer::parse(&json).expect("a vector");
                answer = Some(found).filter(|found| !found.samples().is_empty());
                answer.is_some()
            });
            let answer = answer.expect("a sample");
            let [sample] = answer.samples() else { panic!("{promql}: {answer:?}") };
            assert_eq!(sample.points.iter().map(|point| point.1).collect::<Vec<_>>(), [expected]);
            assert_eq!(sample.labels.get("name").map(String::as_str), Some("web \"0\""));
        }
        samples.len()
    }

    /// A matrix has the same meaning, point by point.
    fn compare_ranges(&self) -> usize {
        let scope = Scope::Object(Resource::new(Kind::Deployment, "shop", "cart-v1"));
        let plan = Mesh::linkerd().plan(&Query::new(Version::V1alpha1, scope)).expect("a plan");
        let mut collector = plan.collector();
        for question in plan.questions() {
            let json = self.get(question.promql(), "_range").expect("an answer");
            let answer = Answer::parse(&json).expect("a matrix");
            assert!(answer.is_range());
            collector.add(question, &answer);
        }
        let report = Report::new(Version::V1alpha1, SystemTime::now(), Duration::from_secs(30));
        let items = collector.metrics(&report.expect("a report"));
        assert!(!items.is_empty());
        for item in &items {
            let rate = item.traffic().expect("traffic").success_rate().expect("requests");
            assert!((rate - 0.75).abs() < 0.01, "{rate}");
        }
        items.len()
    }
}

fn own_metrics() -> TrafficMetrics {
    let json = r#"{
        "resource": {"kind": "Pod", "namespace": "shop", "name": "web \"0\""},
        "window": "30s",
        "metrics": [
            {"name": "p99_response_latency", "unit": "seconds", "value": "20m"},
            {"name": "success_count", "value": "90"},
            {"name": "failure_count", "value": "1500m"}
        ]
    }"#;
    serde_json::from_str(json).expect("metrics")
}
