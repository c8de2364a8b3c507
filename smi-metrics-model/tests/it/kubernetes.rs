//! References and selectors from and to those of k8s-openapi.

use k8s_openapi::api::core::v1::ObjectReference as KubernetesReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector as KubernetesSelector;
use serde_json::json;
use smi_metrics_model::{LabelSelector, ObjectReference};

#[test]
fn both_kinds_of_types_write_the_same_json() {
    let json = json!({
        "kind": "Pod", "namespace": "shop", "name": "web-0", "uid": "1", "apiVersion": "v1",
        "resourceVersion": "2", "fieldPath": "spec",
    });
    let own: ObjectReference = serde_json::from_value(json.clone()).unwrap();
    let kubernetes = KubernetesReference::from(own.clone());
    assert_eq!(serde_json::to_value(&kubernetes).unwrap(), json);
    assert_eq!(ObjectReference::from(kubernetes), own);

    for json in [
        json!({}),
        json!({
            "matchLabels": {"app": "web"},
            "matchExpressions": [
                {"key": "tier", "operator": "In", "values": ["a"]},
                {"key": "canary", "operator": "Exists"},
            ],
        }),
    ] {
        let own: LabelSelector = serde_json::from_value(json.clone()).unwrap();
        let kubernetes = KubernetesSelector::from(own.clone());
        assert_eq!(serde_json::to_value(&kubernetes).unwrap(), json);
        assert_eq!(LabelSelector::from(kubernetes), own);
    }
}
