//! Every namespace of the input is closed, as SMI has it, or the report says why not.

use std::collections::BTreeSet;

use smi_gateway_api::{Level, Mesh, Migration, Options};
use smi_policy::{Semantics, Unselected};

use crate::resources;

const MESHES: [Mesh; 4] = [Mesh::Linkerd, Mesh::Istio, Mesh::Cilium, Mesh::GatewayApi];

/// A target in `shop`, which can be read or not.
fn target(rest: &str) -> String {
    format!(
        "---\napiVersion: access.smi-spec.io/v1alpha4\nkind: TrafficTarget\n\
         metadata: {{name: t, namespace: shop}}\n{rest}\n"
    )
}

/// One thing in each of many namespaces.
const CLUSTER: &str = "---
apiVersion: v1
kind: Service
metadata: {name: a, namespace: services}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: pods}
spec: {containers: []}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: a, namespace: crons}
spec: {jobTemplate: {spec: {template: {spec: {containers: []}}}}}
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: a, namespace: rollouts}
spec: {template: {spec: {containers: []}}}
---
apiVersion: batch/v1
kind: Job
metadata: {generateName: a-, namespace: jobs}
spec: {template: {spec: {containers: []}}}
---
apiVersion: v1
kind: Namespace
metadata: {name: written}
---
apiVersion: split.smi-spec.io/v1alpha2
kind: TrafficSplit
metadata: {name: a, namespace: splits}
spec: {service: a, backends: [{service: b, weight: 1}]}
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: {name: a, namespace: broken}
spec: 7
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: a}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: configs}
";
const ALL: &[&str] =
    &["broken", "crons", "jobs", "pods", "rollouts", "services", "shop", "splits", "written"];

fn closed(migration: &Migration) -> BTreeSet<&str> {
    let objects = migration.objects().iter();
    objects
        .filter_map(|own| match own.kind() {
            "Namespace" => Some(own.name()),
            _ => (own.name() == "smi-default-deny").then(|| own.namespace()),
        })
        .collect()
}

#[track_caller]
fn level(migration: &Migration, object: &str, code: &str) -> Option<Level> {
    let mut found = migration
        .findings()
        .iter()
        .filter(|own| own.object.to_string() == object && own.code == code);
    let level = found.next().map(|own| own.level);
    assert!(found.next().is_none(), "twice: {object} {code}");
    level
}

#[test]
fn a_target_closes_all_namespaces_of_the_input() {
    let readable =
        target("spec: {destination: {kind: ServiceAccount, name: a}, sources: [], rules: []}");
    for target in [readable, target("spec: 7")] {
        for mesh in MESHES {
            let resources = resources(&(CLUSTER.to_owned() + &target));
            let migration = Migration::plan(&resources, &Options::default().mesh(mesh));
            assert_eq!(closed(&migration), ALL.iter().copied().collect(), "{mesh:?}");
            for own in ALL.iter().filter(|own| **own != "shop") {
                let object = format!("Namespace {own}");
                assert_eq!(level(&migration, &object, "default-deny"), Some(Level::Info));
                let yaml = migration.to_yaml().unwrap();
                assert!(yaml.contains(&format!("smi-spec.io/migrated-from: {object}\n")));
            }
            assert_eq!(level(&migration, "Namespace shop", "default-deny"), None);
            assert_eq!(level(&migration, "input", "no-targets"), None);
        }
    }
}

#[test]
fn without_any_target_nothing_is_closed_and_that_is_reported() {
    for mesh in MESHES {
        let migration = Migration::plan(&resources(CLUSTER), &Options::default().mesh(mesh));
        assert!(closed(&migration).is_empty());
        assert_eq!(level(&migration, "input", "no-targets"), Some(Level::Warning));
    }
    // Nor if there is no mesh.
    let migration = Migration::plan(&resources(CLUSTER), &Options::default());
    assert!(closed(&migration).is_empty());
    assert_eq!(level(&migration, "input", "no-targets"), None);
}

#[test]
fn a_document_that_could_be_a_target_closes_too() {
    let text = CLUSTER.to_owned() + "---\nkind: [TrafficTarget\n";
    let migration = Migration::plan(&resources(&text), &Options::default().mesh(Mesh::Cilium));
    assert!(closed(&migration).contains("pods"));
}

#[test]
fn a_namespace_without_targets_can_be_left_open() {
    let text = CLUSTER.to_owned() + &target("spec: 7");
    for mesh in MESHES {
        let options =
            Options::default().mesh(mesh).leave_open("pods").leave_open("shop").leave_open("pod");
        let migration = Migration::plan(&resources(&text), &options);
        let expected = ALL.iter().copied().filter(|own| *own != "pods").collect();
        assert_eq!(closed(&migration), expected, "{mesh:?}");
        assert_eq!(level(&migration, "Namespace pods", "left-open"), Some(Level::Warning));
        assert_eq!(level(&migration, "Namespace pods", "default-deny"), None);
        assert_eq!(level(&migration, "Namespace shop", "left-open"), Some(Level::Error));
        assert_eq!(level(&migration, "Namespace pod", "left-open"), Some(Level::Warning));
    }
}

#[test]
fn where_smi_opens_what_no_target_names_other_namespaces_stay_as_they_are() {
    let text = CLUSTER.to_owned() + &target("spec: 7");
    let mut semantics = Semantics::default();
    semantics.unselected = Unselected::Allow;
    let options = Options::default().mesh(Mesh::Istio).semantics(semantics);
    let migration = Migration::plan(&resources(&text), &options);
    assert_eq!(closed(&migration), ["shop"].into());
}

#[test]
fn what_closing_means_to_a_mesh_is_said() {
    let text = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: istio-system}\n---\n\
                apiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system}\n"
        .to_owned()
        + &target("spec: 7");
    let plan = |mesh| Migration::plan(&resources(&text), &Options::default().mesh(mesh));
    let istio = plan(Mesh::Istio);
    let root = level(&istio, "Namespace istio-system", "root-namespace");
    assert_eq!(root, Some(Level::Warning));
    assert_eq!(level(&istio, "Namespace kube-system", "default-deny"), Some(Level::Warning));
    let linkerd = plan(Mesh::Linkerd);
    assert_eq!(level(&linkerd, "Namespace shop", "restart-pods"), Some(Level::Warning));
}
