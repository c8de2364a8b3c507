use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use crate::decision::Verdict;
use crate::diagnostic::ObjectKind;
use crate::name::ObjectName;
use crate::request::Transport;
use crate::resource::{RuleKind, Subject};
use crate::route::RouteGroup;

use super::Audit;
use super::choices::Subjects;
use super::clause::{Clause, ClauseId, Clauses};
use super::example::ExampleHttp;
use super::model::Target;
use super::side::{Numbered, PortGroup, Side, port_groups, rank};
use super::solve::{Found, Solver};

/// Something in the resources that changes no answer: see [`Audit::dead_matter`].
///
/// Prints as one line: `HTTPRouteGroup shop/api: spec.matches[1]: …`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Dead {
    /// Kind of the object.
    pub kind: ObjectKind,
    /// The object.
    pub object: ObjectName,
    /// The field, if it is not the whole object.
    pub field: Option<String>,
    /// Why.
    pub matter: DeadMatter,
}

/// Why something is of no use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DeadMatter {
    /// A TrafficTarget grants nothing, for this reason.
    Void(String),
    /// No request can ever meet it.
    NeverMatches,
    /// Wherever it is selected, all that this match admits is admitted by these others too.
    Shadowed(Vec<String>),
    /// No TrafficTarget refers to it. (A TrafficSplit may.)
    Unused,
    /// Another TrafficTarget grants exactly the same.
    Equal(ObjectName),
    /// Another TrafficTarget grants all that it does, and more.
    Covered(ObjectName),
}

impl DeadMatter {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Void(_) => "void",
            Self::NeverMatches => "never-matches",
            Self::Shadowed(_) => "shadowed",
            Self::Unused => "unused",
            Self::Equal(_) => "equal",
            Self::Covered(_) => "covered",
        }
    }
}

impl fmt::Display for DeadMatter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Void(why) => write!(f, "it grants nothing: {why}"),
            Self::NeverMatches => f.write_str("no request can ever meet it"),
            Self::Shadowed(by) => write!(f, "all it admits is admitted by {} too", by.join(", ")),
            Self::Unused => f.write_str("no TrafficTarget uses it"),
            Self::Equal(to) => write!(f, "it grants the same as {to}"),
            Self::Covered(by) => write!(f, "all it grants is granted by {by} too"),
        }
    }
}

impl fmt::Display for Dead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.kind, self.object)?;
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        self.matter.fmt(f)
    }
}

impl Audit {
    /// What could be taken away, each by itself, without anybody losing or gaining anything: targets
    /// that grant nothing, matches that never match or are shadowed by others, targets that are
    /// covered by others, and what nothing refers to. Conditions are compared by what they mean; what
    /// could not be analysed is not reported, nor what
    /// [`AnalysisLimits::total_steps`](crate::AnalysisLimits::total_steps) do not suffice for.
    ///
    /// Two things to know before taking it away: under
    /// [`Unselected::Allow`](crate::Unselected::Allow) a target that grants nothing still closes its
    /// destination, and a match that never matches still turns an opaque connection's answer from
    /// denied into [`HttpOnly`](crate::Verdict::HttpOnly).
    ///
    /// ```
    /// use smi_policy::{Audit, HttpMatch, HttpRouteGroup, ObjectName, Policy, Rule, Semantics};
    /// use smi_policy::{Subject, TrafficTarget};
    ///
    /// let target = TrafficTarget::new(ObjectName::new("shop", "web-to-cart"), "cart")
    ///     .source(Subject::service_account("shop", "web"))
    ///     .rule(Rule::http_route_group("api"));
    /// let group = HttpRouteGroup::new(ObjectName::new("shop", "api"))
    ///     .with(HttpMatch::new("items").path_regex("/items(/.*)?"))
    ///     .with(HttpMatch::new("item").path_regex("/items/[0-9]+$").method("GET"));
    /// let builder = Policy::builder(Semantics::spec()).http_route_group(group);
    ///
    /// let dead = Audit::new(builder.traffic_target(target)).dead_matter();
    /// assert_eq!(
    ///     dead[0].to_string(),
    ///     "HTTPRouteGroup shop/api: spec.matches[1]: all it admits is admitted by \
    ///      shop/api#items too",
    /// );
    /// ```
    pub fn dead_matter(&self) -> Vec<Dead> {
        let mut clauses = Clauses::new(self.limits, self.policy().inner().limits);
        let numbered = Numbered::new(&self.model, &mut clauses);
        let http = &self.model.semantics().http;
        let search = Search {
            audit: self,
            numbered: &numbered,
            clauses: &clauses,
            subjects: Subjects::new(http, http),
        };
        let mut found = search.targets();
        found.extend(search.matches());
        found.extend(self.unused());
        found.sort();
        found
    }

