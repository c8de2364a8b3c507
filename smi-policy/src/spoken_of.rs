use std::sync::Arc;

use hashbrown::DefaultHashBuilder;

use crate::identity::{Form, Identity};
use crate::principal::{Key, Principal, Who};
use crate::shards::{Entry, Shards};

/// What IdentityBindings speak of besides service accounts: SPIFFE ids, and the pods that labels
/// select.
#[derive(Clone, Debug)]
pub(crate) struct SpokenOf {
    spiffe: Shards<Spiffe>,
    pods: Shards<PodsOf>,
    hasher: DefaultHashBuilder,
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
    pub(crate) fn new(hasher: DefaultHashBuilder) -> Self {
        Self { spiffe: Shards::new(hasher.clone()), pods: Shards::new(hasher.clone()), hasher }
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
                    let hash = who.key().hash(&self.hasher);
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
    pub(crate) fn names_of<'i>(&'i self, identity: &'i Identity, mut each: impl FnMut(Key<'i>)) {
        if self.spiffe.len() > 0
            && let Form::Spiffe(id) = &identity.form
            && let key = Key::Spiffe(id)
            && self.spiffe.find(key.hash(&self.hasher), |known| known.who.is(key)).is_some()
        {
            each(key);
        }
        if self.pods.len() > 0
            && let Some(pod) = &identity.pod
        {
            for who in self.selectors(&pod.namespace) {
                if let Who::Pods(pods) = who.who()
                    && pods.selector.selects(&pod.labels)
                {
                    each(Key::Pods(who));
                }
            }
        }
    }

    fn count(&self, who: &Principal) -> u32 {
        let hash = who.key().hash(&self.hasher);
        self.spiffe.find(hash, |known| known.who == *who).map_or(0, |known| known.count)
    }

    fn selectors(&self, namespace: &str) -> &[Principal] {
        let hash = self.pods.hash_one(namespace);
        let found = self.pods.find(hash, |pods| *pods.namespace == *namespace);
        found.map_or(&[], |pods| &pods.selectors)
    }

    fn put_selectors(&mut self, namespace: &str, selectors: Vec<Principal>) {
        if selectors.is_empty() {
            let hash = self.pods.hash_one(namespace);
            self.pods.remove(hash, |pods| *pods.namespace == *namespace);
        } else {
            let pods = PodsOf { namespace: namespace.into(), selectors: selectors.into() };
            self.pods.put(pods, |known| *known.namespace == *namespace);
        }
    }
}

impl Entry for Spiffe {
    fn hash(&self, hasher: &DefaultHashBuilder) -> u64 {
        self.who.key().hash(hasher)
    }
}

impl Entry for PodsOf {
    fn hash(&self, hasher: &DefaultHashBuilder) -> u64 {
        std::hash::BuildHasher::hash_one(hasher, &*self.namespace)
    }
}
