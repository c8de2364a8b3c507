//! Both dialects mean the same, and either is written.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use serde_json::json;
use smi_metrics_model::rollup::{Edge, Ownership, Rollup};
use smi_metrics_model::serve::{Answer, Query, Scope, Selector};
use smi_metrics_model::{
    Dialect, End, Kind, Outcome, Quantity, Report, Resource, Tally, Traffic, TrafficMetrics,
    Version,
};

fn metrics(json: serde_json::Value) -> TrafficMetrics {
    serde_json::from_value(json).unwrap()
}

#[test]
fn units_are_converted_exactly() {
    let spec = metrics(json!({"metrics": [
        {"name": "p99_response_latency", "unit": "seconds", "value": "0.020"},
        {"name": "p50_response_latency", "unit": "seconds", "value": 1},
        {"name": "success_count", "value": 100},
        {"name": "retries", "value": "7.0"},
    ]}));
    let sdk = spec.to_dialect(Dialect::GoSdk).unwrap();
    assert_eq!(
        serde_json::to_value(&sdk.metrics).unwrap(),
        json!([
            {"name": "p99_response_latency", "unit": "ms", "value": "20"},
            {"name": "p50_response_latency", "unit": "ms", "value": "1k"},
            {"name": "success_count", "value": "100"},
            {"name": "retries", "value": "7.0"},
        ])
    );
    assert_eq!(spec.traffic(), sdk.traffic());
}

