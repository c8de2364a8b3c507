//! `smi migrate`.

use serde_json::Value;

use crate::program::{Run, smi_reading};

/// What `kubectl get trafficsplits,services -o yaml` prints.
const LIST: &str = "\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: web, namespace: shop, uid: 0a}
  spec: {ports: [{name: http, port: 80}]}
- apiVersion: v1
  kind: Service
  metadata: {name: web-v2, namespace: shop}
  spec: {ports: [{name: http, port: 80}]}
- apiVersion: split.smi-spec.io/v1alpha2
  kind: TrafficSplit
  metadata: {name: canary, namespace: shop, resourceVersion: '7', creationTimestamp: '2024-01-01T00:00:00Z'}
  spec:
    service: web
    backends: [{service: web, weight: 90}, {service: web-v2, weight: 10}]
";

fn migrate(args: &[&str], input: &str) -> Run {
    smi_reading(input, &[&["migrate"], args].concat())
}

#[track_caller]
fn text(run: Run, status: i32) -> (String, String) {
    let Run { stdout, stderr, .. } = run.ends_with(status);
    (stdout, stderr)
}

#[test]
fn what_is_in_manifests_does_nothing_to_a_terminal() {
    let list = LIST.replace("name: canary", r#"name: "can\e[2J\u202Eary""#);
    let (_, report) = text(migrate(&["-"], &list), 0);
    assert!(report.contains(r"\u{202e}"), "{report}");
    assert!(!report.contains(['\u{1b}', '\u{202e}']), "{report}");
}

#[test]
fn what_kubectl_prints_becomes_routes() {
    let (yaml, report) = text(migrate(&["-"], LIST), 0);
    assert!(yaml.contains("kind: HTTPRoute\n"), "{yaml}");
    assert!(yaml.contains("weight: 9\n"), "{yaml}");
    assert!(yaml.contains("#      kubectl -n shop delete trafficsplits.split.smi-spec.io canary"));
    assert!(report.contains("INFO TrafficSplit shop/canary: spec.backends: kept exactly"));
    assert!(report.ends_with("Summary: 1 exactly, 0 with caveat, 0 narrowed, 0 refused\n"));

    // And back again.
    let services = LIST.split("- apiVersion: split").next().expect("services");
    let (smi, _) = text(migrate(&["--back", "-"], &format!("{services}---\n{yaml}")), 0);
    assert!(smi.contains("kind: TrafficSplit\n") && smi.contains("service: web-v2\n"), "{smi}");
}

#[test]
fn the_report_is_there_for_programs_too() {
    let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/../manifests/shop");
    let args = [shop, "--mesh", "cilium", "--account-label", "app", "--output", "report=json"];
    let (yaml, report) = text(migrate(&args, ""), 1);
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["summary"]["exact"].as_u64().map(|exact| exact > 5), Some(true));
    let errors: Vec<&Value> = report["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|finding| finding["level"] == "ERROR")
        .collect();
    assert!(!errors.is_empty());
    assert!(errors.iter().all(|error| error["reason"].is_string() && error["code"].is_string()));
    assert!(yaml.ends_with("spec:\n  endpointSelector: {}\n  ingress:\n  - {}\n"), "{yaml}");
    assert_eq!(yaml, migrate(&args, "").stdout, "the same each time");
}

#[test]
fn without_a_mesh_targets_are_not_forgotten() {
    let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/../manifests/shop");
    let (yaml, report) = text(migrate(&[shop], ""), 1);
    assert!(!yaml.contains("Policy"));
    assert!(
        report.contains("ERROR TrafficTarget shop/cart-from-web: spec: not expressible: no mesh")
    );
}

#[test]
fn nothing_to_read_is_an_error() {
    text(migrate(&["no-such-directory"], ""), 2);
}

#[test]
fn callers_are_restricted_to_networks() {
    let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/../manifests/shop");
    let args =
        |network| [shop, "--mesh", "linkerd", "--account-label", "app", "--network", network];
    let (yaml, report) = text(migrate(&args("10.1.0.0/16=shop/web"), ""), 1);
    assert!(yaml.contains("kind: NetworkAuthentication\n"), "{yaml}");
    assert!(report.contains("`shop/web` is let in from 10.1.0.0/16 only, as you said [network]"));
    for wrong in ["10.1.0.0/16", "10.1.0.0/16=shop", "10.1/16=shop/web", "10.1.0.0/16=/web"] {
        text(migrate(&args(wrong), ""), 2);
    }
}

#[test]
fn namespaces_without_targets_can_be_left_open() {
    let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/../manifests/shop");
    let args = [shop, "--mesh", "istio", "--account-label", "app"];
    let (_, report) = text(migrate(&args, ""), 1);
    let closed = report.lines().find(|line| line.contains("[default-deny]")).expect("one");
    let name = closed.split(": ").next().and_then(|head| head.split(' ').nth(2)).expect("a name");
    let (_, report) = text(migrate(&[&args[..], &["--leave-open", name]].concat(), ""), 1);
    assert!(
        report.contains(&format!("WARNING Namespace {name}: kept with caveat: it is left open"))
    );
}
