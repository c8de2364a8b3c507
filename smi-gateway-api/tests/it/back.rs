//! The way back.

use proptest::prelude::*;
use serde_json::Value;
use smi_gateway_api::{Migration, Options, Verdict};
use smi_policy::Semantics;
use smi_split::Splits;
use smi_types::manifest::{Manifest, Resources};

use crate::request::Request;
use crate::routes::{select, without_idle};
use crate::{resources, worlds};

fn route(spec: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n\
         metadata: {{name: web, namespace: shop}}\nspec: {spec}\n"
    )
}

const PARENT: &str = "parentRefs: [{group: '', kind: Service, name: web, port: 80}]";

fn back(spec: &str) -> Migration {
    Migration::back(&resources(&route(spec)), &Options::default())
}

#[test]
fn a_canary_is_a_split() {
    let migration = back(&format!(
        "{{{PARENT}, rules: [{{matches: [{{path: {{type: Exact, value: /a.b}}}}, {{path: {{value: \
         /api/}}}}], backendRefs: [{{name: v1, port: 80, weight: 9}}, {{name: v2, port: 80}}]}}, \
         {{backendRefs: [{{name: web, port: 80}}]}}]}}"
    ));
    let json: Vec<Value> =
        migration.objects().iter().map(|own| serde_json::to_value(own).unwrap()).collect();
    assert_eq!(json[0]["kind"], "HTTPRouteGroup");
    assert_eq!(json[0]["spec"]["matches"][0]["pathRegex"], "/a\\.b$");
    assert_eq!(json[0]["spec"]["matches"][1]["pathRegex"], "/api(/.*)?$");
    assert_eq!(json[1]["spec"]["backends"][1]["weight"], 1);
    assert_eq!(json.len(), 2, "the rest stays with the service by itself");
}

#[test]
fn what_smi_can_not_say_is_refused() {
    let rest = "backendRefs: [{name: web, port: 80}]";
    for (spec, code) in [
        (format!("{{{PARENT}, hostnames: [a.example], rules: [{{{rest}}}]}}"), "hostnames"),
        (format!("{{{PARENT}, rules: [{{{rest}, timeouts: {{request: 1s}}}}]}}"), "timeouts"),
        (
            format!(
                "{{{PARENT}, rules: [{{{rest}, filters: [{{type: RequestHeaderModifier, \
                 requestHeaderModifier: {{remove: [x]}}}}]}}]}}"
            ),
            "filters",
        ),
        (
            format!(
                "{{{PARENT}, rules: [{{matches: [{{queryParams: [{{name: a, value: b}}]}}], {rest}}}]}}"
            ),
            "query",
        ),
        (format!("{{{PARENT}, rules: [{{backendRefs: [{{name: v1, port: 81}}]}}]}}"), "port"),
        (
            format!(
                "{{{PARENT}, rules: [{{backendRefs: [{{name: v1, port: 80, namespace: other}}]}}]}}"
            ),
            "backend",
        ),
        (format!("{{{PARENT}, rules: [{{backendRefs: []}}]}}"), "no-backends"),
        (format!("{{{PARENT}, rules: [{{matches: [{{method: GET}}], {rest}}}]}}"), "no-rest"),
        (format!("{{{PARENT}, rules: [{{{rest}, retry: {{attempts: 2}}}}]}}"), "unknown-field"),
        (
            format!(
                "{{{PARENT}, rules: [{{matches: [{{headers: [{{name: Host, value: a}}]}}], \
                 {rest}}}]}}"
            ),
            "authority",
        ),
        (format!("{{parentRefs: [{{name: gateway}}], rules: [{{{rest}}}]}}"), "parent"),
        (
            format!(
                "{{{PARENT}, rules: [{{matches: [{{path: {{type: RegularExpression, value: \
                 '/(?=a)'}}}}], backendRefs: [{{name: v1, port: 80}}]}}, {{{rest}}}]}}"
            ),
            "regex",
        ),
    ] {
        let migration = back(&spec);
        assert!(migration.objects().is_empty(), "{spec}");
        let codes: Vec<&str> = migration.findings().iter().map(|finding| finding.code).collect();
        assert!(codes.contains(&code), "{spec}: {codes:?}");
        assert_eq!(migration.summary().refused, 1, "{spec}");
    }
}

#[test]
fn a_route_of_one_of_several_ports_is_refused() {
    let text = route(&format!("{{{PARENT}, rules: [{{backendRefs: [{{name: v1, port: 80}}]}}]}}"))
        + "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n\
           spec: {ports: [{port: 80, name: a}, {port: 81, name: b}]}\n";
    let migration = Migration::back(&resources(&text), &Options::default());
    assert!(migration.objects().is_empty());
}

