//! From pods to whatever they belong to.

mod edge;
mod names;
mod ownership;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

pub use edge::{Edge, Peer};
use names::{Id, Names};
pub use ownership::Ownership;

use crate::{End, Kind, Resource, SplitBackend, Tally, Way};

/// Tallies of edges, added up for all resources of one kind.
///
/// Counts and percentiles are those of recording the whole at once: histograms are merged, never
/// percentiles. Of a resource that is not of the kind and belongs to none (a pod outside of any
/// deployment), the other ends of its traffic still have their edges, to an unknown peer.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use smi_metrics_model::rollup::{Edge, Ownership, Rollup};
/// use smi_metrics_model::{End, Kind, Outcome, Resource, Tally};
///
/// let pod = |name| Resource::new(Kind::Pod, "shop", name);
/// let mut ownership = Ownership::default();
/// ownership.add(pod("web-0"), Resource::new(Kind::Deployment, "shop", "web"));
/// ownership.add(pod("web-1"), Resource::new(Kind::Deployment, "shop", "web"));
///
/// let edges = ["web-0", "web-1"].map(|name| Edge::new(None, Some(pod(name)), End::Server));
/// let mut tally = Tally::default();
/// tally.add(Duration::from_millis(5), Outcome::Success);
///
/// let mut rollup = Rollup::new(Kind::Deployment, &ownership);
/// for edge in &edges {
///     rollup.add(edge, &tally);
/// }
///
/// let web = Resource::new(Kind::Deployment, "shop", "web");
/// assert_eq!(rollup.received(&web).map(Tally::success_count), Some(2));
/// ```
#[derive(Debug)]
pub struct Rollup<'a> {
    own: Names<'a>,
    peers: Names<'a>,
    received: HashMap<Id, ByEnd<'a>>,
    edges: HashMap<Id, HashMap<PeerId, Sum<'a>>>,
    backends: BTreeMap<&'a Resource, BTreeMap<(&'a str, &'a str), Backend<'a>>>,
}

impl<'a> Rollup<'a> {
    /// For the resources of a kind, with edges between them.
    pub fn new(kind: Kind, ownership: &'a Ownership) -> Self {
        Self {
            own: Names::new(kind, ownership),
            peers: Names::new(kind, ownership),
            received: HashMap::new(),
            edges: HashMap::new(),
            backends: BTreeMap::new(),
        }
    }

    /// With edges to resources of another kind. Before anything is added.
    #[must_use]
    pub fn with_peers(self, kind: Kind) -> Self {
        Self { peers: Names::new(kind, self.own.ownership()), ..self }
    }

    /// Adds what was recorded for an edge.
    ///
    /// The ends of an edge can be of any kind: pods as a rule.
    pub fn add(&mut self, edge: &'a Edge, tally: &'a Tally) {
        if let Some(backend) = &edge.backend {
            let backends = self.backends.entry(&backend.split).or_default();
            let own = backends.entry((&backend.apex, &backend.name)).or_default();
            own.weight = backend.weight;
            own.tallies.of(edge.observed_at).add(tally);
        }
        let receivers = self.own.owners(edge.destination.as_ref());
        for receiver in &receivers {
            let received = self.received.entry(*receiver).or_default();
            received.of(edge.observed_at).add(tally);
        }
        let senders = self.own.owners(edge.source.as_ref());
        let end = edge.observed_at;
        self.add_edges(&senders, Way::To, end, edge.destination.as_ref(), tally);
        self.add_edges(&receivers, Way::From, end, edge.source.as_ref(), tally);
    }

    /// The resources that received requests, in order, each with all that it received.
    pub fn resources(&self) -> impl Iterator<Item = (&Resource, &Tally)> {
        let mut resources: Vec<_> = self
            .received
            .iter()
            .filter_map(|(id, tallies)| Some((self.own.resource(*id)?, tallies.of_servers())))
            .collect();
        resources.sort_unstable_by_key(|(resource, _)| *resource);
        resources.into_iter()
    }

