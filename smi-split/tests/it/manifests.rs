//! What enters from manifests beyond the cases of `vectors`: Services, and what is wrong with them.

use smi_policy::Semantics;
use smi_split::{Call, ObjectName, Outcome, Port, Splits, TargetPort};
use smi_types::manifest::{Manifest, Resources};

use crate::shares::answer;

const SPLIT: &str = "
---
apiVersion: split.smi-spec.io/v1alpha2
kind: TrafficSplit
metadata: {name: s}
spec:
  service: web
  backends: [{service: v1, weight: 1}, {service: v2, weight: 1}]
";

fn load(manifest: &str) -> Splits {
    let mut resources = Resources::new("shop");
    resources.add("test.yaml", Manifest::read(manifest));
    Splits::from_resources(&resources, Semantics::default())
}

fn service(name: &str, ports: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: {ports}}}\n"
    )
}

#[track_caller]
fn assert_targets(ports_of_v1: &str, port: Port, expected: Option<TargetPort>) {
    let web = "[{port: 80}, {port: 53, protocol: UDP}, {port: 9, protocol: SCTP}]";
    let splits = load(&(service("web", web) + &service("v1", ports_of_v1) + SPLIT));
    let web = ObjectName::new("shop", "web");
    let found = match splits.select(&Call::to(&web).port(port)).outcome() {
        Outcome::Backends(backends) => backends.leaves()[0].target_port().cloned(),
        _ => None,
    };
    assert_eq!(found, expected, "{ports_of_v1}");
}

#[test]
fn ports_of_services_are_read_as_kubernetes_defaults_them() {
    let tcp = Port::tcp(80);
    let number = |number| Some(TargetPort::Number(number));
    assert_targets("[{port: 80}]", tcp, number(80));
    assert_targets("[{port: 80, targetPort: 8080}]", tcp, number(8080));
    assert_targets("[{port: 80, targetPort: web}]", tcp, Some(TargetPort::Name("web".into())));
    assert_targets("[{port: 80, targetPort: 0}]", tcp, number(80));
    assert_targets("[{port: 80, targetPort: ''}]", tcp, number(80));
    assert_targets("[{port: 80, targetPort: null, protocol: null}]", tcp, number(80));
    assert_targets("[{port: 80, protocol: ''}]", tcp, number(80));
    assert_targets("[{port: 80, protocol: UDP}]", tcp, None);
    assert_targets("[{port: 53, protocol: UDP}]", Port::udp(53), number(53));
    let sctp = Port { number: 9, protocol: smi_split::Protocol::Sctp };
    assert_targets("[{port: 9, protocol: SCTP}]", sctp, number(9));
    assert_targets("[]", tcp, None);
    assert_targets("null", tcp, None);
}

#[test]
fn what_is_wrong_with_a_service_opens_no_port() {
    for (ports, field) in [
        ("80", "spec.ports"),
        ("[80]", "spec.ports[0].port"),
        ("[{port: 0}]", "spec.ports[0].port"),
        ("[{port: 65616}]", "spec.ports[0].port"),
        ("[{port: '80'}]", "spec.ports[0].port"),
        ("[{port: 80, protocol: tcp}]", "spec.ports[0].protocol"),
        ("[{port: 80, protocol: 6}]", "spec.ports[0].protocol"),
        ("[{port: 80, targetPort: 65616}]", "spec.ports[0].targetPort"),
        ("[{port: 80, targetPort: [80]}]", "spec.ports[0].targetPort"),
    ] {
        assert_targets(ports, Port::tcp(80), None);
        let splits = load(&service("v1", ports));
        let fields: Vec<String> = splits
            .diagnostics()
            .iter()
            .map(|diagnostic| {
                format!("{} {} {}", diagnostic.kind, diagnostic.object, diagnostic.field)
            })
            .collect();
        assert_eq!(fields, [format!("Service shop/v1 {field}")], "{ports}");
    }
    // The neighbours of a wrong port stay.
    let number = Some(TargetPort::Number(80));
    assert_targets("[{port: x}, {port: 80}]", Port::tcp(80), number);
}

