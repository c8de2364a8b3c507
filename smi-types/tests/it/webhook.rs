//! What webhooks answer.

use serde_json::{Value, json};
use smi_types::webhook::{admission, conversion};

fn split(version: &str, name: &str, weight: Value) -> Value {
    json!({
        "apiVersion": format!("split.smi-spec.io/{version}"),
        "kind": "TrafficSplit",
        "metadata": { "name": name, "uid": "u", "resourceVersion": "7" },
        "spec": { "service": "web", "backends": [{ "service": "v1", "weight": weight }] },
    })
}

fn convert(desired: &str, objects: Value) -> Value {
    let review = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "ConversionReview",
        "request": { "uid": "705ab4f5", "desiredAPIVersion": desired, "objects": objects },
    });
    let review = conversion::review(serde_json::from_value(review).unwrap());
    serde_json::to_value(review).unwrap()
}

#[test]
fn objects_of_mixed_versions_are_converted_in_order() {
    let objects = json!([
        split("v1alpha1", "a", json!("500m")),
        split("v1alpha4", "b", json!(2)),
        split("v1alpha2", "c", json!(3)),
    ]);
    let review = convert("split.smi-spec.io/v1alpha4", objects);
    assert_eq!(review["apiVersion"], "apiextensions.k8s.io/v1");
    assert_eq!(review["kind"], "ConversionReview");
    assert_eq!(review.get("request"), None);
    let response = &review["response"];
    assert_eq!(response["uid"], "705ab4f5");
    assert_eq!(response["result"], json!({ "status": "Success" }));
    let objects = response["convertedObjects"].as_array().unwrap();
    let names: Vec<_> = objects.iter().map(|object| &object["metadata"]["name"]).collect();
    assert_eq!(names, ["a", "b", "c"]);
    for object in objects {
        assert_eq!(object["apiVersion"], "split.smi-spec.io/v1alpha4");
        assert_eq!(object["metadata"]["resourceVersion"], "7");
    }
    assert_eq!(objects[0]["spec"]["backends"][0]["weight"], 1);
}

#[test]
fn a_list_is_converted_item_by_item() {
    let list = json!({
        "apiVersion": "split.smi-spec.io/v1alpha1",
        "kind": "TrafficSplitList",
        "metadata": { "resourceVersion": "9" },
        "items": [split("v1alpha1", "a", json!("1")), split("v1alpha1", "b", json!("2"))],
    });
    let review = convert("split.smi-spec.io/v1alpha3", json!([list]));
    let list = &review["response"]["convertedObjects"][0];
    assert_eq!(list["apiVersion"], "split.smi-spec.io/v1alpha3");
    assert_eq!(list["metadata"]["resourceVersion"], "9");
    assert_eq!(list["items"][1]["spec"]["backends"][0]["weight"], 2);
}

#[test]
fn a_failure_names_every_object_that_was_not_converted() {
    let objects = json!([
        split("v1alpha1", "a", json!("1")),
        split("v1alpha1", "b", json!("many")),
        { "apiVersion": "v1", "kind": "Service", "metadata": { "name": "s" } },
    ]);
    let review = convert("split.smi-spec.io/v1alpha4", objects);
    let response = &review["response"];
    assert_eq!(response["uid"], "705ab4f5");
    assert_eq!(response["convertedObjects"], json!([]));
    let result = &response["result"];
    assert_eq!((&result["status"], &result["code"]), (&json!("Failure"), &json!(422)));
    let causes = result["details"]["causes"].as_array().unwrap();
    let fields: Vec<_> = causes.iter().map(|cause| &cause["field"]).collect();
    assert_eq!(fields, ["objects[1]", "objects[2]"]);
    assert!(causes[1]["message"].as_str().unwrap().contains("`v1`"), "{causes:?}");
}

#[test]
fn a_version_that_is_none_of_smi_is_refused() {
    for desired in ["split.smi-spec.io/v2", "v1", "", "access.smi-spec.io/v1alpha4"] {
        let review = convert(desired, json!([split("v1alpha1", "a", json!("1"))]));
        assert_eq!(review["response"]["result"]["status"], "Failure", "{desired}");
        assert_eq!(review["response"]["uid"], "705ab4f5");
    }
    let no_request = json!({ "apiVersion": "apiextensions.k8s.io/v1", "kind": "ConversionReview" });
    let review = conversion::review(serde_json::from_value(no_request).unwrap());
    assert!(review.response.unwrap().result.is_failure());
}

