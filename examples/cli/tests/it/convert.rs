//! `smi convert`.

use crate::program::{Run, smi_reading};

const MANIFESTS: &str = "\
# A comment of a Service stays.
apiVersion: v1
kind: Service
metadata: {name: api} # untouched
---
# A comment of a converted document doesn't.
apiVersion: access.smi-spec.io/v1alpha2
kind: TrafficTarget
metadata: {name: api, namespace: shop}
spec:
  destination: {kind: ServiceAccount, name: api, port: 8080}
  rules: [{kind: HTTPRouteGroup, name: routes}]
  sources: [{kind: ServiceAccount, name: web}]
";

const KEPT: &str = "smi-spec.io/preserved";

fn convert(args: &[&str], input: &str) -> Run {
    smi_reading(input, &[&["convert"], args, &["-"]].concat())
}

#[track_caller]
fn text(run: Run, status: i32) -> (String, String) {
    let Run { stdout, stderr, .. } = run.ends_with(status);
    (stdout, stderr)
}

#[test]
fn documents_are_converted_and_others_left_untouched() {
    let (out, report) = text(convert(&["--to", "v1alpha4"], MANIFESTS), 0);
    let service = MANIFESTS.split("---\n").next().expect("a document");
    assert!(out.starts_with(service), "{out}");
    assert!(
        out.contains("---\napiVersion: access.smi-spec.io/v1alpha4\nkind: TrafficTarget\n"),
        "{out}"
    );
    assert!(out.contains(KEPT) && !out.contains("converted"), "{out}");
    assert!(
        report.contains(
            "note: -: TrafficTarget shop/api: spec.destination.port: kept in the annotation"
        ),
        "{report}"
    );
    assert!(report.ends_with("1 converted, 1 passed through, 0 not converted\n"), "{report}");

    let (back, report) = text(convert(&["--to", "v1alpha2"], &out), 0);
    assert!(back.contains("port: 8080") && !back.contains(KEPT), "{back}");
    assert!(report.contains("spec.destination.port: back from the annotation"), "{report}");
}

#[test]
fn a_companion_takes_the_place_of_the_annotation() {
    let args = ["--to", "v1alpha4", "--companions", "--no-annotations"];
    let (out, report) = text(convert(&args, MANIFESTS), 0);
    assert!(out.contains("kind: TCPRoute\nmetadata:\n  name: api-port-8080\n"), "{out}");
    assert!(!out.contains(KEPT), "{out}");
    assert!(report.contains("said by the TCPRoute shop/api-port-8080 now"), "{report}");
}

#[test]
fn what_would_open_something_is_not_converted() {
    let (out, report) = text(convert(&["--to", "v1alpha4", "--no-annotations"], MANIFESTS), 1);
    assert!(out.contains("apiVersion: access.smi-spec.io/v1alpha2"), "{out}");
    assert!(report.contains("which would open what is closed"), "{report}");
}

#[test]
fn what_can_not_be_read_is_passed_through_and_said() {
    let broken = "apiVersion: split.smi-spec.io/v1alpha2\nkind: TrafficSplit\nmetadata: {name: a}\nspec: 7\n";
    let (out, report) = text(convert(&["--to", "v1alpha4"], broken), 1);
    assert_eq!(out, broken);
    assert!(report.contains("error: -: ") && report.contains("expected a mapping"), "{report}");
}

#[test]
fn items_of_a_list_become_documents() {
    let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: specs.smi-spec.io/v1alpha2\n  kind: HTTPRouteGroup\n  metadata: {name: a}\n  matches: [{name: all}]\n- apiVersion: v1\n  kind: Service\n  metadata: {name: s}\n- apiVersion: specs.smi-spec.io/v1alpha4\n  kind: UDPRoute\n  metadata: {name: u}\n";
    let (out, report) = text(convert(&["--to", "v1alpha3"], list), 0);
    assert!(
        out.contains(
            "kind: HTTPRouteGroup\nmetadata:\n  name: a\nspec:\n  matches:\n  - name: all\n"
        ),
        "{out}"
    );
    assert!(out.contains("---\napiVersion: v1\nkind: Service\n"), "{out}");
    assert!(report.contains("UDPRoute u: stays as it is"), "{report}");
}

#[test]
fn json_has_objects_and_notes() {
    let output = convert(&["--to", "v1alpha3", "--output", "json"], MANIFESTS);
    let report = output.json();
    assert_eq!(report["converted"], 1);
    assert_eq!(report["objects"][1]["apiVersion"], "access.smi-spec.io/v1alpha3");
    assert_eq!(report["notes"][0]["field"], "spec.destination.port");
}