#[test]
fn metrics_that_say_nothing_are_errors_that_say_where() {
    let cases = [
        (json!({"name": "success_count", "value": "many"}), "metrics[0] (`success_count`): `many`"),
        (json!({"name": "success_count", "value": "-1"}), "`-1` is negative"),
        (
            json!({"name": "p99_response_latency", "unit": "us", "value": "1"}),
            "unit `us`, expected `seconds` or `ms`",
        ),
        (json!({"name": "p50_response_latency", "unit": "ms", "value": "1e-1000"}), "too precise"),
    ];
    for (metric, message) in cases {
        let error = metrics(json!({"metrics": [metric]})).traffic().unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    let count = json!({"name": "success_count", "value": "1"});
    let error = metrics(json!({"metrics": [count, count]})).traffic().unwrap_err();
    assert_eq!(error.to_string(), "metrics[1] (`success_count`): the metric is there twice");
    let windows = metrics(json!({"window": "30"})).window();
    assert!(windows.is_err());
}

#[test]
fn without_requests_there_is_no_latency_and_no_rate() {
    let report =
        Report::new(Version::V1alpha1, SystemTime::UNIX_EPOCH, Duration::from_secs(30)).unwrap();
    let web = Resource::new(Kind::Pod, "shop", "web-0");
    let written = report.resource(&web, &Traffic::from(&Tally::default()));
    assert_eq!(
        serde_json::to_value(&written.metrics).unwrap(),
        json!([{"name": "success_count", "value": "0"}, {"name": "failure_count", "value": "0"}])
    );
    let traffic = written.traffic().unwrap();
    assert_eq!((traffic.success_rate(), traffic.requests()), (None, Some(0.into())));
    let none = Traffic::default();
    assert_eq!((none.success_rate(), none.rps("30s".parse().unwrap())), (None, None));
    assert_eq!(traffic.rps("0s".parse().unwrap()), None);
    let huge = Traffic { success: Quantity::parse("1e1000").ok(), ..none };
    assert_eq!((huge.success_rate(), huge.rps("1s".parse().unwrap())), (None, None));
}

#[test]
fn an_answer_is_written_in_either_dialect() {
    let ownership = Ownership::default();
    let mut rollup = Rollup::new(Kind::Pod, &ownership);
    let pod = |name| Resource::new(Kind::Pod, "shop", name);
    let mut tally = Tally::default();
    tally.add(Duration::from_millis(10), Outcome::Success);
    let edge = |end| Edge::new(Some(pod("web-0")), Some(pod("cart-0")), end);
    let edges = [End::Client, End::Server].map(edge);
    edges.iter().for_each(|edge| rollup.add(edge, &tally));
    let end = SystemTime::UNIX_EPOCH + Duration::from_millis(1_554_762_355_900);
    let mut text = String::new();
    for (version, dialect) in [
        (Version::V1alpha1, Dialect::Spec),
        (Version::V1alpha1, Dialect::GoSdk),
        (Version::V1alpha2, Dialect::GoSdk),
    ] {
        let report = Report::new(version, end, Duration::from_secs(90)).unwrap();
        let report = report.with_dialect(dialect);
        let edges = Scope::Edges { object: pod("cart-0"), peers: Kind::Pod };
        let list = Scope::Kind { kind: Kind::Pod, namespace: Some("shop".to_owned()) };
        for scope in [Scope::Object(pod("cart-0")), edges, list] {
            let answer = report.answer(&Query::new(version, scope), &rollup, |_| BTreeMap::new());
            let json = serde_json::to_value(&answer).unwrap();
            text.push_str(&format!("{version} {dialect:?}\n{json:#}\n"));
            // What is written is read, and means the same in the other dialect.
            for item in answer.items() {
                let other = item.to_dialect(Dialect::Spec).unwrap();
                assert_eq!(other.traffic(), item.traffic());
            }
        }
    }
    crate::documents::assert_golden("answers.txt", &text);
}

#[test]
fn selectors_choose_items_and_who_has_no_traffic_is_not_found() {
    let ownership = Ownership::default();
    let mut rollup = Rollup::new(Kind::Pod, &ownership);
    let pod = |name: &str| Resource::new(Kind::Pod, "shop", name);
    let mut tally = Tally::default();
    tally.add(Duration::from_millis(10), Outcome::Success);
    let edges =
        ["web-0", "web-1", "cart-0"].map(|name| Edge::new(None, Some(pod(name)), End::Server));
    edges.iter().for_each(|edge| rollup.add(edge, &tally));
    let report =
        Report::new(Version::V1alpha1, SystemTime::UNIX_EPOCH, Duration::from_secs(30)).unwrap();
    let labels = |resource: &Resource| {
        let app = resource.name().split('-').next().unwrap_or_default();
        BTreeMap::from([("app".to_owned(), app.to_owned())])
    };
    let names = |query: &Query| -> Vec<String> {
        let answer = report.answer(query, &rollup, labels);
        assert_eq!(answer.code(), 200);
        let name = |item: &TrafficMetrics| item.resource.as_option()?.name.clone();
        answer.items().iter().filter_map(name).collect()
    };
    let all = Query::new(Version::V1alpha1, Scope::Kind { kind: Kind::Pod, namespace: None });
    assert_eq!(names(&all), ["cart-0", "web-0", "web-1"]);
    let web = Query { labels: Selector::parse("app=web").unwrap(), ..all.clone() };
    assert_eq!(names(&web), ["web-0", "web-1"]);
    let named = Query { name: Some("web-1".to_owned()), ..all.clone() };
    assert_eq!(names(&named), ["web-1"]);
    let elsewhere = Query { namespace: Some("other".to_owned()), ..all.clone() };
    assert!(names(&elsewhere).is_empty());
    for scope in [
        Scope::Object(pod("nobody")),
        Scope::Edges { object: pod("nobody"), peers: Kind::Pod },
        Scope::Object(Resource::new(Kind::TrafficSplit, "shop", "none")),
    ] {
        let answer = report.answer(&Query::new(Version::V1alpha1, scope), &rollup, labels);
        let Answer::Failure(status) = &answer else { panic!("{answer:?}") };
        assert_eq!((answer.code(), status.code), (404, 404));
        assert!(answer.table(Default::default()).is_none());
    }
}

proptest! {
    #[test]
    fn dialects_convert_there_and_back(
        success in 0_u64.., failure in 0_u64.., p50 in 0_i64.., p99 in 0_i64..,
    ) {
        let traffic = Traffic {
            success: Some(success.into()),
            failure: Some(failure.into()),
            p50: Quantity::decimal(p50.into(), -6),
            p90: None,
            p99: Quantity::decimal(p99.into(), -9),
        };
        let report = Report::new(Version::V1alpha2, SystemTime::UNIX_EPOCH, Duration::from_secs(1));
        let web = Resource::new(Kind::Pod, "shop", "web-0");
        let spec = report.unwrap().resource(&web, &traffic);
        prop_assert_eq!(&spec.traffic().unwrap(), &traffic);
        let sdk = spec.to_dialect(Dialect::GoSdk).unwrap();
        prop_assert_eq!(&sdk.traffic().unwrap(), &traffic);
        prop_assert_eq!(sdk.to_dialect(Dialect::Spec).unwrap(), spec);
    }
}
