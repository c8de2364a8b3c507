//! The networks that callers are restricted to, where the user said so.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::grant::{Account, Grant, Source};
use crate::finding::{Level, Origin, Verdict};
use crate::migration::World;
use crate::options::Options;

const FIELD: &str = "spec.sources";
const CODE: &str = "network";

/// The networks from which an account may call; empty: from everywhere.
pub(super) fn of_account(options: &Options, account: &Account) -> BTreeSet<IpNet> {
    let Account { namespace, name } = account;
    let networks = options.networks.get(&(namespace.clone(), name.clone()));
    networks.cloned().unwrap_or_default()
}

/// The networks from which a source may call. A SPIFFE id may name an account, too.
fn of_source(world: &World<'_>, source: &Source) -> BTreeSet<IpNet> {
    let account = account_of(world, source);
    account.map(|account| of_account(world.options, &account)).unwrap_or_default()
}

/// The sources of a target by the networks from which they may call. Reported, for SMI lets them in
/// from everywhere.
pub(super) fn grouped<'g>(
    world: &mut World<'_>,
    grant: &'g Grant,
) -> BTreeMap<BTreeSet<IpNet>, Vec<&'g Source>> {
    let mut groups: BTreeMap<BTreeSet<IpNet>, Vec<&Source>> = BTreeMap::new();
    for source in &grant.sources {
        let networks = of_source(world, source);
        restricted(world, &grant.origin, source, &networks);
        groups.entry(networks).or_default().push(source);
    }
    groups
}

/// The sources of a target that may call from everywhere. The others are left out, and reported:
/// the mesh has no rule that asks for both.
pub(super) fn unrestricted<'g>(world: &mut World<'_>, grant: &'g Grant) -> Vec<&'g Source> {
    let mut free = Vec::new();
    for source in &grant.sources {
        if of_source(world, source).is_empty() {
            free.push(source);
        } else {
            let reason =
                format!("{source} is left out: the mesh has no rule for caller and network");
            let by_hand = Some("do without the network, or enforce it elsewhere");
            world.report.refused(&grant.origin, FIELD, CODE, reason, by_hand);
        }
    }
    free
}

/// Reports restrictions of accounts that no target lets in: most likely a slip of the pen.
pub(super) fn report_unused(world: &mut World<'_>, grants: &[Grant]) {
    let sources = grants.iter().flat_map(|grant| &grant.sources);
    let used: BTreeSet<Account> = sources.filter_map(|own| account_of(world, own)).collect();
    for (namespace, name) in world.options.networks.keys() {
        let account = Account { namespace: namespace.clone(), name: name.clone() };
        if !used.contains(&account) {
            let object = Origin::new("ServiceAccount", namespace, name);
            let reason = "a network is given for it, and no target lets it in anywhere";
            let (verdict, level) = (Verdict::Exact, Level::Warning);
            let by_hand = Some("check how its namespace and name are spelt");
            world.report.add(&object, "", verdict, level, "unused-network", reason, by_hand);
        }
    }
}

/// Reports that a source is restricted to these networks, if there are any.
pub(super) fn restricted(
    world: &mut World<'_>,
    origin: &Origin,
    source: &Source,
    networks: &BTreeSet<IpNet>,
) {
    if !networks.is_empty() {
        let listed: Vec<String> = networks.iter().map(ToString::to_string).collect();
        let reason = format!("{source} is let in from {} only, as you said", listed.join(", "));
        world.report.narrowed(origin, FIELD, CODE, reason, None);
    }
}

/// The account that a source is, if it is one.
fn account_of(world: &World<'_>, source: &Source) -> Option<Account> {
    match source {
        Source::Account(account) => Some(account.clone()),
        Source::Spiffe { trust_domain, path } => {
            let domains = &world.semantics.trust_domains;
            let is_own = domains.iter().any(|own| own.name() == trust_domain);
            let segments: Vec<&str> = path.split('/').collect();
            match *segments {
                ["", "ns", namespace, "sa", name] if is_own => {
                    Some(Account { namespace: namespace.to_owned(), name: name.to_owned() })
                }
                _ => None,
            }
        }
    }
}
