//! What is beyond the Gateway API's limits is spread over routes, or refused.

use serde_json::Value;
use smi_gateway_api::{Finding, Migration, Options, Verdict};

use crate::{resources, schema};

fn plan(text: &str) -> Migration {
    Migration::plan(&resources(text), &Options::default().assumed_port(80))
}

fn split(backends: &str, matches: &str) -> String {
    format!(
        "---\napiVersion: split.smi-spec.io/v1alpha4\nkind: TrafficSplit\nmetadata: {{name: s}}\n\
         spec: {{service: web, backends: [{backends}]{matches}}}\n"
    )
}

fn group(matches: &[String]) -> String {
    format!(
        "---\napiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\nmetadata: {{name: g}}\n\
         spec: {{matches: [{}]}}\n",
        matches.join(",")
    )
}

const BY_GROUP: &str = ", matches: [{kind: HTTPRouteGroup, name: g}]";

#[track_caller]
fn finding<'m>(migration: &'m Migration, code: &str) -> &'m Finding {
    let found = migration.findings().iter().find(|finding| finding.code == code);
    found.unwrap_or_else(|| panic!("{code}: {:#?}", migration.findings()))
}

#[test]
fn many_matches_are_spread_over_rules_and_routes() {
    let matches: Vec<String> =
        (0..300).map(|index| format!("{{name: m{index}, pathRegex: '/p{index}$'}}")).collect();
    let text = split("{service: v1, weight: 1}", BY_GROUP) + &group(&matches);
    let migration = plan(&text);
    assert_eq!(migration.objects().len(), 3);
    let mut total = 0;
    for object in migration.objects() {
        let json = serde_json::to_value(object).unwrap();
        schema::check(&json);
        let rules = json["spec"]["rules"].as_array().unwrap();
        total +=
            rules.iter().map(|rule| rule["matches"].as_array().map_or(0, Vec::len)).sum::<usize>();
    }
    assert_eq!(total, 300);
    let last = serde_json::to_value(migration.objects().last().unwrap()).unwrap();
    let rules = last["spec"]["rules"].as_array().unwrap();
    assert_eq!(rules.last().unwrap()["backendRefs"][0]["name"], "web");
}

#[test]
fn routes_of_the_experimental_channel_are_named() {
    let service = |name: &str, protocol: &str| {
        format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n\
             spec: {{ports: [{{port: 80, {protocol}}}]}}\n"
        )
    };
    for (protocol, kind) in [
        ("appProtocol: tcp", Some("the TCPRoute")),
        ("protocol: UDP", Some("the UDPRoute")),
        ("appProtocol: grpc", None),
        ("appProtocol: http", None),
    ] {
        let text = split("{service: v1, weight: 1}", "")
            + &service("web", protocol)
            + &service("v1", protocol);
        let migration = plan(&text);
        let found = migration.findings().iter().find(|own| own.code == "experimental");
        assert_eq!(found.is_some(), kind.is_some(), "{protocol}");
        assert!(found.is_none_or(|own| own.reason.starts_with(kind.unwrap())), "{found:?}");
    }
}

#[test]
fn too_many_backends_are_refused() {
    let backends: Vec<String> = (0..17).map(|n| format!("{{service: v{n}, weight: 1}}")).collect();
    let migration = plan(&split(&backends.join(","), ""));
    assert!(migration.objects().is_empty());
    assert_eq!(finding(&migration, "too-many-backends").verdict, Verdict::NotExpressible);
    let migration = plan(&split(&backends[..16].join(","), ""));
    assert_eq!(migration.objects().len(), 1);
}

#[test]
fn idle_backends_beyond_the_bound_are_left_out_and_reported() {
    let backend = |n: usize| format!("{{service: v{n}, weight: {}}}", u8::from(n < 3));
    let backends: Vec<String> = (0..20).map(backend).collect();
    let migration = plan(&split(&backends.join(","), ""));
    let json: Value = serde_json::to_value(&migration.objects()[0]).unwrap();
    assert_eq!(json["spec"]["rules"][0]["backendRefs"].as_array().unwrap().len(), 16);
    assert!(finding(&migration, "idle-backends").reason.contains("4 of weight 0"));
}

#[test]
fn expressions_that_are_few_paths_become_these() {
    let paths = |regex: &str| -> Vec<String> {
        let text = split("{service: v1, weight: 1}", BY_GROUP)
            + &group(&[format!("{{name: m, pathRegex: '{regex}'}}")]);
        let json: Value = serde_json::to_value(&plan(&text).objects()[0]).unwrap();
        let matches = json["spec"]["rules"][0]["matches"].as_array().unwrap();
        let path = |own: &Value| format!("{} {}", own["path"]["type"], own["path"]["value"]);
        matches.iter().map(|own| path(own).replace('"', "")).collect()
    };
    assert_eq!(paths("/api/?$"), ["Exact /api/", "Exact /api"]);
    assert_eq!(paths("(/api)?/v1$"), ["Exact /api/v1", "Exact /v1"]);
    assert_eq!(paths("/v[12]/cart$"), ["Exact /v1/cart", "Exact /v2/cart"]);
    assert_eq!(paths("/v[12](/.*)?$"), ["PathPrefix /v1", "PathPrefix /v2"]);
    assert_eq!(paths("/v[0-9]/cart$"), ["RegularExpression /v[0-9]/cart$"]);
}

#[test]
fn weights_are_reduced_and_never_rounded() {
    let weights = |a: &str, b: &str| {
        let backends = format!("{{service: a, weight: {a}}}, {{service: b, weight: {b}}}");
        plan(&split(&backends, ""))
    };
    let migration = weights("10000000", "20000000");
    let json: Value = serde_json::to_value(&migration.objects()[0]).unwrap();
    assert_eq!(json["spec"]["rules"][0]["backendRefs"][1]["weight"], 2);
    let migration = weights("1", "1000001");
    assert!(migration.objects().is_empty());
    finding(&migration, "weight-too-large");
    assert_eq!(weights("1", "1000000").objects().len(), 1);
}

#[test]
fn values_that_are_too_long_are_refused() {
    let long = format!("/{}[0-9]+$", "a".repeat(1020));
    let text = split("{service: v1, weight: 1}", BY_GROUP)
        + &group(&[format!("{{name: m, pathRegex: '{long}'}}")]);
    finding(&plan(&text), "too-long");
    let long = "a".repeat(4097);
    let text = split("{service: v1, weight: 1}", BY_GROUP)
        + &group(&[format!("{{name: m, headers: [{{x-a: '{long}'}}]}}")]);
    finding(&plan(&text), "too-long");
}

#[test]
fn combinations_without_end_are_refused() {
    let matches: Vec<String> = (0..70)
        .map(|n| format!("{{name: m{n}, pathRegex: '/p{n}(/.*)?$', headers: [{{x-{n}: '1'}}]}}"))
        .collect();
    let mut text = group(&matches);
    text += &split("{service: v1, weight: 1}", BY_GROUP);
    let other: Vec<String> = (0..70)
        .map(|n| format!("{{name: m{n}, methods: [GET], headers: [{{y-{n}: '1'}}, {{z: '{n}'}}]}}"))
        .collect();
    text += &group(&other).replace("name: g}", "name: h}");
    text += &split("{service: v2, weight: 1}", ", matches: [{kind: HTTPRouteGroup, name: h}]")
        .replace("name: s}", "name: r}");
    let migration = plan(&text);
    // The prefixes outrank the methods; what all pairs have in common is too much.
    finding(&migration, "too-many-matches");
    assert!(migration.objects().is_empty());
}