    /// Objects that no target refers to.
    fn unused(&self) -> Vec<Dead> {
        let mut used: BTreeSet<(ObjectKind, ObjectName)> = BTreeSet::new();
        for target in &self.inputs.targets {
            let own = target.name.namespace();
            for rule in &target.rules {
                let kind = match rule.kind {
                    RuleKind::HttpRouteGroup => ObjectKind::HttpRouteGroup,
                    RuleKind::TcpRoute => ObjectKind::TcpRoute,
                    RuleKind::UdpRoute => ObjectKind::UdpRoute,
                    RuleKind::Unreadable => continue,
                };
                used.insert((kind, ObjectName::new(own, rule.name.as_str())));
            }
            for subject in target.sources.iter().chain([&target.destination]) {
                if let Subject::IdentityBinding { namespace, name } = subject {
                    let namespace = namespace.as_deref().filter(|n| !n.is_empty()).unwrap_or(own);
                    let name = ObjectName::new(namespace, name.as_str());
                    used.insert((ObjectKind::IdentityBinding, name));
                }
            }
        }
        let resources = &self.inputs;
        let groups = resources.groups.keys().map(|name| (ObjectKind::HttpRouteGroup, name));
        let tcp = resources.tcp_routes.keys().map(|name| (ObjectKind::TcpRoute, name));
        let udp = resources.udp_routes.keys().map(|name| (ObjectKind::UdpRoute, name));
        let bindings = resources.bindings.keys().map(|name| (ObjectKind::IdentityBinding, name));
        groups
            .chain(tcp)
            .chain(udp)
            .chain(bindings)
            .map(|(kind, name)| (kind, name.clone()))
            .filter(|object| !used.contains(object))
            .map(|(kind, object)| Dead { kind, object, field: None, matter: DeadMatter::Unused })
            .collect()
    }
}

struct Search<'s> {
    audit: &'s Audit,
    numbered: &'s Numbered<'s>,
    clauses: &'s Clauses,
    subjects: Subjects,
}

/// Something that a target admits.
struct Witness {
    transport: Transport,
    port: u16,
    /// `None`: a connection or flow, whatever is in it.
    http: Option<ExampleHttp>,
}

/// Enough to tell most targets apart.
const MAX_WITNESSES: usize = 8;

/// All that ports and transports can tell apart.
fn each_transport(groups: &[PortGroup]) -> impl Iterator<Item = (&PortGroup, Transport)> {
    groups.iter().flat_map(|group| [Transport::Tcp, Transport::Udp].map(|t| (group, t)))
}

/// Of each usable match of a group, by position: whether some target selects it where it is not
/// shadowed, and by which matches it is shadowed elsewhere.
type Uses = BTreeMap<(ObjectName, usize), (bool, BTreeSet<String>)>;