    /// All requests that a resource received, as observed by itself, or, where it observed none,
    /// by its clients: the same request is never counted twice.
    pub fn received(&self, resource: &Resource) -> Option<&Tally> {
        self.received.get(&self.own.id(resource)?).map(ByEnd::of_servers)
    }

    /// The edges of a resource, in both directions and from both ends, in order.
    pub fn edges(&self, resource: &Resource) -> impl Iterator<Item = (Peer, &Tally)> {
        let edges = self.own.id(resource).and_then(|id| self.edges.get(&id));
        let mut edges: Vec<_> = edges
            .into_iter()
            .flatten()
            .map(|((way, observed_at, peer), sum)| {
                let resource = peer.and_then(|peer| self.peers.resource(peer)).cloned();
                (Peer { way: *way, observed_at: *observed_at, resource }, sum.tally())
            })
            .collect();
        edges.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
        edges.into_iter()
    }

    /// The backends of a TrafficSplit with the requests that went to each, as observed by the
    /// clients, or, where they observed none, by the servers.
    pub fn backends(&self, split: &Resource) -> impl Iterator<Item = (SplitBackend, &Tally)> {
        let backends = self.backends.get_key_value(split);
        let backends = backends.into_iter().flat_map(|(split, backends)| {
            backends.iter().map(move |(names, backend)| (*split, names, backend))
        });
        backends.map(|(split, (apex, name), backend)| {
            let (apex, name) = ((*apex).to_owned(), (*name).to_owned());
            let weight = backend.weight;
            (
                SplitBackend { split: split.clone(), apex, name, weight },
                backend.tallies.of_clients(),
            )
        })
    }

    /// The TrafficSplits that sent requests, in order.
    pub fn splits(&self) -> impl Iterator<Item = &Resource> {
        self.backends.keys().copied()
    }

    fn add_edges(
        &mut self,
        resources: &[Id],
        way: Way,
        end: End,
        other: Option<&'a Resource>,
        tally: &'a Tally,
    ) {
        if resources.is_empty() {
            return;
        }
        let others = self.peers.owners(other);
        for resource in resources {
            let edges = self.edges.entry(*resource).or_default();
            if others.is_empty() {
                edges.entry((way, end, None)).or_default().add(tally);
            }
            for other in &others {
                edges.entry((way, end, Some(*other))).or_default().add(tally);
            }
        }
    }
}

type PeerId = (Way, End, Option<Id>);

/// A sum that is no copy as long as it has one part.
#[derive(Clone, Debug, Default)]
struct Sum<'a>(Option<Cow<'a, Tally>>);

impl<'a> Sum<'a> {
    fn add(&mut self, tally: &'a Tally) {
        match &mut self.0 {
            None => self.0 = Some(Cow::Borrowed(tally)),
            Some(sum) => sum.to_mut().merge(tally),
        }
    }

    fn tally(&self) -> &Tally {
        self.0.as_deref().unwrap_or(&EMPTY)
    }

    fn is_empty(&self) -> bool {
        self.tally().is_empty()
    }
}

/// For sums without parts.
static EMPTY: Tally = Tally::EMPTY;

/// Tallies of the same requests, as observed at either end.
#[derive(Clone, Debug, Default)]
struct ByEnd<'a> {
    client: Sum<'a>,
    server: Sum<'a>,
}

impl<'a> ByEnd<'a> {
    fn of(&mut self, end: End) -> &mut Sum<'a> {
        match end {
            End::Client => &mut self.client,
            End::Server => &mut self.server,
        }
    }

    fn of_servers(&self) -> &Tally {
        if self.server.is_empty() { self.client.tally() } else { self.server.tally() }
    }

    fn of_clients(&self) -> &Tally {
        if self.client.is_empty() { self.server.tally() } else { self.client.tally() }
    }
}

#[derive(Clone, Debug, Default)]
struct Backend<'a> {
    /// The latest that was given.
    weight: u64,
    tallies: ByEnd<'a>,
}
