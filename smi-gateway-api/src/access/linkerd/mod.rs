//! Linkerd's policies: a Server for each port of the pods of an account, HTTPRoutes for conditions on
//! requests, and AuthorizationPolicies that open these or the Server itself.

mod callers;
mod compared;
mod kinds;
mod matches;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::cluster::{Cluster, Labels};
use crate::condition::Condition;
use crate::existing::Existing;
use crate::finding::{Level, Verdict};
use crate::migration::World;
use crate::object::{Names, Object};

use super::grant::{Account, Grant, Source};
use super::{Memo, kept, known_ports, network, no_udp, pods};
use callers::Callers;
use compared::Compared;
pub(super) use kinds::{DEFAULT_POLICY, default_deny};
use server::{Opened, Server};

/// What Servers have in common: authentications, comparisons, and names that must not be given
/// twice.
#[derive(Debug)]
struct Shared {
    callers: Callers,
    compared: Compared,
    routes: Names,
    policies: Names,
    /// Ports of pods on which something else than HTTP is spoken, by namespace and labels.
    opaque: BTreeMap<(String, Labels), BTreeSet<u16>>,
}

impl Shared {
    fn new(existing: &Existing) -> Self {
        Self {
            callers: Callers::new(existing),
            compared: Compared::default(),
            routes: existing.names("HTTPRoute"),
            policies: existing.names("AuthorizationPolicy"),
            opaque: BTreeMap::new(),
        }
    }

    fn is_opaque(
        &mut self,
        cluster: &Cluster,
        namespace: &str,
        labels: &Labels,
        port: u16,
    ) -> bool {
        let pods = (namespace.to_owned(), labels.clone());
        let opaque =
            self.opaque.entry(pods).or_insert_with(|| cluster.opaque_ports(namespace, labels));
        opaque.contains(&port)
    }
}

/// The policies of all targets: who may call before what they may call, Servers last, because a
/// Server closes its port.
pub(super) fn policies(world: &mut World<'_>, grants: &[Grant]) -> Vec<Object> {
    let mut servers: BTreeMap<(Account, Labels, u16), Server> = BTreeMap::new();
    let named: BTreeMap<&Account, BTreeSet<u16>> = named_ports(grants);
    let mut known_paths = Memo::default();
    for grant in grants {
        no_udp(world, grant);
        let sources = callers(world, grant);
        if grant.ports.is_none() || sources.is_empty() {
            continue;
        }
        let conditions: Option<Rc<[Condition]>> = grant
            .http
            .as_ref()
            .map(|selected| matches::translate(world, &mut known_paths, grant, selected).into());
        if conditions.as_ref().is_some_and(|conditions| conditions.is_empty()) {
            continue;
        }
        let values = sources.len().saturating_add(conditions.as_ref().map_or(0, |own| own.len()));
        let (origin, accounts) = (grant.origin.clone(), Rc::new(sources));
        let opened = Opened { origin, accounts, conditions };
        for destination in &grant.destinations {
            let selectors = pods::selectors(world, destination, &grant.origin);
            if selectors.is_empty() {
                continue;
            }
            let mut known = named.get(destination).cloned().unwrap_or_default();
            if grant.ports == Some(super::grant::PortSelection::All) && known.is_empty() {
                let namespace = &destination.namespace;
                known = known_ports(world, &grant.origin, namespace, &selectors);
            } else if grant.ports == Some(super::grant::PortSelection::All) {
                let (origin, namespace) = (&grant.origin, &destination.namespace);
                known.extend(
                    selectors.iter().flat_map(|own| world.cluster.ports_of(namespace, own)),
                );
                let listed: Vec<String> = known.iter().map(u16::to_string).collect();
                let reason =
                    format!("the target means all ports, the output {}", listed.join(", "));
                let by_hand = Some("add the others by hand, if there are any");
                world.report.narrowed(origin, "spec.rules", "known-ports", reason, by_hand);
            }
            let ports = grant.ports_among(&known);
            // A Server is no more than a dozen values.
            let of_server = values.saturating_add(12);
            let all = ports.len().saturating_mul(selectors.len()).saturating_mul(of_server);
            if !world.has_room(&grant.origin, all) {
                continue;
            }
            // Where selectors overlap, a pod has several Servers of a port, and Linkerd takes one of
            // them: all say the same.
            for port in ports {
                for labels in &selectors {
                    let key = (destination.clone(), labels.clone(), port);
                    servers.entry(key).or_default().add(opened.clone());
                }
            }
        }
        let reason = "Linkerd opens ports by Server; probes of the kubelet need a route of their own \
                      where a Server has HTTPRoutes";
        let by_hand = "add an HTTPRoute of their paths, opened to the kubelet's network";
        let (level, by_hand) = match grant.http {
            Some(_) => (Level::Warning, Some(by_hand)),
            None => (Level::Info, None),
        };
        let (verdict, code) = (Verdict::Caveat, "probes");
        world.report.add(&grant.origin, "spec", verdict, level, code, reason, by_hand);
        kept(world, &grant.origin, "policies of the pods' ports");
    }
    let mut names = world.existing.names("Server");
    let mut shared = Shared::new(&world.existing);
    let mut objects = Vec::new();
    for ((account, labels, port), server) in servers {
        let wanted = format!("{}-{port}", account.name);
        let name = names.take(&account.namespace, &wanted);
        objects.extend(server.objects(world, &mut shared, &account.namespace, &name, labels, port));
    }
    objects.extend(shared.callers.objects());
    // A stable sort: within a kind the order stays.
    objects.sort_by_key(|object| match object.kind() {
        "MeshTLSAuthentication" | "NetworkAuthentication" => 0,
        "AuthorizationPolicy" => 1,
        "HTTPRoute" => 2,
        _ => 3,
    });
    objects
}

/// The ports that targets name, for each destination.
fn named_ports(grants: &[Grant]) -> BTreeMap<&Account, BTreeSet<u16>> {
    let mut named: BTreeMap<&Account, BTreeSet<u16>> = BTreeMap::new();
    for grant in grants {
        for destination in &grant.destinations {
            let ports = grant.ports_among(&BTreeSet::new());
            named.entry(destination).or_default().extend(ports);
        }
    }
    named
}

/// The sources that Linkerd can know.
fn callers(world: &mut World<'_>, grant: &Grant) -> BTreeSet<Account> {
    let mut accounts = BTreeSet::new();
    for source in &grant.sources {
        match source {
            Source::Account(account) => {
                let networks = network::of_account(world.options, account);
                network::restricted(world, &grant.origin, source, &networks);
                accounts.insert(account.clone());
            }
            Source::Spiffe { trust_domain, path } => {
                let reason = format!(
                    "Linkerd's identities are no SPIFFE ids: `spiffe://{trust_domain}{path}`"
                );
                let by_hand = Some("name the service account");
                world.report.refused(&grant.origin, "spec.sources", "spiffe", reason, by_hand);
            }
        }
    }
    accounts
}
