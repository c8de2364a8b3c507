use std::collections::{BTreeMap, BTreeSet};

use crate::decision::Reason;
use crate::identity::{Identity, Proof};
use crate::language::{AnalysisError, AnalysisLimits, Budget};
use crate::request::Request;
use crate::resource::LabelSelector;
use crate::semantics::Unselected;

use super::model::Model;
use super::party::{Key, Party, Peer, PodSelector};

/// Everybody whom one of some models speaks of, as identities.
#[derive(Debug)]
pub(super) struct Peers {
    pub(super) all: Vec<Peer>,
    /// Namespaces whose label selectors combine in too many ways.
    pub(super) unlisted: BTreeSet<Box<str>>,
}

impl Peers {
    pub(super) fn of(models: &[&Model], limits: &AnalysisLimits, budget: &Budget) -> Self {
        let keys: BTreeSet<&Key> = models
            .iter()
            .flat_map(|model| &model.targets)
            .flat_map(|target| target.destinations.iter().chain(&target.sources))
            .collect();
        let mut all = Vec::new();
        for key in keys {
            match key {
                Key::Account(name) => all.push(Peer::account(name)),
                Key::Spiffe(id) => all.push(Peer::spiffe(id)),
                Key::Selector(_) => {}
            }
        }
        let mut unlisted = BTreeSet::new();
        let mut selectors: BTreeMap<&str, Vec<&PodSelector>> = BTreeMap::new();
        for selector in models.iter().flat_map(|model| &model.selectors) {
            selectors.entry(&selector.namespace).or_default().push(selector);
        }
        for (namespace, selectors) in selectors {
            match label_sets(&selectors, limits.states, budget) {
                Some(sets) => all.extend(sets.iter().map(|set| Peer::pods(namespace, set))),
                None => {
                    unlisted.insert(namespace.into());
                }
            }
        }
        // Whoever is not named differs only where an unselected destination is open.
        if models.iter().any(|model| model.semantics().unselected == Unselected::Allow) {
            let namespaces: BTreeSet<&str> =
                models.iter().flat_map(|m| &m.targets).map(|t| t.name.namespace()).collect();
            all.extend(namespaces.into_iter().map(|namespace| Peer::other(Some(namespace))));
            all.push(Peer::other(None));
            all.push(Peer::unauthenticated());
        }
        let proofs: BTreeSet<Proof> = models.iter().map(|m| m.semantics().min_proof).collect();
        if proofs.len() > 1 {
            let weaker = all.clone().into_iter().filter_map(|peer| {
                let identity = Some(peer.identity?.proven_by(Proof::Address));
                Some(Peer { identity, ..peer })
            });
            all.extend(weaker.collect::<Vec<_>>());
        }
        Self { all, unlisted }
    }

    /// The destinations that are open in some of the models because no target names them, with the
    /// answer of each model.
    pub(super) fn open<const N: usize>(&self, models: &[&Model; N]) -> BTreeMap<usize, [bool; N]> {
        let answers = self.all.iter().enumerate().filter_map(|(at, peer)| {
            let identity = peer.identity.as_ref().filter(|i| i.proof() == Proof::Certificate)?;
            let answers = models.map(|model| model.is_open(identity));
            answers.contains(&true).then_some((at, answers))
        });
        answers.collect()
    }

    /// Sources that no target names.
    pub(super) fn strangers(&self) -> impl Iterator<Item = usize> {
        let all = self.all.iter().enumerate();
        let is_stranger =
            |peer: &Peer| matches!(peer.party, Party::Other(None) | Party::Unauthenticated);
        all.filter_map(move |(at, peer)| is_stranger(peer).then_some(at))
    }
}

impl Model {
    /// Whether this destination is open because no target names it.
    pub(super) fn is_open(&self, destination: &Identity) -> bool {
        self.semantics().unselected == Unselected::Allow
            && self.policy.authorize(&Request::tcp(None, destination, 1)).reason()
                == Reason::Unselected
    }
}

