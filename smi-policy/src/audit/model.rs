use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use crate::decision::Verdict;
use crate::identity::{Form, Identity, Resolver};
use crate::labels::Selector;
use crate::name::ObjectName;
use crate::policy::Policy;
use crate::ports::PortSet;
use crate::request::Transport;
use crate::resource::{HttpMatch, IdentityBinding, PortRoute, Rule, RuleKind, Subject};
use crate::semantics::{AbsentMatches, PodLabels, Semantics};
use crate::spiffe::SpiffeId;

use super::inputs::Inputs;
use super::party::{Key, Party, PodSelector};

/// A policy with its targets resolved for questions.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) policy: Policy,
    pub(super) resolver: Resolver,
    /// By namespace and name.
    pub(super) targets: Vec<Target>,
    pub(super) selectors: Vec<PodSelector>,
}

/// A TrafficTarget with everything it refers to.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) name: ObjectName,
    /// Why it grants nothing.
    pub(super) void: Option<Box<str>>,
    pub(super) destinations: BTreeSet<Key>,
    pub(super) sources: BTreeSet<Key>,
    pub(super) port: Option<u16>,
    /// The usable matches; `None` without HTTPRouteGroup rule.
    pub(super) http: Option<Vec<Selected>>,
    pub(super) tcp: Option<PortSet>,
    pub(super) udp: Option<PortSet>,
}

/// A match that a target selects.
#[derive(Clone, Debug)]
pub(super) struct Selected {
    pub(super) group: ObjectName,
    pub(super) index: usize,
    pub(super) http_match: Arc<HttpMatch>,
}

impl Selected {
    /// The match as decisions print it.
    pub(super) fn text(&self) -> String {
        match &self.http_match.name {
            Some(name) => format!("{}#{name}", self.group),
            None => format!("{}#{}", self.group, self.index),
        }
    }
}

impl Target {
    pub(super) fn ports(&self, transport: Transport) -> Option<&PortSet> {
        match transport {
            Transport::Tcp => self.tcp.as_ref(),
            Transport::Udp => self.udp.as_ref(),
        }
    }

    /// Whether its conditions on the port hold; `Some(true)` if they admit by themselves.
    pub(super) fn admits_port(&self, transport: Transport, port: u16) -> Option<bool> {
        // The port of old versions is a TCP port.
        if self.port.is_some_and(|only| only != port || transport == Transport::Udp) {
            return None;
        }
        match self.ports(transport) {
            None => Some(false),
            Some(ports) => ports.contains(port).then_some(true),
        }
    }

    /// The answer to an opaque connection or flow.
    pub(super) fn opaque(&self, transport: Transport, port: u16) -> Verdict {
        let Some(by_port) = self.admits_port(transport, port) else { return Verdict::Deny };
        match (transport, &self.http) {
            (Transport::Udp, _) if by_port => Verdict::Allow,
            (Transport::Tcp, None) if by_port => Verdict::Allow,
            (Transport::Tcp, Some(matches)) if !matches.is_empty() => Verdict::HttpOnly,
            _ => Verdict::Deny,
        }
    }
}

impl Model {
    pub(super) fn new(policy: Policy, resources: &Inputs) -> Self {
        let semantics = policy.semantics();
        let resolver = Resolver::new(&semantics.trust_domains, &semantics.linkerd_namespace);
        let mut resolution = Resolution {
            semantics,
            resolver: &resolver,
            bindings: BTreeMap::new(),
            selectors: Vec::new(),
        };
        for binding in resources.bindings.values() {
            let keys = resolution.binding(binding);
            resolution.bindings.insert(binding.name.clone(), keys);
        }
        let groups: BTreeMap<_, Vec<Option<Arc<HttpMatch>>>> = resources
            .groups
            .iter()
            .map(|(name, group)| {
                let shared = |http_match: &Option<HttpMatch>| http_match.clone().map(Arc::new);
                (name, group.matches.iter().map(shared).collect())
            })
            .collect();
        let targets = policy.targets().map(|view| {
            let resource = view.resource();
            let own = view.name().namespace();
            let rules = || resource.rules.iter().enumerate();
            let of_kind = |kind| rules().filter(move |(_, rule)| rule.kind == kind);
            let sources: Vec<_> = view.sources().collect();
            // The engine knows which matches can be used.
            let usable: HashSet<HttpMatch> =
                view.http_matches().into_iter().flatten().map(|(_, m)| m).collect();
            let http = of_kind(RuleKind::HttpRouteGroup).flat_map(|(_, rule)| {
                let name = ObjectName::new(own, rule.name.as_str());
                let matches = groups.get(&name).map_or(&[][..], Vec::as_slice);
                let mut found = selected(rule, name, matches, semantics);
                found.retain(|selected| usable.contains(&*selected.http_match));
                found
            });
            let ports = |kind, routes| {
                of_kind(kind).next().is_some().then(|| union(own, of_kind(kind), routes))
            };
            Target {
                name: view.name().clone(),
                void: view.void().map(Into::into),
                destinations: resolution.subject(&resource.destination, own),
                sources: sources
                    .iter()
                    .flat_map(|s| resolution.subject(Borrow::<Subject>::borrow(s), own))
                    .collect(),
                port: view.only_port(),
                http: of_kind(RuleKind::HttpRouteGroup).next().map(|_| http.collect()),
                tcp: ports(RuleKind::TcpRoute, &resources.tcp_routes),
                udp: ports(RuleKind::UdpRoute, &resources.udp_routes),
            }
        });
        let targets = targets.collect();
        let selectors = resolution.selectors;
        Self { policy, resolver, targets, selectors }
    }

