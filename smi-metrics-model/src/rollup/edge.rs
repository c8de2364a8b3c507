//! Between whom requests go.

use crate::{End, Resource, SplitBackend, Way};

/// Between whom requests were recorded, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    /// Who sends the requests; `None`: unknown, such as a client outside of the mesh.
    pub source: Option<Resource>,
    /// Who receives them; `None`: unknown, such as a server outside of the mesh.
    pub destination: Option<Resource>,
    /// At which end they were recorded.
    pub observed_at: End,
    /// The backend that a TrafficSplit chose for them.
    pub backend: Option<SplitBackend>,
}

impl Edge {
    /// An edge that no TrafficSplit had a part in.
    pub const fn new(
        source: Option<Resource>,
        destination: Option<Resource>,
        observed_at: End,
    ) -> Self {
        Self { source, destination, observed_at, backend: None }
    }

    /// An edge for which a TrafficSplit chose the destination.
    #[must_use]
    pub fn through(mut self, backend: SplitBackend) -> Self {
        self.backend = Some(backend);
        self
    }
}

/// The other end of an edge, seen from a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    /// Which way the requests go.
    pub way: Way,
    /// At which end they were recorded.
    pub observed_at: End,
    /// Who is there; `None`: unknown.
    pub resource: Option<Resource>,
}
