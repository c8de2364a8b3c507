use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use crate::access::grant::Account;
use crate::access::network;
use crate::cluster::Labels;
use crate::condition::{Common, Condition, PathMatch};
use crate::finding::Origin;
use crate::migration::World;
use crate::object::{Metadata, Object};

use super::kinds::{self, MOST_MATCHES_OF_ROUTE};
use super::{Shared, origins_of};

/// Conditions of one Server, with those that are added for what conditions have in common.
const MOST_CONDITIONS: usize = 256;

/// One port of the pods of an account, and who may do what there.
#[derive(Debug, Default)]
pub(super) struct Server {
    grants: Vec<(Origin, BTreeSet<Account>, Option<Vec<Condition>>)>,
}

/// Who may make some requests, and by which targets.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Allowed {
    accounts: BTreeSet<Account>,
    origins: BTreeSet<Origin>,
}

impl Server {
    pub(super) fn add(
        &mut self,
        origin: &Origin,
        accounts: &BTreeSet<Account>,
        conditions: Option<&[Condition]>,
    ) {
        let conditions = conditions.map(<[Condition]>::to_vec);
        self.grants.push((origin.clone(), accounts.clone(), conditions));
    }

    pub(super) fn objects(
        self,
        world: &mut World<'_>,
        shared: &mut Shared,
        namespace: &str,
        name: &str,
        labels: Labels,
        port: u16,
    ) -> Vec<Object> {
        let mut objects = Vec::new();
        let all = origins_of(&self.grants.iter().map(|(origin, ..)| origin.clone()).collect());
        objects.push(kinds::server(Metadata::new(namespace, name.to_owned(), &all), labels, port));

        let everything = self.allowed(None);
        objects.extend(open(world, shared, namespace, ("Server", name), &everything));

        let routes = self.routes(world);
        let has_routes = !routes.is_empty();
        for (allowed, conditions) in routes {
            for part in conditions.chunks(MOST_MATCHES_OF_ROUTE) {
                let own = shared.routes.take(namespace, &format!("{name}-http"));
                let metadata = metadata(namespace, &own, &allowed);
                objects.push(kinds::http_route(metadata, name, part));
                objects.extend(open(world, shared, namespace, ("HTTPRoute", &own), &allowed));
            }
        }
        if has_routes && !everything.accounts.is_empty() {
            // Requests that no route of a Server takes are refused, even of those who may do
            // everything.
            let own = shared.routes.take(namespace, &format!("{name}-rest"));
            let every =
                Condition { path: PathMatch::Prefix("/".to_owned()), ..Condition::default() };
            let metadata = metadata(namespace, &own, &everything);
            objects.push(kinds::http_route(metadata, name, &[every]));
        }
        objects
    }

    /// The conditions by who may make requests that meet them. Of several conditions that a request
    /// meets Linkerd takes the most specific alone, so that each has all whom any wider one admits,
    /// and what two have in common is a condition of its own.
    fn routes(&self, world: &mut World<'_>) -> Vec<(Allowed, Vec<Condition>)> {
        let mut conditions: Vec<Condition> = Vec::new();
        for own in self.grants.iter().filter_map(|(_, _, own)| own.as_ref()).flatten() {
            if !conditions.contains(own) {
                conditions.push(own.clone());
            }
        }
        if conditions.len() > MOST_CONDITIONS {
            // Too many to look at each pair: each is opened for those who may make just these
            // requests. Where conditions overlap that is less than SMI lets pass.
            return self.unrelated(world);
        }
        let mut next = 0;
        while let Some(one) = conditions.get(next).cloned() {
            let before: Vec<Condition> = conditions.iter().take(next).cloned().collect();
            for other in before {
                let is_settled = one.is_within(&other)
                    || other.is_within(&one)
                    || self.allowed(Some(&one)).accounts == self.allowed(Some(&other)).accounts;
                if is_settled {
                    continue;
                }
                match one.and(&other) {
                    Common::Nothing => {}
                    Common::This(both) if conditions.contains(&both) => {}
                    Common::This(both) if conditions.len() < MOST_CONDITIONS => {
                        conditions.push(both);
                    }
                    Common::This(_) | Common::Unknown => self.overlap(world, &one, &other),
                }
            }
            next += 1;
        }
        let mut routes: BTreeMap<Allowed, Vec<Condition>> = BTreeMap::new();
        for condition in conditions {
            routes.entry(self.allowed(Some(&condition))).or_default().push(condition);
        }
        let mut routes: Vec<_> = routes.into_iter().collect();
        // Of equally specific conditions the older route counts, then the first by name: those that
        // lie within others, and so admit more callers, have to be asked first.
        routes.sort_by_key(|(allowed, _)| std::cmp::Reverse(allowed.accounts.len()));
        routes
    }