    pub(super) fn semantics(&self) -> &Semantics {
        self.policy.semantics()
    }

    /// What an identity can be found by.
    pub(super) fn keys(&self, identity: &Identity) -> Vec<Key> {
        let mut keys = Vec::new();
        if let Some(account) = self.resolver.account(identity) {
            keys.push(Key::Account(ObjectName::new(account.namespace, account.name)));
        }
        if let Form::Spiffe(id) = &identity.form {
            keys.push(Key::Spiffe(id.clone()));
        }
        if let Some(pod) = &identity.pod {
            let selects = |(_, selector): &(usize, &PodSelector)| {
                selector.namespace == pod.namespace && selector.selector.selects(&pod.labels)
            };
            let selectors = self.selectors.iter().enumerate().filter(selects);
            keys.extend(selectors.map(|(at, _)| Key::Selector(at)));
        }
        keys
    }

    /// Whom a key stands for.
    pub(super) fn party(&self, key: &Key) -> Option<Party> {
        Some(match key {
            Key::Account(name) => Party::Account(name.clone()),
            Key::Spiffe(id) => Party::Spiffe(id.clone()),
            Key::Selector(at) => self.selectors.get(*at)?.party(),
        })
    }
}

/// The matches that a rule selects of its group.
fn selected(
    rule: &Rule,
    group: ObjectName,
    matches: &[Option<Arc<HttpMatch>>],
    semantics: &Semantics,
) -> Vec<Selected> {
    let is_selected = |http_match: &HttpMatch| match &*rule.matches {
        [] => semantics.absent_matches == AbsentMatches::All,
        names => http_match.name.as_ref().is_some_and(|name| names.contains(name)),
    };
    let readable = matches.iter().enumerate().filter_map(|(index, m)| Some((index, m.as_ref()?)));
    let chosen = readable.filter(|(_, http_match)| is_selected(http_match));
    let make = |(index, http_match): (usize, &Arc<HttpMatch>)| Selected {
        group: group.clone(),
        index,
        http_match: Arc::clone(http_match),
    };
    chosen.map(make).collect()
}

/// The ports of the routes that rules refer to.
fn union<'r>(
    namespace: &str,
    rules: impl Iterator<Item = (usize, &'r Rule)>,
    routes: &BTreeMap<ObjectName, PortRoute>,
) -> PortSet {
    let mut union = PortSet::NONE;
    for (_, rule) in rules.filter(|(_, rule)| rule.matches.is_empty()) {
        let route = routes.get(&ObjectName::new(namespace, rule.name.as_str()));
        if let Some(Ok(ports)) = route.map(|route| PortSet::new(&route.ports)) {
            union.unite(&ports);
        }
    }
    union
}

/// Finds out whom subjects name.
struct Resolution<'r> {
    semantics: &'r Semantics,
    resolver: &'r Resolver,
    bindings: BTreeMap<ObjectName, Vec<Key>>,
    selectors: Vec<PodSelector>,
}

impl Resolution<'_> {
    fn subject(&self, subject: &Subject, own: &str) -> BTreeSet<Key> {
        let (Subject::ServiceAccount { namespace, name }
        | Subject::IdentityBinding { namespace, name }) = subject
        else {
            return BTreeSet::new();
        };
        let namespace = namespace.as_deref().filter(|n| !n.is_empty()).unwrap_or(own);
        let name = ObjectName::new(namespace, name.as_str());
        match subject {
            Subject::ServiceAccount { .. } if name.name().is_empty() => BTreeSet::new(),
            Subject::ServiceAccount { .. } => [Key::Account(name)].into(),
            _ => self.bindings.get(&name).into_iter().flatten().cloned().collect(),
        }
    }

    /// Whom a binding speaks for, within its own namespace.
    fn binding(&mut self, binding: &IdentityBinding) -> Vec<Key> {
        let own = binding.name.namespace();
        let Some(schemes) = &binding.schemes else { return Vec::new() };
        if schemes.service_account.is_some() && schemes.pod_label_selector.is_some() {
            return Vec::new();
        }
        let account = schemes.service_account.as_deref().filter(|name| !name.is_empty());
        let account = account.map(|name| Key::Account(ObjectName::new(own, name)));
        let ids = schemes.spiffe_identities.iter();
        let ids = ids.filter_map(|text| SpiffeId::parse_lenient(text).ok());
        let is_own =
            |id: &SpiffeId| self.resolver.account_of(id).is_none_or(|a| a.namespace == own);
        let mut keys: Vec<Key> =
            account.into_iter().chain(ids.filter(is_own).map(Key::Spiffe)).collect();
        let counts = self.semantics.pod_labels == PodLabels::Vouched;
        if let Some(resource) = schemes.pod_label_selector.as_ref().filter(|_| counts)
            && let Ok(selector) = Selector::parse(resource)
        {
            keys.push(Key::Selector(self.selectors.len()));
            self.selectors.push(PodSelector {
                namespace: own.into(),
                resource: resource.clone(),
                selector: Arc::new(selector),
            });
        }
        keys
    }
}
