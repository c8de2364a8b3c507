use std::collections::HashMap;

use hashbrown::Equivalent;

use crate::identity::{AccountRef, Form, Identity, Resolver};
use crate::labels::Selector;
use crate::name::ObjectName;
use crate::spiffe::SpiffeId;

/// Number of somebody that a policy speaks of: a service account, a SPIFFE id, or the pods that a
/// label selector of an IdentityBinding selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Principal(u32);

/// Everybody that a policy speaks of, numbered.
#[derive(Debug, Default)]
pub(crate) struct Principals {
    accounts: hashbrown::HashMap<ObjectName, Principal>,
    spiffe: hashbrown::HashMap<SpiffeId, Principal>,
    /// By the namespace of the pods.
    labels: HashMap<Box<str>, Vec<(Principal, Selector)>>,
    count: u32,
}

impl Principals {
    pub(crate) fn account(&mut self, name: ObjectName) -> Principal {
        *self.accounts.entry(name).or_insert_with(|| next(&mut self.count))
    }

    pub(crate) fn spiffe(&mut self, id: SpiffeId) -> Principal {
        *self.spiffe.entry(id).or_insert_with(|| next(&mut self.count))
    }

    pub(crate) fn labels(&mut self, namespace: &str, selector: Selector) -> Principal {
        let principal = next(&mut self.count);
        self.labels.entry(namespace.into()).or_default().push((principal, selector));
        principal
    }

    /// Calls `each` with every number that `identity` has: at most one as a service account, one
    /// as a SPIFFE id, and those whose labels select its pod.
    pub(crate) fn of(
        &self,
        identity: &Identity,
        resolver: &Resolver,
        mut each: impl FnMut(Principal),
    ) {
        if let Some(account) = resolver.account(identity) {
            self.accounts.get(&account).copied().map(&mut each);
        }
        if let Form::Spiffe(id) = &identity.form {
            self.spiffe.get(id).copied().map(&mut each);
        }
        if let Some(pod) = &identity.pod {
            let selectors = self.labels.get(&pod.namespace).map_or(&[][..], Vec::as_slice);
            for (principal, selector) in selectors {
                if selector.selects(&pod.labels) {
                    each(*principal);
                }
            }
        }
    }
}

impl Equivalent<ObjectName> for AccountRef<'_> {
    fn equivalent(&self, key: &ObjectName) -> bool {
        self.namespace == key.namespace() && self.name == key.name()
    }
}

fn next(count: &mut u32) -> Principal {
    let principal = Principal(*count);
    *count = count.saturating_add(1);
    principal
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn a_borrowed_account_hashes_as_the_owned_one() {
        let hasher = hashbrown::DefaultHashBuilder::default();
        let owned = ObjectName::new("shop", "web");
        let borrowed = AccountRef { namespace: "shop", name: "web" };
        assert_eq!(hasher.hash_one(&owned), hasher.hash_one(borrowed));
        assert!(borrowed.equivalent(&owned));
    }
}
