use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use crate::identity::AccountRef;
use crate::interner::Interner;
use crate::labels::Selector;
use crate::name::ObjectName;
use crate::shards::hasher;
use crate::spiffe::SpiffeId;

/// Somebody that a policy speaks of. Cloning shares it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Principal(Arc<Who>);

/// The ways in which a policy speaks of somebody.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Account(ObjectName),
    Spiffe(SpiffeId),
    Pods(Pods),
}

/// The pods that a label selector of an IdentityBinding selects.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pods {
    pub(crate) binding: ObjectName,
    pub(crate) selector: Selector,
}

/// One of the ways in which an identity may be spoken of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key<'k> {
    Account(AccountRef<'k>),
    Spiffe(&'k SpiffeId),
    Pods(&'k Principal),
}

impl Principal {
    pub(crate) fn new(interner: &mut Interner<Who>, who: Who) -> Self {
        match &who {
            Who::Account(name) => Self::account(interner, name.namespace(), name.name()),
            Who::Spiffe(_) | Who::Pods(_) => Self(interner.intern(who)),
        }
    }

    /// The service account `name` of `namespace`. Nothing is written down if it is known.
    pub(crate) fn account(interner: &mut Interner<Who>, namespace: &str, name: &str) -> Self {
        let hash = Key::Account(AccountRef { namespace, name }).hash();
        let is = |who: &Who| matches!(who, Who::Account(known) if known.is(namespace, name));
        let known = interner.find(hash, is);
        Self(
            known.unwrap_or_else(|| {
                interner.add(hash, Who::Account(ObjectName::new(namespace, name)))
            }),
        )
    }

    pub(crate) fn who(&self) -> &Who {
        &self.0
    }

    pub(crate) fn key(&self) -> Key<'_> {
        match &*self.0 {
            Who::Account(name) => {
                Key::Account(AccountRef { namespace: name.namespace(), name: name.name() })
            }
            Who::Spiffe(id) => Key::Spiffe(id),
            Who::Pods(_) => Key::Pods(self),
        }
    }

    #[inline]
    pub(crate) fn is(&self, key: Key<'_>) -> bool {
        match (&*self.0, key) {
            (Who::Account(name), Key::Account(account)) => name.is(account.namespace, account.name),
            (Who::Spiffe(id), Key::Spiffe(other)) => id == other,
            (Who::Pods(_), Key::Pods(other)) => self == other,
            _ => false,
        }
    }
}

impl Key<'_> {
    /// A hash by which tables of principals are looked up.
    #[inline]
    pub(crate) fn hash(self) -> u64 {
        match self {
            Self::Account(account) => account.hash(),
            Self::Spiffe(id) => hasher().hash_one(id),
            Self::Pods(principal) => hasher().hash_one(principal),
        }
    }
}

impl Hash for Who {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Account(name) => name.hash(state),
            Self::Spiffe(id) => id.hash(state),
            Self::Pods(pods) => pods.hash(state),
        }
    }
}
