//! What TrafficTargets grant, read by the policy engine.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use smi_policy::{
    AbsentSourceNamespace, HttpMatch, HttpRequires, ObjectName, PathMode, Policy, Ports, SpiffeId,
    Subject, TargetView,
};

use crate::finding::{Origin, Verdict};
use crate::migration::World;
use crate::object::{is_label, is_name};

/// A service account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Account {
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// Somebody who may be let in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    Account(Account),
    /// Whoever presents this SPIFFE id: trust domain and path with its slash.
    Spiffe {
        trust_domain: String,
        path: String,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(Account { namespace, name }) => write!(f, "`{namespace}/{name}`"),
            Self::Spiffe { trust_domain, path } => write!(f, "`spiffe://{trust_domain}{path}`"),
        }
    }
}

/// TCP ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PortSelection {
    All,
    Only(BTreeSet<u16>),
}

/// A TrafficTarget that grants something.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) origin: Origin,
    pub(crate) destinations: Vec<Account>,
    pub(crate) sources: BTreeSet<Source>,
    /// On which TCP ports. `None` if only UDP is meant.
    pub(crate) ports: Option<PortSelection>,
    /// The HTTP requests that may pass there; `None`: everything may.
    pub(crate) http: Option<Vec<(ObjectName, HttpMatch)>>,
    /// UDP ports that may pass; `None` if none may.
    pub(crate) udp: Option<PortSelection>,
}

impl Grant {
    /// The ports that are told; those of `known` if all are meant.
    pub(crate) fn ports_among(&self, known: &BTreeSet<u16>) -> BTreeSet<u16> {
        match &self.ports {
            None => BTreeSet::new(),
            Some(PortSelection::All) => known.clone(),
            Some(PortSelection::Only(ports)) => ports.clone(),
        }
    }
}

/// The grants of all TrafficTargets, and the targets that concern each namespace, readable or not.
pub(crate) fn grants(world: &mut World<'_>) -> (Vec<Grant>, BTreeMap<String, BTreeSet<Origin>>) {
    let policy: Policy = world.policy();
    world.diagnostics(policy.diagnostics());
    let mut grants = Vec::new();
    let mut concerned: BTreeMap<String, BTreeSet<Origin>> = BTreeMap::new();
    let mut concern = |namespace: &str, origin: &Origin| {
        concerned.entry(namespace.to_owned()).or_default().insert(origin.clone());
    };
    for target in policy.targets() {
        let name = target.name();
        let origin = Origin::new("TrafficTarget", name.namespace(), name.name());
        concern(name.namespace(), &origin);
        if let Some(grant) = grant(world, &target, origin) {
            for destination in &grant.destinations {
                concern(&destination.namespace, &grant.origin);
            }
            grants.push(grant);
        }
    }
    for loaded in world.resources.undecodable() {
        if loaded.document.kind() == Some(smi_types::api::Kind::TrafficTarget) {
            let origin = world.unreadable_origin(loaded);
            concern(&origin.namespace, &origin);
        }
    }
    (grants, concerned)
}

