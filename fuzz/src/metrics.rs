//! Targets for the Traffic Metrics API. Those for short texts take each line of an input by itself.

use std::time::{Duration, SystemTime};

use smi_metrics_model::prometheus::{Answer, Mesh};
use smi_metrics_model::render::{Columns, OpenMetrics, Top, Topology};
use smi_metrics_model::serve::{Query, Request, Scope, Status};
use smi_metrics_model::{
    Dialect, GoDuration, Kind, Quantity, Report, Resource, TrafficMetrics, TrafficMetricsList,
    Version,
};

fn lines(input: &[u8]) -> impl Iterator<Item = &str> {
    std::str::from_utf8(input).unwrap_or_default().lines()
}

/// Reads any URL: what is read is written as the same request, and what is not has a status.
pub fn url(input: &[u8]) {
    for line in lines(input) {
        match Request::parse("GET", line) {
            Ok(request) => {
                let written = request.to_string();
                let again = Request::parse("GET", &written);
                assert_eq!(again.map(|again| again.to_string()).as_ref(), Ok(&written), "{line}");
                if let Request::Metrics(query) = &request {
                    assert!(query.window() > GoDuration::ZERO, "{line}");
                    for mesh in [Mesh::linkerd(), Mesh::istio(), Mesh::osm(), Mesh::envoy()] {
                        for question in mesh.plan(query).iter().flat_map(|plan| plan.questions()) {
                            assert!(!question.promql().contains('\n'), "{line}");
                        }
                    }
                }
            }
            Err(error) => {
                let status = Status::from(error);
                assert!(matches!(status.code, 400 | 404 | 405), "{line}");
                assert!(!status.message.contains('\n'), "{line}");
            }
        }
    }
}

/// Reads any quantity: its canonical form is the same number, and its sums can be undone.
pub fn quantity(input: &[u8]) {
    let mut before: Option<Quantity> = None;
    for line in lines(input) {
        let Ok(quantity) = Quantity::parse(line) else { continue };
        let canonical = quantity.canonical();
        assert_eq!(Quantity::parse(canonical.as_str()).as_ref(), Ok(&quantity), "{line}");
        assert_eq!(canonical.canonical().as_str(), canonical.as_str(), "{line}");
        assert!(!quantity.to_f64().is_nan(), "{line}");
        if let Some(before) = before {
            if let Some(sum) = before.checked_add(&quantity) {
                assert_eq!(Quantity::parse(sum.as_str()).as_ref(), Ok(&sum), "{line}");
                let undone = sum.checked_sub(&quantity);
                assert!(undone.is_none_or(|undone| undone == before), "{before} {line}");
            }
            let ordering = before.cmp(&quantity);
            assert_eq!(ordering.reverse(), quantity.cmp(&before), "{before} {line}");
            assert_eq!(ordering.is_eq(), before == quantity, "{before} {line}");
        }
        before = Some(quantity);
    }
}

/// Reads any duration: it is written as the same one.
pub fn duration(input: &[u8]) {
    for line in lines(input) {
        match line.parse::<GoDuration>() {
            Ok(duration) => {
                assert_eq!(duration.to_string().parse(), Ok(duration), "{line}");
                let _ = duration.checked_add(duration);
            }
            Err(error) => assert!(!error.to_string().contains('\n'), "{line}"),
        }
    }
}

/// Reads any answer of Prometheus: the metrics that it gives have no NaN.
pub fn prometheus(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(answer) = Answer::parse(text) else { return };
    let web = || Resource::new(Kind::Deployment, "shop", "web");
    let scopes = [
        Scope::Kind { kind: Kind::Deployment, namespace: None },
        Scope::Object(web()),
        Scope::Edges { object: web(), peers: Kind::Deployment },
    ];
    let report = Report::new(Version::V1alpha2, SystemTime::UNIX_EPOCH, Duration::from_secs(30));
    let Ok(report) = report else { panic!("30 seconds are a window") };
    for scope in scopes {
        for mesh in [Mesh::linkerd(), Mesh::istio(), Mesh::osm()] {
            let query = Query::new(Version::V1alpha2, scope.clone());
            let Ok(plan) = mesh.plan(&query) else { panic!("{} has deployments", mesh.name) };
            let mut collector = plan.collector();
            plan.questions().iter().for_each(|question| collector.add(question, &answer));
            let items = collector.metrics(&report);
            for item in &items {
                assert!(item.traffic().is_ok(), "{text}");
            }
            shown(&items);
        }
    }
}

/// Reads any metrics: what is shown of them has no NaN, and either dialect means the same.
pub fn metrics(input: &[u8]) {
    let items = if let Ok(list) = serde_json::from_slice::<TrafficMetricsList>(input) {
        list.items().to_vec()
    } else if let Ok(metrics) = serde_json::from_slice::<TrafficMetrics>(input) {
        vec![metrics]
    } else {
        return;
    };
    for item in &items {
        for dialect in [Dialect::Spec, Dialect::GoSdk] {
            if let Ok(written) = item.to_dialect(dialect) {
                assert_eq!(written.traffic(), item.traffic());
            }
        }
    }
    shown(&items);
}

fn shown(items: &[TrafficMetrics]) {
    let top = Top::new(items);
    for row in top.rows() {
        assert!(row.success_rate.is_none_or(|rate| (0.0..=1.0).contains(&rate)), "{row:?}");
        assert!(row.rps.is_none_or(f64::is_finite), "{row:?}");
    }
    assert_eq!(top.text(Columns::Wide).lines().count(), items.len() + 1);
    for line in OpenMetrics::new(items).to_string().lines() {
        if let Some((_, value)) = line.rsplit_once("} ") {
            assert!(value.parse::<f64>().is_ok_and(f64::is_finite), "{line}");
        }
    }
    let topology = Topology::new(items);
    let _ = (topology.dot(), topology.mermaid(), topology.to_string());
}
