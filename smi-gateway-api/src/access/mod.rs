//! From TrafficTargets to the authorization of a mesh.

mod bypass;
mod cilium;
mod deny;
mod gateway;
mod grant;
mod headers;
mod istio;
mod linkerd;
mod network;
mod pods;

use std::collections::{BTreeMap, BTreeSet};

use smi_policy::HttpMatch;

use crate::cluster::Labels;
use crate::finding::{Level, Origin, Verdict};
use crate::migration::World;
use crate::object::Object;
use crate::options::Mesh;

pub(crate) use grant::Account;
pub(crate) use pods::Selected;

/// What conditions on paths became, by expression: many targets have the same.
#[derive(Debug)]
struct Memo<T>(BTreeMap<String, T>);

impl<T: Clone> Memo<T> {
    fn get(&mut self, text: &str, new: impl FnOnce() -> T) -> T {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let new = new();
        self.0.insert(text.to_owned(), new.clone());
        new
    }
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

/// Translates all targets. What allows comes first, what denies the rest last, so that nothing is
/// closed before it is opened.
pub(crate) fn migrate(world: &mut World<'_>) -> Vec<Object> {
    let (grants, concerned) = grant::grants(world);
    let Some(mesh) = world.options.mesh else {
        for grant in &grants {
            let reason = "no mesh is chosen whose authorization it could become";
            let by_hand = Some("choose a mesh");
            world.report.refused(&grant.origin, "spec", "no-mesh", reason, by_hand);
        }
        return Vec::new();
    };
    if world.semantics.unselected == smi_policy::Unselected::Allow {
        for grant in &grants {
            let reason = "destinations that no target names are closed too by the default deny";
            let by_hand = Some("leave the default deny out where you want them open");
            world.report.narrowed(&grant.origin, "", "unselected", reason, by_hand);
        }
    }
    network::report_unused(world, &grants);
    let mut objects = match mesh {
        Mesh::Linkerd => linkerd::policies(world, &grants),
        Mesh::Istio => istio::policies(world, &grants),
        Mesh::Cilium => cilium::policies(world, &grants),
        Mesh::GatewayApi => gateway::policies(world, &grants),
    };
    objects.extend(deny::policies(world, mesh, &concerned));
    if !objects.is_empty() {
        report_others(world, mesh);
    }
    objects
}

/// Reports policies of the mesh that were there before.
fn report_others(world: &mut World<'_>, mesh: Mesh) {
    let kinds: &[(&str, &[&str])] = match mesh {
        Mesh::Linkerd => &[(
            "policy.linkerd.io",
            &["Server", "ServerAuthorization", "AuthorizationPolicy", "HTTPRoute"],
        )],
        Mesh::Istio => &[("security.istio.io", &["AuthorizationPolicy"])],
        Mesh::Cilium => &[
            ("cilium.io", &["CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"]),
            ("networking.k8s.io", &["NetworkPolicy"]),
        ],
        Mesh::GatewayApi => &[("gateway.networking.x-k8s.io", &["XAuthorizationPolicy"])],
    };
    let found = kinds.iter().flat_map(|(group, kinds)| world.existing.of_kinds(group, kinds));
    let found: Vec<Origin> = found.cloned().collect();
    for object in found {
        let reason = "it is there besides the output: what it lets pass the mesh lets pass, \
                      whatever SMI says";
        let by_hand = Some("delete it, unless you want it");
        world.report.caveat(&object, "", "other-policy", reason, by_hand);
    }
}

/// The name of what a target becomes at a destination.
fn wanted_name(grant: &grant::Grant, destination: &grant::Account) -> String {
    let Origin { namespace, name, .. } = &grant.origin;
    if *namespace == destination.namespace && name != deny::NAME {
        name.clone()
    } else {
        format!("{namespace}.{name}")
    }
}

/// The TCP ports on which the pods of an account are known to receive: those that targets name, and
/// those of their containers and Services. Reported, for it is less than all.
fn known_ports(
    world: &mut World<'_>,
    origin: &Origin,
    namespace: &str,
    selectors: &[Labels],
) -> BTreeSet<u16> {
    let mut ports = BTreeSet::new();
    for labels in selectors {
        ports.extend(world.cluster.ports_of(namespace, labels));
    }
    let field = "spec.rules";
    if ports.is_empty() {
        let reason = "the target means all ports, the mesh wants to be told which, and no Service \
                      or container says";
        let by_hand = Some("add the Services or workloads, or a TCPRoute with the ports");
        world.report.refused(origin, field, "unknown-ports", reason, by_hand);
    } else {
        let listed: Vec<String> = ports.iter().map(u16::to_string).collect();
        let reason = format!("the target means all ports, the output {}", listed.join(", "));
        let by_hand = Some("add the others by hand, if there are any");
        world.report.narrowed(origin, field, "known-ports", reason, by_hand);
    }
    ports
}

fn match_name(http_match: &HttpMatch) -> String {
    http_match.name.as_deref().unwrap_or_default().escape_debug().to_string()
}

/// Reports that conditions on headers take several fields of one name as one value, where SMI was
/// told to look at each.
fn joined_headers(world: &mut World<'_>, origin: &Origin, http_match: &HttpMatch) {
    let reads_each = world.semantics.http.repeated_headers == smi_policy::RepeatedHeaders::Any;
    if reads_each && !http_match.headers.is_empty() {
        let reason = "the mesh joins several fields of one header before it compares them";
        world.report.narrowed(origin, "spec.rules", "repeated-header", reason, None);
    }
}

/// Reports a path condition that lets less pass than SMI does.
fn narrowed_path(world: &mut World<'_>, origin: &Origin, place: &str) {
    let reason = format!(
        "{place}, pathRegex: the expression that is kept to unambiguous paths lets fewer of them \
         pass than SMI does"
    );
    let by_hand = Some("compare it with the original");
    world.report.narrowed(origin, "spec.rules", "narrowed-path", reason, by_hand);
}

/// Says of a target that all of it was kept, where nothing worse was found.
fn kept(world: &mut World<'_>, origin: &Origin, what: &str) {
    world.report.add(origin, "spec", Verdict::Exact, Level::Info, "exact", what, None);
}

/// Reports a UDP part that the mesh has no rules for.
fn no_udp(world: &mut World<'_>, grant: &grant::Grant) {
    if grant.udp.is_some() {
        let reason = "the mesh's authorization does not know UDP";
        let by_hand = Some("use a network policy for it");
        world.report.refused(&grant.origin, "spec.rules", "udp", reason, by_hand);
    }
}
