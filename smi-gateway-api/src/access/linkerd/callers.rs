use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use crate::access::grant::Account;
use crate::existing::Existing;
use crate::finding::Origin;
use crate::object::{Metadata, Names, Object};

use super::kinds;

/// Who calls, and from where: authentications of the namespace in which they are used, each made
/// once.
#[derive(Debug)]
pub(super) struct Callers {
    accounts: Known<BTreeSet<Account>>,
    networks: Known<BTreeSet<IpNet>>,
}

impl Callers {
    pub(super) fn new(existing: &Existing) -> Self {
        Self {
            accounts: Known::new(existing.names("MeshTLSAuthentication")),
            networks: Known::new(existing.names("NetworkAuthentication")),
        }
    }

    /// The name of the MeshTLSAuthentication of these accounts: `web`, `cart.web`, or
    /// `monitoring.prometheus` for one of another namespace.
    pub(super) fn accounts(
        &mut self,
        namespace: &str,
        accounts: &BTreeSet<Account>,
        origins: &BTreeSet<Origin>,
    ) -> String {
        let part = |account: &Account| match account.namespace == namespace {
            true => account.name.clone(),
            false => format!("{}.{}", account.namespace, account.name),
        };
        let wanted = || accounts.iter().map(part).collect::<Vec<String>>().join(".");
        self.accounts.name(namespace, accounts, origins, wanted)
    }

    /// The name of the NetworkAuthentication of these networks: `from-10.1.0.0-16`; `None` if there
    /// are none.
    pub(super) fn networks(
        &mut self,
        namespace: &str,
        networks: &BTreeSet<IpNet>,
        origins: &BTreeSet<Origin>,
    ) -> Option<String> {
        if networks.is_empty() {
            return None;
        }
        let part = |network: &IpNet| format!("from-{network}").replace(['/', ':'], "-");
        let wanted = || networks.iter().map(part).collect::<Vec<String>>().join(".");
        Some(self.networks.name(namespace, networks, origins, wanted))
    }

    pub(super) fn objects(self) -> impl Iterator<Item = Object> {
        let accounts = self.accounts.into_iter(kinds::mesh_tls);
        accounts.chain(self.networks.into_iter(kinds::network))
    }
}

/// Things by namespace, with the name of each, and the targets that it is for.
#[derive(Debug)]
struct Known<T> {
    names: Names,
    known: BTreeMap<(String, T), (String, BTreeSet<Origin>)>,
}

impl<T: Ord + Clone> Known<T> {
    fn new(names: Names) -> Self {
        Self { names, known: BTreeMap::new() }
    }

    fn name(
        &mut self,
        namespace: &str,
        own: &T,
        origins: &BTreeSet<Origin>,
        wanted: impl Fn() -> String,
    ) -> String {
        let Self { names, known } = self;
        let key = (namespace.to_owned(), own.clone());
        let new = || (names.take(namespace, &wanted()), BTreeSet::new());
        let (name, known) = known.entry(key).or_insert_with(new);
        known.extend(origins.iter().cloned());
        name.clone()
    }

    fn into_iter(self, object: fn(Metadata, &T) -> Object) -> impl Iterator<Item = Object> {
        self.known.into_iter().map(move |((namespace, own), (name, origins))| {
            object(Metadata::new(&namespace, name, &origins), &own)
        })
    }
}
