use std::collections::{BTreeMap, BTreeSet};

use crate::access::grant::Account;
use crate::finding::Origin;
use crate::object::{Metadata, Names, Object};

use super::kinds;

/// Sets of callers, each a MeshTLSAuthentication of the namespace in which it is used.
#[derive(Debug, Default)]
pub(super) struct Callers {
    names: Names,
    known: BTreeMap<(String, BTreeSet<Account>), (String, BTreeSet<Origin>)>,
}

impl Callers {
    /// The name of the MeshTLSAuthentication of these accounts: `web`, `cart.web`, or
    /// `monitoring.prometheus` for one of another namespace.
    pub(super) fn name(
        &mut self,
        namespace: &str,
        accounts: &BTreeSet<Account>,
        origins: &BTreeSet<Origin>,
    ) -> String {
        let names = &mut self.names;
        let key = (namespace.to_owned(), accounts.clone());
        let (name, known) = self.known.entry(key).or_insert_with(|| {
            let parts: Vec<String> = accounts
                .iter()
                .map(|account| match account.namespace == namespace {
                    true => account.name.clone(),
                    false => format!("{}.{}", account.namespace, account.name),
                })
                .collect();
            (names.take(namespace, &parts.join(".")), BTreeSet::new())
        });
        known.extend(origins.iter().cloned());
        name.clone()
    }

    pub(super) fn objects(self) -> impl Iterator<Item = Object> {
        self.known.into_iter().map(|((namespace, accounts), (name, origins))| {
            kinds::mesh_tls(Metadata::new(&namespace, name, &origins), &accounts)
        })
    }
}
