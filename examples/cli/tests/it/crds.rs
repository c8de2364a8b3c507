//! `smi crds` and `smi schema`.

use serde_json::Value;

use crate::program::{here, smi};

#[track_caller]
fn text(args: &[&str]) -> String {
    smi(args).ends_with(0).stdout
}

#[track_caller]
fn refusal(args: &[&str]) -> String {
    let run = smi(args).ends_with(2);
    assert!(run.stdout.is_empty());
    run.stderr
}

/// The files of a folder of `smi-types`, in the order of the kinds.
fn files(folder: &str, names: &[&str]) -> String {
    let read = |name: &&str| {
        let path = here("../../smi-types/crds").join(folder).join(format!("{name}.yaml"));
        std::fs::read_to_string(path).expect("generated file")
    };
    names.iter().map(read).collect::<Vec<_>>().join("---\n")
}

#[test]
fn the_definitions_printed_are_those_in_the_repository() {
    let kinds = [
        "traffictargets",
        "identitybindings",
        "httproutegroups",
        "tcproutes",
        "udproutes",
        "trafficsplits",
    ];
    assert_eq!(text(&["crds"]), files("strict", &kinds));
    assert_eq!(text(&["crds", "--profile", "strict"]), files("strict", &kinds));
    let published = kinds.map(|kind| kind).into_iter().filter(|kind| *kind != "identitybindings");
    let published: Vec<_> = published.collect();
    assert_eq!(text(&["crds", "--profile", "official"]), files("official", &published));
}

#[test]
fn a_kind_goes_by_all_its_names() {
    let expected = files("strict", &["trafficsplits"]);
    for name in ["TrafficSplit", "trafficsplit", "trafficsplits", "ts"] {
        assert_eq!(text(&["crds", "--kind", name]), expected, "{name}");
    }
    let two = text(&["crds", "--kind", "tr", "--kind", "ur"]);
    assert_eq!(two, files("strict", &["tcproutes", "udproutes"]));
    assert!(refusal(&["crds", "--kind", "pod"]).contains("expected one of TrafficTarget, "));
}

#[test]
fn json_is_a_list_that_kubectl_applies() {
    let list: Value = serde_json::from_str(&text(&["crds", "-o", "json"])).expect("JSON");
    assert_eq!((&list["apiVersion"], &list["kind"]), (&"v1".into(), &"List".into()));
    assert_eq!(list["items"].as_array().map(Vec::len), Some(6));
}

#[test]
fn a_webhook_makes_all_versions_served() {
    let directory = tempfile::tempdir().expect("a directory");
    let ca = directory.path().join("ca.pem");
    std::fs::write(&ca, "-----BEGIN CERTIFICATE-----\n").expect("file written");
    let ca = ca.to_str().expect("UTF-8");
    let webhook = ["crds", "--kind", "ts", "-o", "json", "--conversion-webhook"];
    let ask = |more: &[&str]| -> Value {
        let args: Vec<_> = webhook.iter().chain(more).copied().collect();
        let list: Value = serde_json::from_str(&text(&args)).expect("JSON");
        list["items"][0]["spec"].clone()
    };
    let spec = ask(&["smi/webhook:8443/v1/convert", "--ca-bundle", ca]);
    let client = &spec["conversion"]["webhook"]["clientConfig"];
    assert_eq!(client["service"]["namespace"], "smi");
    assert_eq!(client["service"]["name"], "webhook");
    assert_eq!(client["service"]["port"], 8443);
    assert_eq!(client["service"]["path"], "/v1/convert");
    assert_eq!(client["caBundle"], "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==");
    let versions = spec["versions"].as_array().expect("versions");
    assert!(versions.iter().all(|version| version["served"] == true));

    let spec = ask(&["smi/webhook"]);
    assert_eq!(spec["conversion"]["webhook"]["clientConfig"]["service"]["path"], "/convert");
    let spec = ask(&["https://webhook.example/convert"]);
    let client = &spec["conversion"]["webhook"]["clientConfig"];
    assert_eq!(client["url"], "https://webhook.example/convert");

    for wrong in ["webhook", "/webhook", "smi/", "smi/webhook:0", "http://webhook.example/"] {
        refusal(&["crds", "--conversion-webhook", wrong]);
    }
    let not_pem = here("Cargo.toml");
    let not_pem = not_pem.to_str().expect("UTF-8");
    refusal(&["crds", "--conversion-webhook", "smi/webhook", "--ca-bundle", not_pem]);
}

#[test]
fn choices_change_the_definitions() {
    let headers = text(&["crds", "--kind", "htr", "--headers", "map"]);
    assert!(headers.contains("maxProperties: 16\n"), "{headers}");
    let targets = text(&["crds", "--kind", "tt", "--identity-bindings"]);
    let (newest, _) = targets.split_once("name: v1alpha3\n").expect("two versions");
    assert!(newest.contains("name: v1alpha4\n") && newest.contains("storage: true\n"));
}

#[test]
fn schemas_are_for_one_version() {
    let schema: Value =
        serde_json::from_str(&text(&["schema", "tt", "--version", "v1alpha2"])).expect("JSON");
    assert_eq!(schema["properties"]["apiVersion"]["const"], "access.smi-spec.io/v1alpha2");
    let newest: Value = serde_json::from_str(&text(&["schema", "UDPRoute"])).expect("JSON");
    assert_eq!(newest["properties"]["apiVersion"]["const"], "specs.smi-spec.io/v1alpha4");
    let refused = refusal(&["schema", "UDPRoute", "--version", "v1alpha1"]);
    assert!(refused.contains("does not exist in v1alpha1"), "{refused}");
}
