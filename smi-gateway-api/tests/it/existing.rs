//! What the manifests have already is neither replaced nor forgotten.

use serde_json::Value;
use smi_gateway_api::{Level, Mesh, Migration, Options, Verdict};
use smi_types::manifest::Resources;

use crate::access::ONE_TARGET;
use crate::resources;

const MESHES: [Mesh; 4] = [Mesh::Linkerd, Mesh::Istio, Mesh::Cilium, Mesh::GatewayApi];

const SPLIT: &str = "---
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {name: s, namespace: shop}
spec: {service: web, backends: [{service: v1, weight: 1}]}
";

/// A target `t`, a split `s`, and more.
fn with(more: &str) -> Resources {
    resources(&format!("{ONE_TARGET}{SPLIT}---\n{more}"))
}

fn plan(more: &str, mesh: Mesh) -> Migration {
    let options = Options::default().mesh(mesh).account_label("app").assumed_port(80);
    Migration::plan(&with(more), &options)
}

fn object(migration: &Migration, kind: &str, name: &str) -> Option<Value> {
    let found = migration.objects().iter().find(|own| own.kind() == kind && own.name() == name);
    found.map(|own| serde_json::to_value(own).unwrap())
}

#[track_caller]
fn finding(migration: &Migration, object: &str, code: &str) -> (Verdict, Level) {
    let found = migration
        .findings()
        .iter()
        .find(|own| own.object.to_string() == object && own.code == code)
        .unwrap_or_else(|| panic!("{object} {code}: {:#?}", migration.findings()));
    (found.verdict, found.level)
}

#[track_caller]
fn none(migration: &Migration, code: &str) {
    assert!(migration.findings().iter().all(|own| own.code != code), "{code}");
}

/// `kubectl apply` takes away what it applied before and does not find again: without the annotation
/// of Linkerd the pods would be restarted without a proxy, and be open to everybody.
#[test]
fn a_namespace_keeps_what_it_carries() {
    let namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: a}, \
                     annotations: {linkerd.io/inject: enabled, \
                     config.linkerd.io/default-inbound-policy: all-unauthenticated, \
                     kubectl.kubernetes.io/last-applied-configuration: '{}'}}}";
    let migration = plan(namespace, Mesh::Linkerd);
    let written = object(&migration, "Namespace", "shop").unwrap();
    let expected = serde_json::json!({
        "name": "shop",
        "labels": {"team": "a"},
        "annotations": {
            "config.linkerd.io/default-inbound-policy": "deny",
            "linkerd.io/inject": "enabled",
            "smi-spec.io/migrated-from": "TrafficTarget shop/t",
        },
    });
    assert_eq!(written["metadata"], expected);
    crate::schema::check(&written);
    none(&migration, "namespace-metadata");

    let unknown = plan("", Mesh::Linkerd);
    let found = finding(&unknown, "Namespace shop", "namespace-metadata");
    assert_eq!(found, (Verdict::Caveat, Level::Warning));
}

#[test]
fn pods_that_get_round_the_policies_are_reported() {
    let pods = |template: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d, namespace: shop}}\n\
             spec: {{template: {template}}}\n"
        )
    };
    let annotated = |annotation: &str| {
        pods(&format!("{{metadata: {{annotations: {{{annotation}}}}}, spec: {{containers: []}}}}"))
    };
    let policy = "config.linkerd.io/default-inbound-policy";
    for (mesh, text, code) in [
        (Mesh::Linkerd, annotated(&format!("{policy}: all-unauthenticated")), "pod-policy"),
        (Mesh::Linkerd, annotated("linkerd.io/inject: disabled"), "not-in-mesh"),
        (Mesh::Linkerd, annotated("config.linkerd.io/skip-inbound-ports: '80'"), "skipped-ports"),
        (Mesh::Istio, annotated("sidecar.istio.io/inject: 'false'"), "not-in-mesh"),
        (
            Mesh::Istio,
            annotated("traffic.sidecar.istio.io/excludeInboundPorts: '80'"),
            "skipped-ports",
        ),
        (Mesh::Cilium, pods("{spec: {hostNetwork: true, containers: []}}"), "host-network"),
    ] {
        let found = finding(&plan(&text, mesh), "Deployment shop/d", code);
        assert_eq!(found, (Verdict::NotExpressible, Level::Error), "{code}");
        // Nothing is enforced in another namespace.
        let elsewhere = text.replace("namespace: shop", "namespace: other");
        let options = Options::default().mesh(mesh).leave_open("other");
        none(&Migration::plan(&with(&elsewhere), &options), code);
    }
    for harmless in [
        annotated(&format!("{policy}: deny")),
        annotated("traffic.sidecar.istio.io/includeInboundPorts: '*'"),
        pods("{spec: {hostNetwork: false, containers: []}}"),
    ] {
        for mesh in MESHES {
            let found = plan(&harmless, mesh);
            assert!(
                found.findings().iter().all(|own| own.object.kind != "Deployment"),
                "{harmless}"
            );
        }
    }
}