fn codes(text: &str) -> (usize, Vec<&'static str>) {
    let migration = Migration::back(&resources(text), &Options::default());
    (migration.objects().len(), migration.findings().iter().map(|own| own.code).collect())
}

#[test]
fn other_routes_of_a_service_are_not_forgotten() {
    let text = route(&format!("{{{PARENT}, rules: [{{backendRefs: [{{name: v1, port: 80}}]}}]}}"));
    assert_eq!(codes(&text).0, 1);
    for (version, kind) in [
        ("gateway.networking.k8s.io/v1", "GRPCRoute"),
        ("gateway.networking.k8s.io/v1alpha2", "TCPRoute"),
        ("policy.linkerd.io/v1beta3", "HTTPRoute"),
    ] {
        let other = route(&format!("{{{PARENT}, rules: []}}"))
            .replace("gateway.networking.k8s.io/v1", version)
            .replace("HTTPRoute", kind)
            .replace("name: web, namespace", "name: other, namespace");
        let (objects, found) = codes(&format!("{text}---\n{other}"));
        assert_eq!(objects, 0, "{kind}");
        assert!(found.contains(&"kind") && found.contains(&"refused"), "{found:?}");
    }
    // One that can't be read.
    let broken = route(&format!("{{{PARENT}, rules: 7}}")).replace("{name: web,", "{name: other,");
    assert_eq!(codes(&format!("{text}---\n{broken}")).0, 0);
    // Of the same route twice the last counts.
    let twice = format!("{broken}---\n{}", text.replace("{name: web,", "{name: other,"));
    assert_eq!(codes(&twice).0, 1);
}

#[test]
fn splits_that_are_there_already_are_not_forgotten() {
    let text = route(&format!("{{{PARENT}, rules: [{{backendRefs: [{{name: v1, port: 80}}]}}]}}"));
    let split = |name: &str| {
        format!(
            "{text}---\napiVersion: split.smi-spec.io/v1alpha2\nkind: TrafficSplit\n\
             metadata: {{name: {name}, namespace: shop}}\n\
             spec: {{service: web, backends: [{{service: v2, weight: 1}}]}}\n"
        )
    };
    let found = codes(&split("old")).1;
    assert!(found.contains(&"other-split") && !found.contains(&"name-taken"), "{found:?}");
    assert!(codes(&split("web")).1.contains(&"name-taken"));
}

#[test]
fn the_order_of_the_cut_over_is_that_of_the_way_back() {
    let migration =
        back(&format!("{{{PARENT}, rules: [{{backendRefs: [{{name: v1, port: 80}}]}}]}}"));
    let yaml = migration.to_yaml().unwrap();
    assert!(yaml.contains("delete the routes that the splits replace:"), "{yaml}");
    assert!(
        !yaml.contains("default deny") && !yaml.contains("HTTPRouteGroups, TCPRoutes"),
        "{yaml}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(crate::cases()) })]

    #[test]
    fn there_and_back_requests_go_to_the_same_backends(
        groups in worlds::groups(),
        splits in worlds::splits(),
        requests in prop::collection::vec(worlds::request(), 24),
    ) {
        let text = groups + &splits;
        let there = resources(&text);
        let routes = Migration::plan(&there, &Options::default());
        let worst = |migration: &Migration| {
            migration.verdicts().map(|(_, verdict)| verdict).max().unwrap_or(Verdict::Exact)
        };
        if worst(&routes) > Verdict::Caveat || routes.objects().is_empty() {
            return Ok(());
        }
        let mut gateway = Resources::new("shop");
        gateway.add("routes.yaml", Manifest::read(&routes.to_yaml().unwrap()));
        let services = text.split("---\n").filter(|own| own.contains("kind: Service\n"));
        gateway.add("services.yaml", Manifest::read(&services.collect::<Vec<_>>().join("---\n")));
        let back = Migration::back(&gateway, &Options::default());
        prop_assert!(worst(&back) <= Verdict::Caveat, "{:#?}", back.findings());
        let mut smi = Resources::new("shop");
        smi.add("smi.yaml", Manifest::read(&back.to_yaml().unwrap()));
        prop_assert!(smi.problems().next().is_none());
        let before = Splits::from_resources(&there, Semantics::default());
        let after = Splits::from_resources(&smi, Semantics::default());
        let is_ordinary = |request: &&Request| request.is_clean() && !request.has_repeated_headers();
        for request in requests.iter().filter(is_ordinary) {
            prop_assert_eq!(
                without_idle(select(&after, request)),
                without_idle(select(&before, request)),
                "{:?}\n{}\n{}", request, text, back.to_yaml().unwrap()
            );
        }
    }
}
