use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::rc::Rc;

use crate::decision::Verdict;
use crate::identity::Identity;
use crate::language::AnalysisError;
use crate::name::ObjectName;
use crate::request::Transport;
use crate::semantics::Semantics;

use super::Audit;
use super::choices::Subjects;
use super::clause::{Clause, ClauseId, Clauses};
use super::example::{Example, ExampleHttp};
use super::party::{Party, Peer};
use super::peers::{Peers, Reach};
use super::side::{Numbered, Origin, PortGroup, Side, port_groups, ports_text, rank};
use super::solve::{Found, Solver};

/// What one policy allows and another does not.
///
/// Made by [`Audit::diff`]. Every example was decided by both policies.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Diff {
    /// By destination, source, and what is newly allowed before what is newly denied.
    pub differences: Vec<Difference>,
    /// What could not be compared. Nothing is known about it.
    pub not_compared: Vec<NotCompared>,
}

impl Diff {
    /// Whether the two allow exactly the same, and that is certain.
    pub fn is_same(&self) -> bool {
        self.differences.is_empty() && self.not_compared.is_empty()
    }
}

/// Something that only one of two policies allows.
///
/// Prints as one line.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Difference {
    /// Whether it became more or less.
    pub change: Change,
    /// Who calls.
    pub source: Party,
    /// Who is called.
    pub destination: Party,
    /// The ports it is so on: `80, 443`, `all`, or `all others` than those listed anywhere.
    pub ports: String,
    /// The TrafficTarget that allows it, of the policy that does; `None` if the destination is open
    /// because no target names it.
    pub target: Option<ObjectName>,
    /// The match of an HTTPRouteGroup that allows it, as decisions print it.
    pub http_match: Option<String>,
    /// A request that it shows by.
    pub example: Example,
    /// What the old policy says to the example.
    pub before: Verdict,
    /// What the new policy says to it.
    pub after: Verdict,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({} before, {} now", self.change, self.example, self.before, self.after)?;
        match (&self.target, &self.http_match) {
            (Some(target), Some(http_match)) => write!(f, "; {target}, {http_match})"),
            (Some(target), None) => write!(f, "; {target})"),
            (None, _) => f.write_str("; no target names the destination)"),
        }
    }
}

/// In which direction something changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// Newly allowed.
    Allowed,
    /// Newly denied.
    Denied,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "newly allowed",
            Self::Denied => "newly denied",
        })
    }
}

/// Something of two policies that could not be compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct NotCompared {
    /// What, for people.
    pub what: String,
    /// Why not.
    pub why: String,
}

impl fmt::Display for NotCompared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not compared: {}: {}", self.what, self.why)
    }
}

impl Audit {
    /// What a new policy allows that this one does not, and the other way round.
    ///
    /// Conditions are compared as sets of requests, so that it does not matter how they are written
    /// or in which target they are; what is found is complete, except for what
    /// [`Diff::not_compared`] lists. See [`Audit`] for an example.
    ///
    /// The work is bounded, whatever the policies are: by
    /// [`AnalysisLimits::steps`](crate::AnalysisLimits::steps) for each condition or pair of parties,
    /// and by [`AnalysisLimits::total_steps`](crate::AnalysisLimits::total_steps) for all of it.
    pub fn diff(&self, new: &Self) -> Diff {
        let pattern_limits = self.policy().inner().limits.or(new.policy().inner().limits);
        let mut clauses = Clauses::new(self.limits, pattern_limits);
        let sides =
            [Numbered::new(&self.model, &mut clauses), Numbered::new(&new.model, &mut clauses)];
        let models = [&self.model, &new.model];
        let peers = Peers::of(&models, &self.limits, clauses.budget());
        let (a, b) = (self.model.semantics(), new.model.semantics());
        let mut comparison = Comparison {
            old: self,
            new,
            clauses: &clauses,
            subjects: Subjects::new(&a.http, &b.http),
            known: HashMap::new(),
            diff: Diff { differences: Vec::new(), not_compared: unequal_readings(a, b) },
        };
        for namespace in &peers.unlisted {
            comparison.diff.not_compared.push(NotCompared {
                what: format!("pods of {namespace} by their labels"),
                why: "label selectors combine in too many ways".to_owned(),
            });
        }
        let reaches = models.map(|model| Reach::new(model, &peers.all));
        let open = peers.open(&models);
        let mut destinations: BTreeSet<usize> = open.keys().copied().collect();
        destinations.extend(reaches.iter().flat_map(Reach::destinations));
        for to in destinations {
            let is_open = open.get(&to).map_or([false; 2], |open| *open);
            comparison.destination(&peers, to, is_open, &reaches, &sides);
        }
        let mut diff = comparison.diff;
        diff.differences.sort_by(|a, b| key(a).cmp(&key(b)));
        diff.not_compared.sort();
        diff.not_compared.dedup();
        diff
    }
}