impl Search<'_> {
    fn targets(&self) -> Vec<Dead> {
        let targets = &self.audit.model.targets;
        let dead = |target: &Target, matter| Dead {
            kind: ObjectKind::TrafficTarget,
            object: target.name.clone(),
            field: None,
            matter,
        };
        let mut found = Vec::new();
        let mut granting: Vec<(usize, Vec<Witness>)> = Vec::new();
        for (at, target) in targets.iter().enumerate() {
            if let Some(why) = &target.void {
                found.push(dead(target, DeadMatter::Void(why.to_string())));
                continue;
            }
            match self.witnesses(at) {
                Some(witnesses) => granting.push((at, witnesses)),
                None => found.push(dead(target, DeadMatter::NeverMatches)),
            }
        }
        let mut by_destination = BTreeMap::<_, Vec<usize>>::new();
        for &(at, _) in &granting {
            for destination in targets.get(at).into_iter().flat_map(|t| &t.destinations) {
                by_destination.entry(destination).or_default().push(at);
            }
        }
        let mut gone = BTreeSet::new();
        for (at, witnesses) in &granting {
            let at = *at;
            let Some(target) = targets.get(at) else { continue };
            let near = target.destinations.first().and_then(|to| by_destination.get(to));
            let near = near.map_or(&[][..], Vec::as_slice);
            if self.clauses.budget().spend(near.len() / 8).is_err() {
                break;
            }
            let others = near.iter().copied().filter(|&other| {
                other != at
                    && !gone.contains(&other)
                    && targets.get(other).is_some_and(|other| {
                        target.destinations.is_subset(&other.destinations)
                            && target.sources.is_subset(&other.sources)
                    })
                    && witnesses.iter().all(|witness| self.may_admit(other, witness))
            });
            for other in others.collect::<Vec<_>>() {
                let Some(known) = targets.get(other) else { continue };
                if !self.covers(at, other) {
                    continue;
                }
                let name = known.name.clone();
                let is_equal = known.destinations == target.destinations
                    && known.sources == target.sources
                    && self.covers(other, at);
                // Of equals the first stays.
                if is_equal && other > at {
                    continue;
                }
                gone.insert(at);
                let matter =
                    if is_equal { DeadMatter::Equal(name) } else { DeadMatter::Covered(name) };
                found.push(dead(target, matter));
                break;
            }
        }
        found
    }

    /// Something that a target admits, for each transport and for some of its ports. `None` if it
    /// admits nothing; none of them where that is not known.
    fn witnesses(&self, at: usize) -> Option<Vec<Witness>> {
        let side = Side::new(self.numbered, false, vec![at]);
        let groups = port_groups(side.targets().map(|(target, _)| target));
        let solver = Solver::new(self.clauses, &self.subjects, Vec::new());
        let (mut witnesses, mut is_certain) = (Vec::new(), true);
        for (group, transport) in each_transport(&groups) {
            let port = group.example;
            if witnesses.len() >= MAX_WITNESSES {
                break;
            }
            if side.opaque(transport, port).0 == Verdict::Allow {
                witnesses.push(Witness { transport, port, http: None });
                continue;
            }
            for id in side.http(transport, port).keys() {
                match self.clauses.clause(*id).map(|clause| solver.find(clause, &[])) {
                    Some(Found::Request(http)) => {
                        witnesses.push(Witness { transport, port, http: Some(*http) });
                        break;
                    }
                    Some(Found::Nothing) => {}
                    Some(Found::Undecided(_)) | None => is_certain = false,
                }
            }
        }
        (!witnesses.is_empty() || !is_certain).then_some(witnesses)
    }

    /// Whether a target may admit what another does: a quick look before all is compared.
    fn may_admit(&self, at: usize, witness: &Witness) -> bool {
        let &Witness { transport, port, ref http } = witness;
        let Some((target, numbers)) = self.numbered.target(at) else { return false };
        let Some(http) = http else { return target.opaque(transport, port) == Verdict::Allow };
        let may_admit = |id: &ClauseId| {
            let clause = self.clauses.clause(*id);
            clause.is_none_or(|clause| self.subjects.may_admit(self.clauses, clause, http))
        };
        // Without matches it is the port that counts.
        target.admits_port(transport, port).is_some()
            && (target.http.is_none() || numbers.iter().any(may_admit))
    }

    /// Whether a target grants nothing that another does not, between parties of both.
    fn covers(&self, at: usize, other: usize) -> bool {
        if self.clauses.budget().spend(1).is_err() {
            return false;
        }
        let own = Side::new(self.numbered, false, vec![at]);
        let other = Side::new(self.numbered, false, vec![other]);
        let targets = own.targets().chain(other.targets()).map(|(target, _)| target);
        let groups = port_groups(targets);
        each_transport(&groups).all(|(group, transport)| {
            let verdict = |side: &Side<'_>| rank(side.opaque(transport, group.example).0);
            let get = |side: &Side<'_>| -> Vec<&Clause> {
                let granted = side.http(transport, group.example);
                granted.keys().filter_map(|id| self.clauses.clause(*id)).collect()
            };
            let (grants, others) = (get(&own), get(&other));
            let is_less = verdict(&own) <= verdict(&other);
            is_less && {
                let asked = grants.iter().chain(&others).copied().collect();
                let solver = Solver::new(self.clauses, &self.subjects, asked);
                let is_covered =
                    |grant: &&Clause| matches!(solver.find(grant, &others), Found::Nothing);
                grants.iter().all(is_covered)
            }
        })
    }

    fn matches(&self) -> Vec<Dead> {
        let (mut never, mut uses) = (BTreeSet::new(), Uses::new());
        // Many targets select the same.
        let mut known = HashSet::new();
        for at in 0..self.audit.model.targets.len() {
            let side = Side::new(self.numbered, false, vec![at]);
            for (target, numbers) in side.targets() {
                let selected = target.http.iter().flatten();
                if known.insert(selected.map(|s| (&s.group, s.index)).collect::<Vec<_>>()) {
                    self.of_target(target, numbers, &mut never, &mut uses);
                }
            }
        }
        let used: BTreeSet<ObjectName> = uses.keys().map(|(group, _)| group.clone()).collect();
        let mut found = Vec::new();
        for (name, group) in &self.audit.inputs.groups {
            let is_used = used.contains(name);
            // The engine knows which matches can be used.
            let compiled = self.audit.policy().inner().groups.find_named(name);
            for index in 0..group.matches.len() {
                let key = (name.clone(), index);
                let is_usable = || {
                    let index = u32::try_from(index).ok();
                    let conditions =
                        |group: &RouteGroup| group.table().conditions(index?).map(|_| ());
                    compiled.and_then(conditions).is_some()
                };
                let matter = match uses.get(&key) {
                    _ if never.contains(&key) => DeadMatter::NeverMatches,
                    Some((true, _)) => continue,
                    Some((false, by)) => DeadMatter::Shadowed(by.iter().cloned().collect()),
                    None if is_used && is_usable() => DeadMatter::Unused,
                    // It has a diagnostic, or the whole group is unused.
                    None => continue,
                };
                found.push(Dead {
                    kind: ObjectKind::HttpRouteGroup,
                    object: name.clone(),
                    field: Some(format!("spec.matches[{index}]")),
                    matter,
                });
            }
        }
        found
    }

    fn of_target(
        &self,
        target: &Target,
        numbers: &[ClauseId],
        never: &mut BTreeSet<(ObjectName, usize)>,
        uses: &mut Uses,
    ) {
        let clauses: Vec<&Clause> =
            numbers.iter().filter_map(|id| self.clauses.clause(*id)).collect();
        let solver = Solver::new(self.clauses, &self.subjects, clauses.clone());
        let covered = |clause: &Clause, others: &[&Clause]| {
            matches!(solver.find(clause, others), Found::Nothing)
        };
        let selected: Vec<_> = target.http.iter().flatten().zip(clauses).collect();
        let mut alive: Vec<usize> = (0..selected.len()).collect();
        // Of equals the first stays.
        for at in (0..selected.len()).rev() {
            let Some(&(own, clause)) = selected.get(at) else { continue };
            let key = (own.group.clone(), own.index);
            if covered(clause, &[]) {
                alive.retain(|known| *known != at);
                never.insert(key);
                continue;
            }
            let others: Vec<_> = alive
                .iter()
                .filter(|known| **known != at)
                .filter_map(|known| selected.get(*known))
                .collect();
            let all: Vec<&Clause> = others.iter().map(|(_, clause)| *clause).collect();
            let entry = uses.entry(key).or_default();
            if covered(clause, &all) {
                alive.retain(|known| *known != at);
                let alone = others.iter().find(|(_, other)| covered(clause, &[*other]));
                match alone {
                    Some((by, _)) => entry.1.insert(by.text()),
                    None => entry.1.insert("others together".to_owned()),
                };
            } else {
                entry.0 = true;
            }
        }
    }
}