    /// The conditions of each target by itself.
    fn unrelated(&self, world: &mut World<'_>) -> Vec<(Allowed, Vec<Condition>)> {
        let mut routes = Vec::new();
        for (origin, accounts, own) in &self.grants {
            let Some(own) = own else { continue };
            let reason = "the port has too many matches to compare them; requests that meet those of \
                          several targets go by one of them alone";
            world.report.narrowed(origin, "spec.rules", "overlap", reason, None);
            let origins = BTreeSet::from([origin.clone()]);
            routes.push((Allowed { accounts: accounts.clone(), origins }, own.clone()));
        }
        routes
    }

    /// Whom targets admit to all requests that meet a condition; `None`: to everything.
    fn allowed(&self, condition: Option<&Condition>) -> Allowed {
        let mut allowed = Allowed::default();
        for (origin, accounts, own) in &self.grants {
            let admits = match (condition, own) {
                (None, own) => own.is_none(),
                (Some(condition), Some(own)) => own.iter().any(|own| condition.is_within(own)),
                // The Server's own policy speaks for them.
                (Some(_), None) => false,
            };
            if admits {
                allowed.accounts.extend(accounts.iter().cloned());
                allowed.origins.insert(origin.clone());
            }
        }
        allowed
    }

    fn overlap(&self, world: &mut World<'_>, one: &Condition, other: &Condition) {
        let reason = "requests that meet matches of several targets go by the most specific one \
                      alone, and what these have in common can't be written down";
        let by_hand = Some("make the matches of the targets exclude each other");
        for (origin, _, own) in &self.grants {
            let Some(own) = own else { continue };
            if own.contains(one) || own.contains(other) {
                world.report.narrowed(origin, "spec.rules", "overlap", reason, by_hand);
            }
        }
    }
}

fn metadata(namespace: &str, name: &str, allowed: &Allowed) -> Metadata {
    Metadata::new(namespace, name.to_owned(), &allowed.origins)
}

/// Lets these callers in: one policy for all those that may call from the same networks.
fn open(
    world: &World<'_>,
    shared: &mut Shared,
    namespace: &str,
    target: (&'static str, &str),
    allowed: &Allowed,
) -> Vec<Object> {
    let mut groups: BTreeMap<BTreeSet<IpNet>, BTreeSet<Account>> = BTreeMap::new();
    for account in &allowed.accounts {
        let networks = network::of_account(world.options, account);
        groups.entry(networks).or_default().insert(account.clone());
    }
    let policy = |(networks, accounts): (BTreeSet<IpNet>, BTreeSet<Account>)| {
        let (_, wanted) = target;
        let origins = &allowed.origins;
        let known = shared.callers.accounts(namespace, &accounts, origins);
        let mut authentications = vec![("MeshTLSAuthentication", known.as_str())];
        let from = shared.callers.networks(namespace, &networks, origins);
        authentications.extend(from.as_deref().map(|from| ("NetworkAuthentication", from)));
        let metadata = metadata(namespace, &shared.policies.take(namespace, wanted), allowed);
        kinds::authorization(metadata, target, &authentications)
    };
    groups.into_iter().map(policy).collect()
}