fn key(difference: &Difference) -> impl Ord + '_ {
    let Difference { destination, source, change, target, http_match, .. } = difference;
    (destination, source, change, target, http_match)
}

/// What can't be compared of two readings.
fn unequal_readings(a: &Semantics, b: &Semantics) -> Vec<NotCompared> {
    let differs =
        |what: &str, why: &str| NotCompared { what: what.to_owned(), why: why.to_owned() };
    let mut found = Vec::new();
    if a.http.path_mode != b.http.path_mode {
        found.push(differs(
            "paths that a server may read in more than one way",
            "the path modes differ",
        ));
    }
    if a.http.repeated_headers != b.http.repeated_headers {
        found.push(differs(
            "requests with several header fields of one name",
            "one reading joins them and the other does not",
        ));
    }
    if (&a.trust_domains, &a.linkerd_namespace) != (&b.trust_domains, &b.linkerd_namespace) {
        found.push(differs(
            "identities that only one reading takes for service accounts",
            "the trust domains differ",
        ));
    }
    found
}

struct Comparison<'c> {
    old: &'c Audit,
    new: &'c Audit,
    clauses: &'c Clauses,
    subjects: Subjects,
    /// What was found before: many pairs share their clauses.
    known: HashMap<(Vec<ClauseId>, Vec<ClauseId>), Rc<Answers>>,
    diff: Diff,
}

/// Of some clauses what each admits that others do not.
type Answers = Vec<(ClauseId, Found)>;

/// Differences of a pair by what they come from, with the ports.
type OfPair<'g, T> = BTreeMap<(Change, ClauseId), (T, Origin, Vec<&'g PortGroup>)>;

