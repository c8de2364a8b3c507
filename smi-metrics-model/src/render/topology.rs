//! `kubectl traffic topology`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::row::Row;
use super::top::{Cell, aligned};
use crate::{Direction, ObjectReference, Side, TrafficMetrics};

/// Who calls whom, from the edges of resources (specification, "Topologies").
///
/// An edge that both ends observed is one link, with what its client observed. As text it is a list
/// of links below their senders; [`dot`](Topology::dot) is for Graphviz, and
/// [`mermaid`](Topology::mermaid) for Markdown.
///
/// # Examples
///
/// ```
/// use smi_metrics_model::TrafficMetricsList;
/// use smi_metrics_model::render::Topology;
///
/// let edges: TrafficMetricsList = serde_json::from_str(r#"{"items": [{
///     "resource": {"kind": "Deployment", "namespace": "shop", "name": "web"},
///     "edge": {
///         "direction": "to",
///         "resource": {"kind": "Deployment", "namespace": "shop", "name": "cart"}
///     },
///     "window": "30s",
///     "metrics": [{"name": "success_count", "value": "60"}, {"name": "failure_count", "value": "0"}]
/// }]}"#)?;
/// let topology = Topology::new(edges.items());
/// assert_eq!(topology.to_string(), "shop/cart\nshop/web\n  --> shop/cart   100.00%   2.0rps   -\n");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topology {
    workloads: BTreeSet<Workload>,
    links: BTreeMap<(Workload, Workload), Link>,
}

impl Topology {
    /// The topology of these metrics: of edges a link, of all other items a workload alone.
    pub fn new<'a>(items: impl IntoIterator<Item = &'a TrafficMetrics>) -> Self {
        let mut topology = Self::default();
        for item in items {
            topology.add(item);
        }
        topology
    }

    /// The workloads, in order.
    pub fn workloads(&self) -> impl Iterator<Item = &Workload> {
        self.workloads.iter()
    }

    /// The links, in order: sender, receiver, and what went between them.
    pub fn links(&self) -> impl Iterator<Item = (&Workload, &Workload, &Link)> {
        self.links.iter().map(|((from, to), link)| (from, to, link))
    }

    fn add(&mut self, item: &TrafficMetrics) {
        let Some(resource) = item.resource.as_option() else { return };
        let resource = Workload::new(resource);
        self.workloads.insert(resource.clone());
        let Some(edge) = item.edge.as_option() else { return };
        let peer = match edge.resource.as_option() {
            Some(peer) if *peer != ObjectReference::default() => Workload::new(peer),
            _ => return,
        };
        let (from, to) = match edge.direction.as_option() {
            Some(Direction::To) => (resource, peer.clone()),
            Some(Direction::From) => (peer.clone(), resource),
            Some(Direction::Other(_)) | None => return,
        };
        self.workloads.insert(peer);
        let [_, success, rps, .., p99] = Row::new(item).cells();
        let rank = match edge.side.as_option() {
            Some(Side::Client) => 2,
            Some(Side::Server) => 0,
            Some(Side::Other(_)) | None => 1,
        };
        let link = Link { success, rps, p99, rank };
        let known = self.links.entry((from, to)).or_insert_with(|| link.clone());
        if known.rank < rank {
            *known = link;
        }
    }
}

/// Workloads, each with the links to whom it sends requests.
impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Vec::new();
        for workload in &self.workloads {
            lines.push(vec![Cell::left(workload.to_string())]);
            for ((_, to), link) in self.links.iter().filter(|((from, _), _)| from == workload) {
                lines.push(vec![
                    Cell::left(format!("  --> {to}")),
                    Cell::right(&*link.success),
                    Cell::right(&*link.rps),
                    Cell::right(&*link.p99),
                ]);
            }
        }
        f.write_str(&aligned(&lines))
    }
}

/// A workload in a [`Topology`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Workload {
    namespace: Option<String>,
    name: Option<String>,
    kind: Option<String>,
}

impl Workload {
    fn new(reference: &ObjectReference) -> Self {
        let ObjectReference { kind, namespace, name, .. } = reference.clone();
        Self { namespace, name, kind }
    }

    /// The kind, as far as it is known.
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }
}

/// Namespace and name, or as much as is known.
impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { namespace, name, kind } = self.clone();
        let reference = ObjectReference { namespace, name, kind, ..ObjectReference::default() };
        f.pad(&super::row::label(&reference).unwrap_or_else(|| "*".to_owned()))
    }
}

/// The traffic of a link of a [`Topology`], as text; `-` where it is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    success: String,
    rps: String,
    p99: String,
    /// Which of two observations to prefer.
    rank: u8,
}

/// Success rate, requests a second, and the 99th percentile of the latency.
impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.success, self.rps, self.p99)
    }
}
