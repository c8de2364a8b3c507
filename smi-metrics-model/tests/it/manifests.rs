//! What a cluster is told about a server, and that Kubernetes' types read it.

use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, RoleBinding};
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use smi_metrics_model::Version;
use smi_metrics_model::serve::{ApiService, cluster_role, edge_reader, server_role_bindings};

#[test]
fn manifests_are_those_of_kubernetes() {
    let service = ApiService::new("mesh-metrics", "mesh").with_port(8443).with_ca_bundle("Q0E=");
    let service = service.manifest(Version::V1alpha1);
    let [reader, delegator] = server_role_bindings("mesh-metrics", "mesh");
    let (all, edges) = (cluster_role("traffic-metrics"), edge_reader("traffic-edges"));

    let read: APIService = serde_json::from_value(service.clone()).unwrap();
    let spec = read.spec.unwrap();
    assert_eq!(
        (spec.group.as_deref(), spec.insecure_skip_tls_verify),
        (Some("metrics.smi-spec.io"), None)
    );
    assert_eq!(spec.service.unwrap().port, Some(8443));
    for role in [&all, &edges] {
        let role: ClusterRole = serde_json::from_value(role.clone()).unwrap();
        assert_eq!(role.rules.unwrap().len(), 1);
    }
    let binding: RoleBinding = serde_json::from_value(reader.clone()).unwrap();
    assert_eq!(binding.metadata.namespace.as_deref(), Some("kube-system"));
    let _: ClusterRoleBinding = serde_json::from_value(delegator.clone()).unwrap();

    let all = [service, all, edges, reader, delegator];
    let yaml = smi_types::write::yaml_documents(all).unwrap();
    crate::documents::assert_golden("manifests.yaml", &yaml);
}
