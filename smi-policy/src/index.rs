use std::collections::HashSet;

use crate::principal::Principal;

/// Number of a target: its place among all targets, by namespace and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TargetId(u32);

impl TargetId {
    pub(crate) fn new(index: usize) -> Option<Self> {
        u32::try_from(index).ok().map(Self)
    }

    pub(crate) fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// Which targets concern whom. A look-up touches nothing but the targets of one pair.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Targets that can grant something, by destination and source. Each list ascends.
    pairs: hashbrown::HashMap<(Principal, Principal), Box<[TargetId]>>,
    /// All targets that name a destination, also those that grant nothing. Each list ascends.
    destinations: hashbrown::HashMap<Principal, Vec<TargetId>>,
    /// Destinations that a target of their own namespace names.
    selected: HashSet<Principal>,
    /// Namespaces in which some target's destination is unknown.
    closed: HashSet<Box<str>>,
    /// Whether some target's namespace is unknown too.
    all_closed: bool,
}

/// What [`Index`] is built from.
#[derive(Debug, Default)]
pub(crate) struct IndexBuilder {
    triples: Vec<(Principal, Principal, TargetId)>,
    index: Index,
}

impl IndexBuilder {
    /// Says that `target` names `destination`. Targets come in ascending order.
    pub(crate) fn candidate(&mut self, destination: Principal, target: TargetId) {
        let targets = self.index.destinations.entry(destination).or_default();
        if targets.last() != Some(&target) {
            targets.push(target);
        }
    }

    /// Says that `destination` is selected.
    pub(crate) fn select(&mut self, destination: Principal) {
        self.index.selected.insert(destination);
    }

    /// Says that `target` admits `source` to `destination`.
    pub(crate) fn pair(&mut self, destination: Principal, source: Principal, target: TargetId) {
        self.triples.push((destination, source, target));
    }

    /// Says that the destination of some target of this namespace is unknown; `None`: its namespace
    /// is unknown too.
    pub(crate) fn close(&mut self, namespace: Option<&str>) {
        match namespace {
            Some(namespace) => {
                self.index.closed.insert(namespace.into());
            }
            None => self.index.all_closed = true,
        }
    }

    pub(crate) fn build(mut self) -> Index {
        self.triples.sort_unstable();
        self.triples.dedup();
        for pair in self.triples.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let Some(&(destination, source, _)) = pair.first() else { continue };
            let targets = pair.iter().map(|(_, _, target)| *target).collect();
            self.index.pairs.insert((destination, source), targets);
        }
        self.index
    }
}

impl Index {
    /// Targets that concern this pair, ascending.
    pub(crate) fn pair(&self, destination: Principal, source: Principal) -> &[TargetId] {
        self.pairs.get(&(destination, source)).map_or(&[], |targets| targets)
    }

    /// Targets that name this destination, ascending.
    pub(crate) fn candidates(&self, destination: Principal) -> &[TargetId] {
        self.destinations.get(&destination).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn is_selected(&self, destination: Principal) -> bool {
        self.selected.contains(&destination)
    }

    /// Whether nobody knows which destinations of this namespace are selected.
    pub(crate) fn is_closed(&self, namespace: &str) -> bool {
        self.all_closed || self.closed.contains(namespace)
    }
}
