//! Workloads that say themselves that a mesh's policies are not, or not wholly, for their pods.
//!
//! What they carry outranks the output, so that it can be reported only.

use super::linkerd;
use crate::cluster::Workload;
use crate::finding::{Finding, Level, Verdict};
use crate::migration::World;
use crate::options::Mesh;

/// Reports the workloads of a namespace whose pods the policies of the output do not reach.
pub(super) fn report(world: &mut World<'_>, mesh: Mesh, namespace: &str) {
    let here = world.cluster.workloads.iter().filter(|own| own.namespace == namespace);
    let found: Vec<Finding> = here.flat_map(|own| of_workload(own, mesh)).collect();
    for Finding { object, field, verdict, level, code, reason, by_hand } in found {
        world.report.add(&object, field, verdict, level, code, reason, by_hand.as_deref());
    }
}

fn of_workload(workload: &Workload, mesh: Mesh) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |field: &str, code, reason: String, by_hand: &str| {
        found.push(Finding {
            object: workload.origin.clone(),
            field: field.to_owned(),
            verdict: Verdict::NotExpressible,
            level: Level::Error,
            code,
            reason,
            by_hand: Some(by_hand.to_owned()),
        });
    };
    let carried = |key: &str| {
        let value = workload.annotations.get(key).or_else(|| workload.labels.get(key));
        value.map(String::as_str)
    };
    if mesh == Mesh::Linkerd
        && let Some(policy) = carried(linkerd::DEFAULT_POLICY).filter(|own| *own != "deny")
    {
        let reason = format!(
            "its pods have the default policy `{}`, which outranks that of their namespace: it \
                 opens ports that no Server selects",
            policy.escape_debug()
        );
        let by_hand = "take the annotation away, or set it to `deny`";
        add(linkerd::DEFAULT_POLICY, "pod-policy", reason, by_hand);
    }
    let (inject, off, skipped): (_, _, &[&str]) = match mesh {
        Mesh::Linkerd => {
            ("linkerd.io/inject", "disabled", &["config.linkerd.io/skip-inbound-ports"])
        }
        Mesh::Istio => (
            "sidecar.istio.io/inject",
            "false",
            &[
                "traffic.sidecar.istio.io/excludeInboundPorts",
                "traffic.sidecar.istio.io/includeInboundPorts",
            ],
        ),
        Mesh::Cilium | Mesh::GatewayApi => ("", "", &[]),
    };
    if !inject.is_empty() && carried(inject) == Some(off) {
        let reason = "its pods have no proxy, so that nothing is kept from them";
        add(inject, "not-in-mesh", reason.to_owned(), "let the mesh into them");
    }
    for key in skipped {
        // All ports are included by `*`.
        if let Some(ports) = carried(key).filter(|ports| !matches!(*ports, "" | "*")) {
            let reason = format!(
                "with `{}` some ports of its pods are no matter of the proxy, and so open",
                ports.escape_debug()
            );
            add(key, "skipped-ports", reason, "take the annotation away");
        }
    }
    if workload.is_on_host {
        let reason = "its pods have the network of their node, where the mesh has no policies";
        add("hostNetwork", "host-network", reason.to_owned(), "give them a network of their own");
    }
    found
}
