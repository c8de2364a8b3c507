//! Names of the input are nothing but names in the output.

use smi_gateway_api::{Mesh, Migration, Options};
use smi_types::manifest::Manifest;

use crate::resources;

/// A name that ends a comment, and goes on as a document.
const NAME: &str = r#""a\n---\nkind: Evil\u001b[31m\u2028""#;

fn text() -> String {
    format!(
        "apiVersion: split.smi-spec.io/v1alpha2\nkind: TrafficSplit\n\
         metadata: {{name: {NAME}, namespace: shop}}\n\
         spec: {{service: web, backends: [{{service: v1, weight: 1}}]}}\n---\n\
         apiVersion: split.smi-spec.io/v1alpha2\nkind: TrafficSplit\n\
         metadata: {{name: s, namespace: {NAME}}}\n\
         spec: {{service: web, backends: [{{service: v1, weight: 1}}]}}\n---\n\
         apiVersion: access.smi-spec.io/v1alpha4\nkind: TrafficTarget\n\
         metadata: {{name: {NAME}, namespace: shop}}\n\
         spec: {{destination: {{kind: ServiceAccount, name: c}}, sources: [{{kind: ServiceAccount, \
         name: {NAME}}}], rules: [{{kind: TCPRoute, name: {NAME}}}]}}\n---\n\
         apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {NAME}, namespace: shop}}\n\
         spec: {{template: {{metadata: {{annotations: {{config.linkerd.io/default-inbound-policy: \
         {NAME}}}}}, spec: {{hostNetwork: true, containers: []}}}}}}\n---\n\
         apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n\
         metadata: {{name: {NAME}, namespace: shop}}\n\
         spec: {{parentRefs: [{{group: '', kind: Service, name: web, port: 80}}], \
         rules: [{{backendRefs: [{{name: v1, port: 80}}]}}]}}\n---\n\
         apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n\
         metadata: {{name: r, namespace: shop}}\n\
         spec: {{parentRefs: [{{group: '', kind: Service, name: {NAME}, port: 80}}], \
         rules: [{{backendRefs: [{{name: {NAME}, port: 80}}]}}]}}\n"
    )
}

#[track_caller]
fn check(migration: &Migration) {
    let yaml = migration.to_yaml().unwrap();
    let manifest = Manifest::read(&yaml);
    assert_eq!(manifest.documents().len(), migration.objects().len(), "{yaml}");
    let kinds: Vec<&str> = migration.objects().iter().map(|own| own.kind()).collect();
    assert!(!kinds.contains(&"Evil") && !yaml.contains("\nkind: Evil"), "{yaml}");
    for finding in migration.findings() {
        let line = finding.to_string();
        assert!(!line.contains(|c: char| c.is_control() || c == '\u{2028}'), "{line:?}");
    }
}

#[test]
fn a_name_is_neither_a_document_nor_a_line_of_the_report() {
    let resources = resources(&text());
    let options = Options::default().assumed_port(80).account_label("app");
    for mesh in [Mesh::Linkerd, Mesh::Istio, Mesh::Cilium, Mesh::GatewayApi] {
        let migration = Migration::plan(&resources, &options.clone().mesh(mesh));
        assert!(!migration.objects().is_empty());
        check(&migration);
    }
    let back = Migration::back(&resources, &options);
    check(&back);
    assert!(back.objects().is_empty(), "{}", back.to_yaml().unwrap());
}
