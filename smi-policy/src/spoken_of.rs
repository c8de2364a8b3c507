use std::hash::BuildHasher;
use std::sync::Arc;

use crate::identity::{Form, Identity};
use crate::principal::{Key, Principal, Who};
use crate::shards::{Entry, Shards, hasher};

/// What IdentityBindings speak of besides service accounts: SPIFFE ids, and the pods that labels
/// select.
#[derive(Clone, Debug)]
pub(crate) struct SpokenOf {
    spiffe: Shards<Spiffe>,
    pods: Shards<PodsOf>,
}

/// A SPIFFE id, and how often it is spoken of.
#[derive(Clone, Debug)]
struct Spiffe {
    who: Principal,
    count: u32,
}

/// The selectors of one namespace.
#[derive(Clone, Debug)]
struct PodsOf {
    namespace: Arc<str>,
    selectors: Arc<[Principal]>,
}

impl SpokenOf {
    pub(crate) fn new() -> Self {
        Self { spiffe: Shards::new(), pods: Shards::new() }
    }

    pub(crate) fn add(&mut self, who: &Principal) {
        match who.who() {
            Who::Account(_) => {}
            Who::Spiffe(_) => {
                let count = self.count(who).saturating_add(1);
                let known = Spiffe { who: who.clone(), count };
                self.spiffe.put(known, |known| known.who == *who);
            }
            Who::Pods(pods) => {
                let namespace = pods.binding.namespace();
                let mut selectors = self.selectors(namespace).to_vec();
                selectors.push(who.clone());
                self.put_selectors(namespace, selectors);
            }
        }
    }

    pub(crate) fn remove(&mut self, who: &Principal) {
        match who.who() {
            Who::Account(_) => {}
            Who::Spiffe(_) => match self.count(who) {
                0 | 1 => {
                    let hash = who.key().hash();
                    self.spiffe.remove(hash, |known| known.who == *who);
                }
                count => {
                    let known = Spiffe { who: who.clone(), count: count - 1 };
                    self.spiffe.put(known, |known| known.who == *who);
                }
            },
            Who::Pods(pods) => {
                let namespace = pods.binding.namespace();
                let mut selectors = self.selectors(namespace).to_vec();
                if let Some(at) = selectors.iter().position(|known| known == who) {
                    selectors.swap_remove(at);
                }
                self.put_selectors(namespace, selectors);
            }
        }
    }

    /// Calls `each` with the names that somebody has here.
    #[inline]
    pub(crate) fn names_of<'i>(
        &'i self,
        identity: &'i Identity,
        mut each: impl FnMut(Key<'i>, u64),
    ) {
        if self.spiffe.len() > 0
            && let Form::Spiffe(id) = &identity.form
            && let key = Key::Spiffe(id)
            && let hash = key.hash()
            && self.spiffe.find(hash, |known| known.who.is(key)).is_some()
        {
            each(key, hash);
        }
        if self.pods.len() > 0
            && let Some(pod) = &identity.pod
        {
            for who in self.selectors(&pod.namespace) {
                if let Who::Pods(pods) = who.who()
                    && pods.selector.selects(&pod.labels)
                {
                    each(Key::Pods(who), Key::Pods(who).hash());
                }
            }
        }
    }

    fn count(&self, who: &Principal) -> u32 {
        let hash = who.key().hash();
        self.spiffe.find(hash, |known| known.who == *who).map_or(0, |known| known.count)
    }

    fn selectors(&self, namespace: &str) -> &[Principal] {
        let hash = hasher().hash_one(namespace);
        let found = self.pods.find(hash, |pods| *pods.namespace == *namespace);
        found.map_or(&[], |pods| &pods.selectors)
    }

    fn put_selectors(&mut self, namespace: &str, selectors: Vec<Principal>) {
        if selectors.is_empty() {
            let hash = hasher().hash_one(namespace);
            self.pods.remove(hash, |pods| *pods.namespace == *namespace);
        } else {
            let pods = PodsOf { namespace: namespace.into(), selectors: selectors.into() };
            self.pods.put(pods, |known| *known.namespace == *namespace);
        }
    }
}

impl Entry for Spiffe {
    fn hash(&self) -> u64 {
        self.who.key().hash()
    }
}

impl Entry for PodsOf {
    fn hash(&self) -> u64 {
        hasher().hash_one(&*self.namespace)
    }
}