fn grant(world: &mut World<'_>, target: &TargetView<'_>, origin: Origin) -> Option<Grant> {
    let name = target.name();
    if target.void().is_some() {
        return None;
    }
    if !is_name(name.name()) || !is_label(name.namespace()) {
        let reason = "its name is none that an API server takes";
        world.report.refused(&origin, "metadata.name", "name", reason, Some("correct the name"));
        return None;
    }
    let only = target.only_port();
    let (tcp, udp) = (target.tcp_ports(), target.udp_ports());
    let (tcp, udp) = (tcp.map(|ports| ports.to_ports()), udp.map(|ports| ports.to_ports()));
    // Each target has them for itself from here on.
    let listed = [&tcp, &udp].into_iter().flatten().map(|ports| match ports {
        Ports::All => 0,
        Ports::Only(ports) => ports.len(),
    });
    let matches = target.http_matches().map_or(0, Iterator::count);
    if !world.has_room(&origin, listed.sum::<usize>().saturating_add(matches)) {
        return None;
    }
    let mut ports = match (&tcp, only) {
        (Some(ports), only) => selection(ports, only),
        (None, Some(only)) => PortSelection::Only([only].into()),
        (None, None) => PortSelection::All,
    };
    let http: Option<Vec<(ObjectName, HttpMatch)>> = target.http_matches().map(|matches| {
        matches.map(|(group, http_match)| (group.clone(), http_match.clone())).collect()
    });
    let has_path = |(_, own): &(ObjectName, HttpMatch)| {
        own.path_regex.as_deref().is_some_and(|text| !text.is_empty())
    };
    let is_normalized = world.semantics.http.path_mode == PathMode::Normalize;
    if is_normalized && http.as_ref().is_some_and(|matches| matches.iter().any(has_path)) {
        let reason = "SMI was told to normalise paths before it looks at them; what is not in \
                      normal form, the mesh may refuse";
        let by_hand = Some("let the mesh normalise paths");
        world.report.narrowed(&origin, "spec.rules", "normalized-path", reason, by_hand);
    }
    let has_tcp = tcp.is_some() || http.is_some();
    if http.as_ref().is_some_and(Vec::is_empty) || !has_tcp {
        ports = PortSelection::Only(BTreeSet::new());
    }
    // UDP is a connection of its own, but HTTP/3 would pass in it whatever the matches say.
    let udp = match udp {
        Some(_) if only.is_some() => None,
        Some(_) if http.is_some() => {
            let reason =
                "UDP is left out, for HTTP/3 would pass in it without regard to the matches";
            let by_hand = "give UDP a TrafficTarget of its own";
            let field = "spec.rules";
            world.report.narrowed(&origin, field, "udp-with-http", reason, Some(by_hand));
            None
        }
        Some(ports) => Some(selection(&ports, None)),
        None => None,
    };
    let mut grants_tcp = ports != PortSelection::Only(BTreeSet::new());
    if grants_tcp && http.is_none() && world.semantics.http_requires == HttpRequires::RouteGroup {
        let reason = "connections without HTTP in them are no condition that meshes have";
        let by_hand = "add an HTTPRouteGroup, or let the port be opaque";
        world.report.refused(&origin, "spec.rules", "opaque-only", reason, Some(by_hand));
        grants_tcp = false;
    }
    let destinations = destinations(world, target, &origin);
    let sources = sources(world, target, &origin);
    if destinations.is_empty() || sources.is_empty() || !(grants_tcp || udp.is_some()) {
        let (verdict, code) = (Verdict::Exact, "grants-nothing");
        let reason = "what is left of it grants nothing";
        let level = crate::Level::Warning;
        world.report.add(&origin, "spec", verdict, level, code, reason, None);
        return None;
    }
    let ports = grants_tcp.then_some(ports);
    Some(Grant { origin, destinations, sources, ports, http, udp })
}

fn selection(ports: &Ports, only: Option<u16>) -> PortSelection {
    let ports = match ports {
        Ports::All => match only {
            Some(only) => [only].into(),
            None => return PortSelection::All,
        },
        Ports::Only(ports) => {
            ports.iter().copied().filter(|port| only.is_none_or(|only| only == *port)).collect()
        }
    };
    PortSelection::Only(ports)
}

fn destinations(world: &mut World<'_>, target: &TargetView<'_>, origin: &Origin) -> Vec<Account> {
    const FIELD: &str = "spec.destination";
    let own = target.name().namespace();
    let found = match &target.resource().destination {
        Subject::Unreadable => Vec::new(),
        Subject::ServiceAccount { namespace, name } => {
            let namespace = namespace.clone().unwrap_or_else(|| own.to_owned());
            vec![Source::Account(Account { namespace, name: name.clone() })]
        }
        Subject::IdentityBinding { namespace, name } => {
            let namespace = namespace.as_deref().unwrap_or(own);
            bound(world, &ObjectName::new(namespace, name.as_str()), origin, FIELD)
        }
    };
    let mut accounts = Vec::new();
    for source in found {
        match source {
            Source::Account(account) => accounts.extend(checked(world, account, origin, FIELD)),
            Source::Spiffe { .. } => {
                let reason =
                    "pods are selected by labels, and nothing tells which have this SPIFFE id";
                let by_hand = "name the service account";
                world.report.refused(origin, FIELD, "spiffe-destination", reason, Some(by_hand));
            }
        }
    }
    accounts
}

