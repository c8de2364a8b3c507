//! Queries quote what they are given, and any answer gives metrics or an error.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use serde_json::{Value, json};
use smi_metrics_model::prometheus::{
    Answer, Matcher, Measure, Mesh, NameLabel, Operator, Plan, PlanError, Split,
};
use smi_metrics_model::serve::{Query, Scope};
use smi_metrics_model::{Kind, Report, Resource, Version};

fn meshes() -> [Mesh; 5] {
    [Mesh::linkerd(), Mesh::istio(), Mesh::osm(), Mesh::fsm(), Mesh::envoy()]
}

fn query(scope: Scope) -> Query {
    Query::new(Version::V1alpha1, scope)
}

fn report() -> Report {
    let end = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
    Report::new(Version::V1alpha1, end, Duration::from_secs(30)).unwrap()
}

fn deployments() -> Plan {
    let scope = Scope::Kind { kind: Kind::Deployment, namespace: None };
    Mesh::linkerd().plan(&query(scope)).unwrap()
}

/// Every kind in every mesh: a plan, or an error that says why there is none.
#[test]
fn the_queries_of_all_meshes() {
    let mut text = String::new();
    for mesh in meshes() {
        for kind in Kind::ALL {
            let object = Resource::new(kind, "shop", "web-1");
            let scopes = [
                Scope::Object(object.clone()),
                Scope::Edges { object: object.clone(), peers: kind },
            ];
            for scope in scopes {
                text.push_str(&format!("# {} {}\n", mesh.name, scope.path(Version::V1alpha1)));
                match mesh.plan(&query(scope)) {
                    Ok(plan) => plan.questions().iter().for_each(|question| {
                        text.push_str(&format!("{}\n", question.promql()));
                    }),
                    Err(error) => text.push_str(&format!("{error}\n")),
                }
            }
        }
        let split = Split {
            split: Resource::new(Kind::TrafficSplit, "shop", "canary"),
            apex: "web".to_owned(),
            backends: vec![("web-v1".to_owned(), 90), ("web-v2".to_owned(), 10)],
        };
        text.push_str(&format!("# {} TrafficSplit\n", mesh.name));
        match mesh.plan_split(&split, "1m".parse().unwrap()) {
            Ok(plan) => plan.questions().iter().for_each(|question| {
                text.push_str(&format!("{}\n", question.promql()));
            }),
            Err(error) => text.push_str(&format!("{error}\n")),
        }
    }
    crate::documents::assert_golden("promql.txt", &text);
}

#[test]
fn names_that_are_none_in_promql_are_refused() {
    let scope = || query(Scope::Kind { kind: Kind::Pod, namespace: None });
    let refused = |mesh: &Mesh, name: &str| {
        let error = PlanError::Name { name: name.to_owned() };
        assert_eq!(mesh.plan(&scope()), Err(error));
    };
    let mut mesh = Mesh::linkerd();
    mesh.views[0].series.counter = "up} or vector(1".to_owned();
    refused(&mesh, "up} or vector(1");
    let mut mesh = Mesh::linkerd();
    mesh.views[0].own.names.insert(Kind::Node, NameLabel::new("node-name"));
    refused(&mesh, "node-name");
    let mut mesh = Mesh::linkerd();
    mesh.views[2].matchers.push(Matcher::equal("", "x"));
    refused(&mesh, "");
    let mut mesh = Mesh::linkerd();
    mesh.splits.as_mut().unwrap().backend = "a:b".to_owned();
    refused(&mesh, "a:b");
}

#[test]
fn nan_is_no_latency_and_no_requests() {
    let plan = deployments();
    let mut collector = plan.collector();
    for question in plan.questions() {
        let value = match question.measure() {
            Measure::Success => "0",
            Measure::Failure | Measure::P50 => "NaN",
            Measure::P90 => "+Inf",
            Measure::P99 => "-1",
        };
        collector.add(question, &vector(&json!({"namespace": "a", "deployment": "b"}), value));
    }
    assert_eq!(collector.skipped().len(), 2);
    assert_eq!(
        collector.skipped()[0].to_string(),
        "P90: data.result[0]: its value is negative or not finite"
    );
    let items = collector.metrics(&report());
    let traffic = items[0].traffic().unwrap();
    assert_eq!((traffic.success, traffic.failure), (Some(0.into()), Some(0.into())));
    assert_eq!((traffic.p50, traffic.p90, traffic.p99), (None, None, None));
}

#[test]
fn an_object_without_series_has_counts_of_zero() {
    let object = Resource::new(Kind::Deployment, "shop", "idle");
    let plan = Mesh::linkerd().plan(&query(Scope::Object(object))).unwrap();
    let items = plan.collector().metrics(&report());
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].traffic().unwrap().requests(), Some(0.into()));
    let plan = deployments();
    assert!(plan.collector().metrics(&report()).is_empty());
}