impl Comparison<'_> {
    /// Compares what anybody may do at one destination.
    fn destination(
        &mut self,
        peers: &Peers,
        to: usize,
        is_open: [bool; 2],
        reaches: &[Reach<'_>; 2],
        sides: &[Numbered<'_>; 2],
    ) {
        let Some(destination) = peers.all.get(to) else { return };
        let Some(identity) = &destination.identity else { return };
        let budget = self.clauses.budget();
        let [old, new] = reaches.each_ref().map(|reach| reach.sources(to, budget));
        let (mut old, mut new) = match (old, new) {
            (Ok(old), Ok(new)) => (old, new),
            (Err(why), _) | (_, Err(why)) => {
                return self.left_out(format!("everybody to {}", destination.party), why);
            }
        };
        let mut sources: BTreeSet<usize> = old.keys().chain(new.keys()).copied().collect();
        if is_open.contains(&true) {
            sources.extend(peers.strangers());
        }
        let mut sources = sources.into_iter().filter_map(|from| Some((from, peers.all.get(from)?)));
        while let Some((from, source)) = sources.next() {
            let [old_side, new_side] = sides;
            let [old_open, new_open] = is_open;
            let old = Side::new(old_side, old_open, old.remove(&from).unwrap_or_default());
            let new = Side::new(new_side, new_open, new.remove(&from).unwrap_or_default());
            if let Err(why) = self.pair(source, destination, identity, &old, &new) {
                let others = match sources.by_ref().count() {
                    0 => String::new(),
                    1 => " and one other".to_owned(),
                    count => format!(" and {count} others"),
                };
                let what = format!("{}{others} to {}", source.party, destination.party);
                return self.left_out(what, why);
            }
        }
    }

    /// Compares what one may do at another. Fails where no steps are left for that.
    fn pair(
        &mut self,
        source: &Peer,
        destination: &Peer,
        identity: &Identity,
        old: &Side<'_>,
        new: &Side<'_>,
    ) -> Result<(), AnalysisError> {
        let (a, b) = (old.size(), new.size());
        let (all, ports) = (a.targets + b.targets, 1 + a.ports + b.ports);
        let budget = self.clauses.budget();
        budget.spend(1 + all.saturating_mul(ports) / 4)?;
        let targets = old.targets().chain(new.targets()).map(|(target, _)| target);
        let groups = port_groups(targets);
        budget.spend(groups.len().saturating_mul(a.matches + b.matches))?;
        let pair = Pair { source, destination, identity, groups: &groups };
        let http = [Transport::Tcp, Transport::Udp].map(|t| self.http(&pair, t, old, new));
        let [over_tcp, mut over_udp] = http;
        // The same by HTTP/3 is not worth a second line.
        over_udp.retain(|key, _| !over_tcp.contains_key(key));
        let changes: Vec<Change> = over_tcp.keys().map(|(change, _)| *change).collect();

        let mut opaque = Vec::new();
        for transport in [Transport::Tcp, Transport::Udp] {
            let mut found: BTreeMap<_, (_, Vec<&PortGroup>)> = BTreeMap::new();
            for group in &groups {
                let before = old.opaque(transport, group.example);
                let after = new.opaque(transport, group.example);
                let (change, origin) = match rank(after.0).cmp(&rank(before.0)) {
                    std::cmp::Ordering::Equal => continue,
                    std::cmp::Ordering::Greater => (Change::Allowed, after.1),
                    std::cmp::Ordering::Less => (Change::Denied, before.1),
                };
                // That HTTP may pass is said by the difference in HTTP.
                let is_http = [before.0, after.0].contains(&Verdict::HttpOnly)
                    && ![before.0, after.0].contains(&Verdict::Allow);
                if !(is_http && changes.contains(&change)) {
                    let entry = found.entry((change, origin.target.clone()));
                    entry.or_insert_with(|| (origin, Vec::new())).1.push(group);
                }
            }
            opaque.extend(found.into_iter().map(|((change, _), (o, g))| (change, transport, o, g)));
        }
        for (transport, found) in [(Transport::Tcp, over_tcp), (Transport::Udp, over_udp)] {
            for ((change, _), (found, origin, groups)) in found {
                // That HTTP passes a port that is open for everything goes without saying.
                let is_implied = opaque.iter().any(|(known, over, by, ports)| {
                    (*known, *over, by, ports) == (change, transport, &origin, &groups)
                });
                match found {
                    _ if is_implied && origin.http_match.is_none() => {}
                    Found::Request(http) => {
                        self.report(&pair, change, transport, origin, &groups, Some(*http))?;
                    }
                    Found::Undecided(why) => self.left_out(pair.text(&origin), why),
                    Found::Nothing => {}
                }
            }
        }
        for (change, transport, origin, groups) in opaque {
            self.report(&pair, change, transport, origin, &groups, None)?;
        }
        Ok(())
    }

    /// The differences in HTTP requests.
    fn http<'g>(
        &mut self,
        pair: &Pair<'_, 'g>,
        transport: Transport,
        old: &Side<'_>,
        new: &Side<'_>,
    ) -> OfPair<'g, Found> {
        let mut all: OfPair<'g, Found> = BTreeMap::new();
        for group in pair.groups {
            let before = old.http(transport, group.example);
            let after = new.http(transport, group.example);
            for (change, grants, others) in
                [(Change::Allowed, &after, &before), (Change::Denied, &before, &after)]
            {
                let found = self.compare(grants, others);
                for (clause, found) in found.iter() {
                    let origin = grants.get(clause).cloned().unwrap_or_default();
                    let entry = all.entry((change, *clause));
                    entry.or_insert_with(|| (found.clone(), origin, Vec::new())).2.push(group);
                }
            }
        }
        all
    }

    /// Of each clause that is granted, whether it admits what none of the others does.
    fn compare(
        &mut self,
        grants: &BTreeMap<ClauseId, Origin>,
        others: &BTreeMap<ClauseId, Origin>,
    ) -> Rc<Answers> {
        let key = (grants.keys().copied().collect(), others.keys().copied().collect());
        if let Some(known) = self.known.get(&key) {
            return Rc::clone(known);
        }
        let others: Vec<&Clause> =
            others.keys().filter_map(|id| self.clauses.clause(*id)).collect();
        let own = grants.keys().filter_map(|id| self.clauses.clause(*id));
        let asked = own.chain(others.iter().copied()).collect();
        let solver = Solver::new(self.clauses, &self.subjects, asked);
        let look = |id: &ClauseId| {
            let clause = self.clauses.clause(*id)?;
            match solver.find(clause, &others) {
                Found::Nothing => None,
                found => Some((*id, found)),
            }
        };
        let found = Rc::new(grants.keys().filter_map(look).collect::<Answers>());
        self.known.insert(key, Rc::clone(&found));
        found
    }

    /// Reports a difference if both policies confirm it. Fails where no steps are left for that.
    fn report(
        &mut self,
        pair: &Pair<'_, '_>,
        change: Change,
        transport: Transport,
        origin: Origin,
        groups: &[&PortGroup],
        http: Option<ExampleHttp>,
    ) -> Result<(), AnalysisError> {
        let Some(port) = groups.first().map(|group| group.example) else { return Ok(()) };
        self.clauses.budget().spend(STEPS_PER_DIFFERENCE)?;
        let example = Example {
            source: pair.source.identity.clone(),
            destination: pair.identity.clone(),
            port,
            transport,
            http,
        };
        let before = self.old.policy().authorize(&example.request()).verdict();
        let after = self.new.policy().authorize(&example.request()).verdict();
        let is_confirmed = match change {
            Change::Allowed => rank(after) > rank(before),
            Change::Denied => rank(after) < rank(before),
        };
        if !is_confirmed {
            self.diff.not_compared.push(NotCompared {
                what: pair.text(&origin),
                why: format!("the policies do not confirm the example {example}"),
            });
            return Ok(());
        }
        self.diff.differences.push(Difference {
            change,
            source: pair.source.party.clone(),
            destination: pair.destination.party.clone(),
            ports: ports_text(groups, pair.groups.len()),
            target: origin.target,
            http_match: origin.http_match,
            example,
            before,
            after,
        });
        Ok(())
    }

    fn left_out(&mut self, what: String, why: AnalysisError) {
        self.diff.not_compared.push(NotCompared { what, why: why.to_string() });
    }
}

/// What it takes to ask both policies about an example and to write it down.
const STEPS_PER_DIFFERENCE: usize = 100;

/// Two parties that are compared.
struct Pair<'p, 'g> {
    source: &'p Peer,
    destination: &'p Peer,
    identity: &'p Identity,
    groups: &'g [PortGroup],
}

impl Pair<'_, '_> {
    fn text(&self, origin: &Origin) -> String {
        let target = origin.target.as_ref().map(|target| format!(" by {target}"));
        let http_match = origin.http_match.as_ref().map(|name| format!(", {name}"));
        let (source, destination) = (&self.source.party, &self.destination.party);
        let by = target.unwrap_or_default() + &http_match.unwrap_or_default();
        format!("{source} to {destination}{by}")
    }
}