#[test]
fn a_service_without_a_place_is_ignored_and_still_makes_ports_count() {
    for metadata in ["{}", "{name: 5}", "{name: web, namespace: 5}"] {
        let text = format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {metadata}\n\
             spec: {{ports: [{{port: 80}}]}}\n"
        );
        let splits = load(&(text + SPLIT));
        let web = ObjectName::new("shop", "web");
        let call = Call::to(&web).port(Port::tcp(80));
        assert_eq!(answer(&splits, &call), "shop/s: no backend", "{metadata}");
    }
}

#[test]
fn only_services_of_the_core_group_are_services() {
    let knative = "---\napiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: web}\n";
    let splits = load(&(knative.to_owned() + SPLIT));
    let web = ObjectName::new("shop", "web");
    let call = Call::to(&web).port(Port::tcp(80));
    assert_eq!(answer(&splits, &call), "shop/s: v1 1/2, v2 1/2");
}

#[test]
fn of_a_service_twice_the_last_counts() {
    let twice = service("web", "[{port: 80}]") + &service("web", "[{port: 81}]") + SPLIT;
    let splits = load(&(twice + &service("v1", "[{port: 80}, {port: 81}]")));
    let web = ObjectName::new("shop", "web");
    let on = |port| answer(&splits, &Call::to(&web).port(Port::tcp(port)));
    assert_eq!(on(80), "shop/s: no backend");
    assert_eq!(on(81), "shop/s: v1 1/1");
    assert!(splits.diagnostics().iter().any(|diagnostic| diagnostic.code == "duplicate-object"));
}

#[test]
fn services_in_a_list_are_services_too() {
    let list = "---\napiVersion: v1\nkind: List\nitems:\n\
                - {apiVersion: v1, kind: Service, metadata: {name: web}, \
                spec: {ports: [{port: 80}]}}\n";
    let splits = load(&(list.to_owned() + SPLIT));
    assert_eq!(splits.events().len(), 2, "{:?}", splits.events());
    assert!(splits.events().iter().all(|event| event.reason() == "BackendServiceMissing"));
}

#[test]
fn quantities_too_far_apart_void_the_split() {
    let splits = load(
        "
apiVersion: split.smi-spec.io/v1alpha1
kind: TrafficSplit
metadata: {name: s}
spec:
  service: web
  backends: [{service: v1, weight: 1E}, {service: v2, weight: 1n}]
",
    );
    let web = ObjectName::new("shop", "web");
    assert_eq!(answer(&splits, &Call::to(&web)), "none: apex");
    let [diagnostic] = splits.diagnostics() else { panic!("{:?}", splits.diagnostics()) };
    assert_eq!(diagnostic.code, "weights-too-large");
}

/// 2^63 + 1 and 2^63 − 1 are twice 2^63, but only when they are added up.
#[test]
fn entries_of_one_service_are_added_up_before_anything_must_fit() {
    let split = |version: &str, [a, b, c]: [&str; 3]| {
        let splits = load(&format!(
            "
apiVersion: split.smi-spec.io/{version}
kind: TrafficSplit
metadata: {{name: s}}
spec:
  service: web
  backends: [{{service: v1, weight: {a}}}, {{service: v2, weight: {b}}},
    {{service: v1.shop, weight: {c}}}]
"
        ));
        answer(&splits, &Call::to(&ObjectName::new("shop", "web")))
    };
    let whole = ["9223372036854775809", "9223372036854775808", "9223372036854775807"];
    assert_eq!(split("v1alpha2", whole), "shop/s: v1 2/3, v2 1/3");
    let quantities = ["1000000000000000000500m", "1E", "999999999999999999500m"];
    assert_eq!(split("v1alpha1", quantities), "shop/s: v1 2/3, v2 1/3");
    // 3 · 10^38 twice is more than 128 bits hold.
    assert_eq!(split("v1alpha1", ["300e36", "1", "300e36"]), "none: apex");
}