fn admit(operation: &str, object: Value) -> Value {
    admit_in(None, operation, object)
}

fn admit_in(namespace: Option<&str>, operation: &str, object: Value) -> Value {
    let review = json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5",
            "kind": { "group": "access.smi-spec.io", "version": "v1alpha3", "kind": "TrafficTarget" },
            "resource": { "group": "access.smi-spec.io", "version": "v1alpha3", "resource": "traffictargets" },
            "operation": operation,
            "namespace": namespace,
            "userInfo": {},
            "object": object,
        },
    });
    let review = admission::review(serde_json::from_value(review).unwrap());
    serde_json::to_value(review).unwrap()["response"].take()
}

fn target(metadata: Value, sources: Value) -> Value {
    json!({
        "apiVersion": "access.smi-spec.io/v1alpha3",
        "kind": "TrafficTarget",
        "metadata": metadata,
        "spec": {
            "destination": { "kind": "ServiceAccount", "name": "api" },
            "rules": [{ "kind": "TCPRoute", "name": "web" }],
            "sources": sources,
        },
    })
}

#[test]
fn a_good_object_is_allowed_also_before_it_has_a_name() {
    for metadata in [json!({ "name": "a" }), json!({ "generateName": "a-" })] {
        let sources = json!([{ "kind": "ServiceAccount", "name": "web" }]);
        let response = admit("CREATE", target(metadata, sources));
        assert_eq!(response["allowed"], true, "{response}");
        assert_eq!(response["uid"], "705ab4f5");
        assert_eq!(response.get("warnings"), None, "{response}");
    }
}

#[test]
fn errors_deny_with_all_causes_and_warnings_are_warnings() {
    let sources = json!([
        { "kind": "ServiceAccount", "name": "web", "port": 80 },
        { "kind": "Group", "name": "web" },
        { "kind": "ServiceAccount" },
    ]);
    let response = admit("UPDATE", target(json!({ "name": "a" }), sources));
    assert_eq!(response["allowed"], false);
    let causes = response["status"]["details"]["causes"].as_array().unwrap();
    let fields: Vec<_> = causes.iter().map(|cause| cause["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["spec.sources[1].kind", "spec.sources[2].name"]);
    assert_eq!(causes[0]["reason"], "unknown-subject-kind");
    let warnings = response["warnings"].as_array().unwrap();
    assert!(
        warnings[0].as_str().unwrap().starts_with("spec.sources[0].port: since v1alpha3"),
        "{warnings:?}"
    );
}

/// Only the owner of a destination may open it, and an object that does not say its namespace is of
/// the request's.
#[test]
fn an_object_without_namespace_is_of_that_of_the_request() {
    let opens = |metadata: Value, destination: &str| {
        let mut target = target(metadata, json!([{ "kind": "ServiceAccount", "name": "web" }]));
        target["spec"]["destination"]["namespace"] = destination.into();
        target
    };
    let allowed = |namespace: Option<&str>, object: Value| {
        admit_in(namespace, "CREATE", object)["allowed"].as_bool().unwrap()
    };
    assert!(allowed(Some("shop"), opens(json!({ "name": "a" }), "shop")));
    assert!(!allowed(Some("shop"), opens(json!({ "name": "a" }), "default")));
    // An empty namespace is none, so that the default one counts.
    assert!(allowed(Some(""), opens(json!({ "name": "a" }), "default")));
    // What the object says counts.
    let own = json!({ "name": "a", "namespace": "stage" });
    assert!(allowed(Some("shop"), opens(own.clone(), "stage")));
    assert!(!allowed(Some("shop"), opens(own, "shop")));
}

#[test]
fn an_object_that_grants_nothing_is_denied() {
    let response = admit("CREATE", target(json!({ "name": "a" }), json!([])));
    assert_eq!(response["allowed"], false, "{response}");
    assert_eq!(response["status"]["details"]["causes"][0]["reason"], "empty-sources");
}

#[test]
fn deletions_and_foreign_objects_are_allowed() {
    assert_eq!(admit("DELETE", Value::Null)["allowed"], true);
    let service = json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "s" } });
    assert_eq!(admit("CREATE", service)["allowed"], true);
}
