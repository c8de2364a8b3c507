//! The default deny: which namespaces are closed, and why.

use std::collections::{BTreeMap, BTreeSet};

use smi_policy::Unselected;

use super::{bypass, cilium, gateway, istio, linkerd};
use crate::finding::{Level, Origin, Verdict};
use crate::migration::World;
use crate::object::{Metadata, Object, is_label};
use crate::options::Mesh;

/// Name of the objects that close a namespace.
pub(super) const NAME: &str = "smi-default-deny";

/// Closes the namespaces that targets concern, and, as SMI denies there too, all others of which the
/// input has something.
pub(super) fn policies(
    world: &mut World<'_>,
    mesh: Mesh,
    concerned: &BTreeMap<String, BTreeSet<Origin>>,
) -> Vec<Object> {
    if concerned.is_empty() && !may_have_targets(world) {
        let reason = "there is no TrafficTarget, so that access control is taken not to be in use, \
                      and nothing is closed";
        let by_hand = Some("add the TrafficTargets, if there are any");
        world.report.caveat(&Origin::new("input", "", ""), "", "no-targets", reason, by_hand);
        return Vec::new();
    }
    let mut namespaces: BTreeSet<String> = concerned.keys().cloned().collect();
    // Where SMI opens what no target names, it opens the other namespaces.
    if world.semantics.unselected != Unselected::Allow {
        namespaces.extend(world.cluster.namespaces.iter().cloned());
        namespaces.extend(smi_namespaces(world));
    }
    namespaces.retain(|namespace| is_label(namespace));
    report_left_open(world, &namespaces, concerned);
    let mut objects = Vec::new();
    for namespace in namespaces {
        let own = Origin::new("Namespace", "", namespace.as_str());
        let targets = concerned.get(&namespace);
        if targets.is_none() && world.options.left_open.contains(&namespace) {
            continue;
        }
        if targets.is_none() {
            let reason = "no target opens anything in it, so that it is closed, as SMI has it";
            let by_hand =
                format!("leave it open (`--leave-open {namespace}`) if nothing enforced SMI");
            // What the cluster itself runs on is worth a second look.
            let level = if namespace.starts_with("kube-") { Level::Warning } else { Level::Info };
            let (verdict, code) = (Verdict::Exact, "default-deny");
            world.report.add(&own, "", verdict, level, code, reason, Some(&by_hand));
        }
        let origins: Vec<Origin> = match targets {
            Some(targets) => targets.iter().cloned().collect(),
            None => vec![own.clone()],
        };
        report_of_mesh(world, mesh, &own);
        bypass::report(world, mesh, &namespace);
        let metadata = Metadata::new(&namespace, NAME.to_owned(), &origins);
        objects.push(match mesh {
            Mesh::Linkerd => {
                let written = world.cluster.written.get(&namespace);
                linkerd::default_deny(&namespace, written, &origins)
            }
            Mesh::Istio => istio::default_deny(metadata),
            Mesh::Cilium => cilium::default_deny(metadata),
            Mesh::GatewayApi => gateway::default_deny(metadata),
        });
    }
    objects
}

/// Whether a document that can't be read could be a target.
fn may_have_targets(world: &World<'_>) -> bool {
    world.resources.undecodable().any(|loaded| loaded.document.kind().is_none())
}

/// The namespaces of all SMI objects.
fn smi_namespaces(world: &World<'_>) -> BTreeSet<String> {
    let default = world.resources.default_namespace();
    let readable = world.resources.objects().map(|object| object.meta().namespace.as_deref());
    let others = world.resources.undecodable().filter(|loaded| loaded.document.kind().is_some());
    let others = others.map(|loaded| loaded.document.namespace());
    readable.chain(others).map(|namespace| namespace.unwrap_or(default).to_owned()).collect()
}

/// What became of the wish to leave namespaces open.
fn report_left_open(
    world: &mut World<'_>,
    namespaces: &BTreeSet<String>,
    concerned: &BTreeMap<String, BTreeSet<Origin>>,
) {
    const CODE: &str = "left-open";
    for namespace in &world.options.left_open {
        let own = Origin::new("Namespace", "", namespace);
        if concerned.contains_key(namespace) {
            let reason = "targets concern it, so that it is closed, whatever was asked for";
            let by_hand = Some("delete its default deny by hand, if you are sure");
            world.report.refused(&own, "", CODE, reason, by_hand);
        } else if namespaces.contains(namespace) {
            let reason = "it is left open, as you said; SMI denies everything there";
            world.report.caveat(&own, "", CODE, reason, None);
        } else {
            let reason = "it was to be left open, and nothing would have closed it";
            let by_hand = Some("check how it is spelt");
            let (verdict, level) = (Verdict::Exact, Level::Warning);
            world.report.add(&own, "", verdict, level, CODE, reason, by_hand);
        }
    }
}

/// What there is to know about closing a namespace with this mesh.
fn report_of_mesh(world: &mut World<'_>, mesh: Mesh, own: &Origin) {
    if mesh == Mesh::Linkerd {
        let reason = "pods take the policy of their namespace when they start, and no later";
        let by_hand = Some("restart its pods after you have applied the output");
        world.report.caveat(own, "", "restart-pods", reason, by_hand);
        if !world.cluster.written.contains_key(&own.name) {
            let reason = "it is not among the manifests, and `kubectl apply` takes from it the labels \
                          and annotations that were applied before, such as `linkerd.io/inject`";
            let by_hand = Some(
                "add the Namespace to the manifests, or set the annotation with `kubectl annotate`",
            );
            world.report.caveat(own, "", "namespace-metadata", reason, by_hand);
        }
    }
    if mesh == Mesh::Cilium {
        let reason = "the node of a pod can always call it, as probes of the kubelet do";
        let (verdict, level) = (Verdict::Caveat, Level::Info);
        world.report.add(own, "", verdict, level, "node", reason, None);
    }
    if mesh == Mesh::Istio && own.name == istio::ROOT_NAMESPACE {
        let reason = "policies of Istio's root namespace close all namespaces of the mesh";
        let by_hand = Some("replace it by policies of the workloads there");
        world.report.narrowed(own, "", "root-namespace", reason, by_hand);
    }
}