/// Where the targets of a model find peers.
#[derive(Debug)]
pub(super) struct Reach<'m> {
    model: &'m Model,
    by_source: BTreeMap<Key, Vec<usize>>,
    /// Positions of the targets that name each peer as their destination.
    targets: BTreeMap<usize, Vec<usize>>,
}

impl<'m> Reach<'m> {
    pub(super) fn new(model: &'m Model, peers: &[Peer]) -> Self {
        let mut by_key: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        let mut by_source: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        for (at, peer) in peers.iter().enumerate() {
            let Some(identity) = &peer.identity else { continue };
            for key in model.keys(identity) {
                if identity.proof() >= model.semantics().min_proof {
                    by_source.entry(key.clone()).or_default().push(at);
                }
                // Of the proofs that a source may have one is enough for destinations.
                if identity.proof() == Proof::Certificate {
                    by_key.entry(key).or_default().push(at);
                }
            }
        }
        let mut targets: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, target) in model.targets.iter().enumerate() {
            if target.void.is_none() {
                let named = target.destinations.iter().filter_map(|key| by_key.get(key)).flatten();
                for peer in named.collect::<BTreeSet<_>>() {
                    targets.entry(*peer).or_default().push(at);
                }
            }
        }
        Self { model, by_source, targets }
    }

    /// The peers that some target opens.
    pub(super) fn destinations(&self) -> impl Iterator<Item = usize> {
        self.targets.keys().copied()
    }

    /// Whom a destination is open to, with the positions of the targets that open it.
    ///
    /// # Errors
    ///
    /// If there are more of them than steps left.
    pub(super) fn sources(
        &self,
        destination: usize,
        budget: &Budget,
    ) -> Result<BTreeMap<usize, Vec<usize>>, AnalysisError> {
        let mut sources: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &at in self.targets.get(&destination).into_iter().flatten() {
            for key in self.model.targets.get(at).into_iter().flat_map(|target| &target.sources) {
                let peers = self.by_source.get(key).map_or(&[][..], Vec::as_slice);
                budget.spend(1 + peers.len())?;
                for peer in peers {
                    let targets = sources.entry(*peer).or_default();
                    // Two keys may find the same one.
                    if targets.last() != Some(&at) {
                        targets.push(at);
                    }
                }
            }
        }
        Ok(sources)
    }
}

/// Labels of a pod.
type Labels = Vec<(String, String)>;

/// For every set of selectors that can select a pod together, labels of such a pod. `None` if there
/// are more sets of labels to try than that, or than steps are left for.
fn label_sets(selectors: &[&PodSelector], max: usize, budget: &Budget) -> Option<Vec<Labels>> {
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for LabelSelector { match_labels, match_expressions } in selectors.iter().map(|s| &s.resource) {
        for (key, value) in match_labels {
            values.entry(key).or_default().insert(value);
        }
        for requirement in match_expressions {
            let known = values.entry(&requirement.key).or_default();
            known.extend(requirement.values.iter().map(String::as_str));
            known.insert(OTHER);
        }
    }
    let mut sets: Vec<BTreeMap<String, String>> = vec![BTreeMap::new()];
    for (key, values) in values {
        let with = |set: &BTreeMap<String, String>, value: &str| {
            let mut set = set.clone();
            set.insert(key.to_owned(), value.to_owned());
            set
        };
        if sets.len().saturating_mul(values.len() + 1) > max {
            return None;
        }
        let longer: Vec<_> =
            sets.iter().flat_map(|set| values.iter().map(|value| with(set, value))).collect();
        sets.extend(longer);
    }
    budget.spend(sets.len().saturating_mul(1 + selectors.len() / 8)).ok()?;
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for set in sets {
        let selecting: Vec<usize> = selectors
            .iter()
            .enumerate()
            .filter(|(_, selector)| selector.selector.selects(&set))
            .map(|(at, _)| at)
            .collect();
        if !selecting.is_empty() && known.insert(selecting) {
            found.push(set.into_iter().collect());
        }
    }
    Some(found)
}

/// A value that no selector names.
const OTHER: &str = "(any-other)";