fn sources(world: &mut World<'_>, target: &TargetView<'_>, origin: &Origin) -> BTreeSet<Source> {
    let own = target.name().namespace();
    let mut sources = BTreeSet::new();
    let listed = target.resource().sources;
    for subject in target.sources() {
        let place = listed.iter().position(|listed| *listed == subject);
        let field = format!("spec.sources[{}]", place.unwrap_or_default());
        let (namespace, _) = match &subject {
            Subject::Unreadable => continue,
            Subject::ServiceAccount { namespace, name }
            | Subject::IdentityBinding { namespace, name } => (namespace, name),
        };
        let nobody = AbsentSourceNamespace::Nobody;
        if namespace.is_none() && world.semantics.absent_source_namespace == nobody {
            continue;
        }
        let namespace = namespace.as_deref().unwrap_or(own).to_owned();
        match &subject {
            Subject::ServiceAccount { name, .. } => {
                let account = Account { namespace, name: name.clone() };
                let account = checked(world, account, origin, &field);
                sources.extend(account.map(Source::Account));
            }
            Subject::IdentityBinding { name, .. } => {
                let name = ObjectName::new(namespace, name.as_str());
                for source in bound(world, &name, origin, &field) {
                    match source {
                        Source::Account(account) => {
                            let account = checked(world, account, origin, &field);
                            sources.extend(account.map(Source::Account));
                        }
                        spiffe @ Source::Spiffe { .. } => {
                            sources.insert(spiffe);
                        }
                    }
                }
            }
            Subject::Unreadable => {}
        }
    }
    sources
}

/// An account whose name means no more than itself to any mesh: no wildcard, no separator.
fn checked(
    world: &mut World<'_>,
    account: Account,
    origin: &Origin,
    field: &str,
) -> Option<Account> {
    if is_label(&account.namespace) && is_name(&account.name) {
        return Some(account);
    }
    let name = format!("{}/{}", account.namespace, account.name);
    let reason = format!("`{}` is no name of a service account", name.escape_debug());
    world.report.refused(origin, field, "account-name", reason, Some("correct the name"));
    None
}

/// Whom an IdentityBinding speaks for. What it can't speak for the engine has reported.
fn bound(world: &mut World<'_>, name: &ObjectName, origin: &Origin, field: &str) -> Vec<Source> {
    let Some(binding) = world.binding(name) else { return Vec::new() };
    let mut sources = Vec::new();
    if binding.pod_label_selector.is_some() {
        if binding.service_account.is_some() {
            return sources;
        }
        if world.semantics.pod_labels == smi_policy::PodLabels::Vouched {
            let reason = "meshes know callers by accounts, not by labels";
            let by_hand = "name the service accounts of these pods";
            world.report.refused(origin, field, "pod-labels", reason, Some(by_hand));
        }
    }
    let namespace = name.namespace();
    if let Some(account) = binding.service_account.as_deref().filter(|account| !account.is_empty())
    {
        let (namespace, name) = (namespace.to_owned(), account.to_owned());
        sources.push(Source::Account(Account { namespace, name }));
    }
    for id in &binding.spiffe_identities {
        let Ok(id) = SpiffeId::parse_lenient(id) else { continue };
        let is_own =
            world.semantics.trust_domains.iter().any(|own| own.name() == id.trust_domain());
        let segments: Vec<&str> = id.path().split('/').collect();
        if is_own && matches!(&*segments, ["", "ns", other, "sa", _] if *other != namespace) {
            continue;
        }
        let (trust_domain, path) = (id.trust_domain().to_owned(), id.path().to_owned());
        sources.push(Source::Spiffe { trust_domain, path });
    }
    sources
}