#[test]
fn a_service_without_an_address_is_reported() {
    let service = |more: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: shop}}\n\
             spec: {{{more}ports: [{{port: 80}}]}}\n---\n\
             apiVersion: v1\nkind: Service\nmetadata: {{name: v1, namespace: shop}}\n\
             spec: {{clusterIP: None, ports: [{{port: 80}}]}}\n"
        )
    };
    let found = finding(
        &plan(&service("clusterIP: None, "), Mesh::Linkerd),
        "TrafficSplit shop/s",
        "headless",
    );
    assert_eq!(found, (Verdict::Caveat, Level::Warning));
    none(&plan(&service(""), Mesh::Linkerd), "headless");
}

const ROUTE: &str = "apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web-80, namespace: shop}
spec:
  parentRefs: [{group: '', kind: Service, name: web}]
  rules: [{backendRefs: [{name: v2, port: 80}]}]
";

#[test]
fn a_route_that_is_there_already_keeps_its_name_and_is_reported() {
    let migration = plan(ROUTE, Mesh::Istio);
    assert!(object(&migration, "HTTPRoute", "web-80").is_none());
    assert!(object(&migration, "HTTPRoute", "web-80.smi").is_some());
    let found = finding(&migration, "TrafficSplit shop/s", "other-route");
    assert_eq!(found, (Verdict::Caveat, Level::Warning));
    // Of another port, or of a Gateway.
    for (from, to) in [("name: web}]", "name: web, port: 81}]"), ("kind: Service", "kind: Other")] {
        none(&plan(&ROUTE.replace(from, to), Mesh::Istio), "other-route");
    }
    // What an earlier migration made is replaced.
    let own = ROUTE.replace(
        "namespace: shop}",
        "namespace: shop, annotations: {smi-spec.io/migrated-from: TrafficSplit shop/s}}",
    );
    let migration = plan(&own, Mesh::Istio);
    assert!(object(&migration, "HTTPRoute", "web-80").is_some());
    none(&migration, "other-route");
}

#[test]
fn a_service_profile_outranks_routes_in_linkerd() {
    let profile = "apiVersion: linkerd.io/v1alpha2\nkind: ServiceProfile\n\
                   metadata: {name: web.shop.svc.cluster.local, namespace: shop}\n";
    finding(&plan(profile, Mesh::Linkerd), "TrafficSplit shop/s", "service-profile");
    none(&plan(profile, Mesh::Istio), "service-profile");
}

#[test]
fn policies_that_are_there_already_keep_their_names_and_are_reported() {
    for (mesh, version, kind, name) in [
        (Mesh::Linkerd, "policy.linkerd.io/v1beta3", "Server", "cart-8080"),
        (Mesh::Linkerd, "policy.linkerd.io/v1alpha1", "AuthorizationPolicy", "cart-8080"),
        (Mesh::Istio, "security.istio.io/v1", "AuthorizationPolicy", "t"),
        (Mesh::Cilium, "cilium.io/v2", "CiliumNetworkPolicy", "t"),
        (Mesh::GatewayApi, "gateway.networking.x-k8s.io/v1alpha1", "XAuthorizationPolicy", "t"),
    ] {
        let text = |name: &str| {
            format!(
                "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\n"
            )
        };
        let migration = plan(&text(name), mesh);
        assert!(object(&migration, kind, name).is_none(), "{kind}");
        assert!(object(&migration, kind, &format!("{name}.2")).is_some(), "{kind}");
        finding(&migration, &format!("{kind} shop/{name}"), "other-policy");
        // Of another mesh.
        let other = if mesh == Mesh::Istio { Mesh::Cilium } else { Mesh::Istio };
        none(&plan(&text(name), other), "other-policy");
        if mesh != Mesh::Linkerd {
            let migration = plan(&text("smi-default-deny"), mesh);
            let object = format!("{kind} shop/smi-default-deny");
            assert_eq!(finding(&migration, &object, "name-taken").1, Level::Error);
        }
    }
}

/// Routes of an HTTPRoute's Server have names of their own too.
#[test]
fn servers_whose_names_are_taken_are_referred_to_by_their_new_names() {
    let server = "apiVersion: policy.linkerd.io/v1beta3\nkind: Server\n\
                  metadata: {name: cart-8080, namespace: shop}\n";
    let migration = plan(server, Mesh::Linkerd);
    let policy = object(&migration, "AuthorizationPolicy", "cart-8080.2").unwrap();
    assert_eq!(policy["spec"]["targetRef"]["name"], "cart-8080.2");
}