#[test]
fn a_matrix_gives_metrics_for_each_point_in_time() {
    let plan = deployments();
    let mut collector = plan.collector();
    let json = json!({"status": "success", "data": {"resultType": "matrix", "result": [
        {"metric": {"namespace": "a", "deployment": "b"}, "values": [[60, "1"], [90.5, "2"]]},
    ]}});
    for question in plan.questions() {
        collector.add(question, &Answer::parse(&json.to_string()).unwrap());
    }
    let items = collector.metrics(&report());
    let times: Vec<_> =
        items.iter().filter_map(|item| item.timestamp.as_option().cloned()).collect();
    assert_eq!(times, ["1970-01-01T00:01:00Z", "1970-01-01T00:01:30Z"]);
    assert_eq!(items[1].traffic().unwrap().success, Some(2.into()));
}

#[test]
fn what_was_not_asked_for_is_skipped_and_said() {
    let plan = deployments();
    let mut collector = plan.collector();
    let question = &plan.questions()[0];
    collector.add(question, &vector(&json!({"namespace": "a"}), "1"));
    collector.add(question, &vector(&json!({"namespace": "a", "deployment": "b"}), "1"));
    collector.add(question, &vector(&json!({"namespace": "a", "deployment": "b"}), "2"));
    let said: Vec<String> = collector.skipped().iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "Success: data.result[0]: its labels name nothing that was asked for",
            "Success: data.result[0]: it is there twice",
        ]
    );
    let chosen = collector.chosen(|resource| resource.name() != "b");
    assert!(chosen.metrics(&report()).is_empty());
}

#[test]
fn what_is_no_answer_is_refused() {
    let cases = [
        ("", "no answer of Prometheus: "),
        ("{}", "no answer of Prometheus: missing field `status`"),
        (r#"{"status": "success"}"#, "the answer is `nothing`"),
        (r#"{"status": "error", "errorType": "timeout", "error": "a\nb"}"#, "timeout: a\\nb"),
        (
            r#"{"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}}"#,
            "the answer is `scalar`, expected `vector` or `matrix`",
        ),
        (
            r#"{"status": "success", "data": {"resultType": "vector", "result": [{"value": [1, "x"]}]}}"#,
            "data.result[0]: `x`, expected a number",
        ),
        (
            r#"{"status": "success", "data": {"resultType": "vector", "result": [{"histogram": [1, {}]}]}}"#,
            "data.result[0]: a native histogram",
        ),
    ];
    for (json, message) in cases {
        let error = Answer::parse(json).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

fn vector(labels: &Value, value: &str) -> Answer {
    let json = json!({"status": "success", "data": {"resultType": "vector", "result": [
        {"metric": labels, "value": [1_000, value]},
    ]}});
    Answer::parse(&json.to_string()).unwrap()
}

/// Takes a selector apart, as PromQL does: the names and the values between quotes.
fn unquoted(matcher: &str) -> Option<(String, String)> {
    let (name, quoted) = matcher.split_once(['=', '!'])?;
    let quoted = quoted.trim_start_matches(['=', '~']).strip_prefix('"')?;
    let mut value = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => break,
            '\n' => return None,
            '\\' => match chars.next()? {
                'n' => value.push('\n'),
                'x' => {
                    let code: String = chars.by_ref().take(2).collect();
                    value.push(char::from(u8::from_str_radix(&code, 16).ok()?));
                }
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    chars.next().is_none().then(|| (name.to_owned(), value))
}

proptest! {
    #[test]
    fn no_value_leaves_its_quotes(value in "\\PC{0,20}|[\\x00-\\x7f]{0,20}", operator in 0_usize..4) {
        let operator = [
            Operator::Equal, Operator::NotEqual, Operator::Matching, Operator::NotMatching,
        ][operator];
        let matcher = Matcher { operator, ..Matcher::equal("label", value.clone()) };
        prop_assert_eq!(unquoted(&matcher.to_string()), Some(("label".to_owned(), value)));
    }

    #[test]
    fn any_answer_gives_metrics_or_an_error(
        values in prop::collection::vec(
            prop_oneof![any::<f64>().prop_map(|number| number.to_string()), Just("NaN".to_owned()),
                Just("+Inf".to_owned()), "[0-9]{1,3}"],
            5,
        ),
        time: f64,
        name in "\\PC{0,5}",
    ) {
        for mesh in meshes() {
            let scope = Scope::Object(Resource::new(Kind::Namespace, "", "shop"));
            let plan = mesh.plan(&query(scope)).unwrap();
            let mut collector = plan.collector();
            for (question, value) in plan.questions().iter().zip(&values) {
                for kind in ["vector", "matrix"] {
                    let json = json!({"status": "success", "data": {"resultType": kind, "result": [{
                        "metric": {
                            "namespace": name, "destination_workload_namespace": name,
                            "destination_namespace": name,
                        },
                        "value": [if time.is_finite() { time } else { 0.0 }, value],
                    }]}});
                    if let Ok(answer) = Answer::parse(&json.to_string()) {
                        collector.add(question, &answer);
                    }
                }
            }
            for item in collector.metrics(&report()) {
                let json = serde_json::to_string(&item).unwrap();
                prop_assert!(!json.contains("NaN") && !json.contains("Inf"), "{}", json);
                prop_assert!(item.traffic().is_ok(), "{}", json);
            }
        }
    }
}
