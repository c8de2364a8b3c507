//! From pods to whatever they belong to.

mod edge;
mod ownership;

use std::collections::btree_map::{BTreeMap, Entry};
use std::collections::{HashMap, hash_map};

pub use edge::{Edge, Peer};
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
/// let mut rollup = Rollup::new(Kind::Deployment, &ownership);
/// for name in ["web-0", "web-1"] {
///     let mut tally = Tally::default();
///     tally.add(Duration::from_millis(5), Outcome::Success);
///     rollup.add(&Edge::new(None, Some(pod(name)), End::Server), &tally);
/// }
///
/// let web = Resource::new(Kind::Deployment, "shop", "web");
/// assert_eq!(rollup.received(&web).map(Tally::success_count), Some(2));
/// ```
#[derive(Debug)]
pub struct Rollup<'o> {
    kind: Kind,
    peer_kind: Kind,
    ownership: &'o Ownership,
    owners: HashMap<(Resource, Kind), Vec<Resource>>,
    received: BTreeMap<Resource, ByEnd>,
    edges: BTreeMap<Resource, BTreeMap<Peer, Tally>>,
    backends: BTreeMap<Resource, BTreeMap<(String, String), Backend>>,
}

impl<'o> Rollup<'o> {
    /// For the resources of a kind, with edges between them.
    pub fn new(kind: Kind, ownership: &'o Ownership) -> Self {
        Self {
            kind,
            peer_kind: kind,
            ownership,
            owners: HashMap::new(),
            received: BTreeMap::new(),
            edges: BTreeMap::new(),
            backends: BTreeMap::new(),
        }
    }

    /// With edges to resources of another kind.
    #[must_use]
    pub fn with_peers(mut self, kind: Kind) -> Self {
        self.peer_kind = kind;
        self
    }

    /// Adds what was recorded for an edge.
    ///
    /// The ends of an edge can be of any kind: pods as a rule.
    pub fn add(&mut self, edge: &Edge, tally: &Tally) {
        if let Some(backend) = &edge.backend {
            self.add_backend(backend, edge.observed_at, tally);
        }
        let receivers = self.owners(edge.destination.as_ref(), self.kind);
        for receiver in &receivers {
            let received = self.received.entry(receiver.clone()).or_default();
            received.of(edge.observed_at).merge(tally);
        }
        let senders = self.owners(edge.source.as_ref(), self.kind);
        self.add_edges(&senders, Way::To, edge, edge.destination.as_ref(), tally);
        self.add_edges(&receivers, Way::From, edge, edge.source.as_ref(), tally);
    }

    /// The resources that received requests, in order, each with all that it received.
    pub fn resources(&self) -> impl Iterator<Item = (&Resource, &Tally)> {
        self.received.iter().map(|(resource, tallies)| (resource, tallies.best()))
    }

    /// All requests that a resource received, as observed by itself, or, where it observed none,
    /// by its clients: the same request is never counted twice.
    pub fn received(&self, resource: &Resource) -> Option<&Tally> {
        self.received.get(resource).map(ByEnd::best)
    }

    /// The edges of a resource, in both directions and from both ends, in order.
    pub fn edges(&self, resource: &Resource) -> impl Iterator<Item = (&Peer, &Tally)> {
        self.edges.get(resource).into_iter().flatten()
    }

    /// The backends of a TrafficSplit with the requests that went to each, as observed by the
    /// clients, or, where they observed none, by the servers.
    pub fn backends(&self, split: &Resource) -> impl Iterator<Item = (SplitBackend, &Tally)> {
        let backends = self.backends.get(split).into_iter().flatten();
        backends.map(|((apex, name), backend)| {
            let weight = backend.weight;
            let (split, apex, name) = (split.clone(), apex.clone(), name.clone());
            (SplitBackend { split, apex, name, weight }, backend.tallies.of_clients())
        })
    }

    /// The TrafficSplits that sent requests, in order.
    pub fn splits(&self) -> impl Iterator<Item = &Resource> {
        self.backends.keys()
    }

    fn add_backend(&mut self, backend: &SplitBackend, end: End, tally: &Tally) {
        let backends = self.backends.entry(backend.split.clone()).or_default();
        let own = backends.entry((backend.apex.clone(), backend.name.clone())).or_default();
        own.weight = backend.weight;
        own.tallies.of(end).merge(tally);
    }

    fn add_edges(
        &mut self,
        resources: &[Resource],
        way: Way,
        edge: &Edge,
        other: Option<&Resource>,
        tally: &Tally,
    ) {
        if resources.is_empty() {
            return;
        }
        let mut others: Vec<_> = self.owners(other, self.peer_kind).into_iter().map(Some).collect();
        if others.is_empty() {
            others.push(None);
        }
        for resource in resources {
            let edges = self.edges.entry(resource.clone()).or_default();
            for other in &others {
                let peer = Peer { way, observed_at: edge.observed_at, resource: other.clone() };
                match edges.entry(peer) {
                    Entry::Vacant(entry) => drop(entry.insert(tally.clone())),
                    Entry::Occupied(entry) => entry.into_mut().merge(tally),
                }
            }
        }
    }

    fn owners(&mut self, resource: Option<&Resource>, kind: Kind) -> Vec<Resource> {
        let Some(resource) = resource else { return Vec::new() };
        match self.owners.entry((resource.clone(), kind)) {
            hash_map::Entry::Occupied(entry) => entry.get().clone(),
            hash_map::Entry::Vacant(entry) => {
                entry.insert(self.ownership.owners(resource, kind)).clone()
            }
        }
    }
}

/// Tallies of the same requests, as observed at either end.
#[derive(Clone, Debug, Default)]
struct ByEnd {
    client: Tally,
    server: Tally,
}

impl ByEnd {
    fn of(&mut self, end: End) -> &mut Tally {
        match end {
            End::Client => &mut self.client,
            End::Server => &mut self.server,
        }
    }

    fn best(&self) -> &Tally {
        if self.server.is_empty() { &self.client } else { &self.server }
    }

    fn of_clients(&self) -> &Tally {
        if self.client.is_empty() { &self.server } else { &self.client }
    }
}

#[derive(Clone, Debug, Default)]
struct Backend {
    /// The latest that was given.
    weight: u64,
    tallies: ByEnd,
}
