use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use crate::access::grant::Account;
use crate::cluster::Labels;
use crate::condition::{Common, Condition, PathMatch};
use crate::finding::Origin;
use crate::migration::World;
use crate::object::{Metadata, Names, Object};

use super::callers::Callers;
use super::kinds::{self, MOST_MATCHES_OF_ROUTE, Network};
use super::origins_of;

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
        callers: &mut Callers,
        namespace: &str,
        name: &str,
        labels: Labels,
        port: u16,
    ) -> Vec<Object> {
        let mut objects = Vec::new();
        // Names of routes, and of what opens them.
        let mut names = Names::default();
        let all = origins_of(&self.grants.iter().map(|(origin, ..)| origin.clone()).collect());
        objects.push(kinds::server(Metadata::new(namespace, name.to_owned(), &all), labels, port));

        let everything = self.allowed(None);
        if !everything.accounts.is_empty() {
            let own = names.take(namespace, name);
            open(world, callers, &mut objects, namespace, &own, ("Server", name), &everything);
        }

        let routes = self.routes(world);
        let has_routes = !routes.is_empty();
        for (allowed, conditions) in routes {
            for part in conditions.chunks(MOST_MATCHES_OF_ROUTE) {
                let own = names.take(namespace, &format!("{name}-http"));
                let metadata = metadata(namespace, &own, &allowed);
                objects.push(kinds::http_route(metadata, name, part));
                open(world, callers, &mut objects, namespace, &own, ("HTTPRoute", &own), &allowed);
            }
        }
        if has_routes && !everything.accounts.is_empty() {
            // Requests that no route of a Server takes are refused, even of those who may do
            // everything.
            let own = names.take(namespace, &format!("{name}-rest"));
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

/// Lets these callers in: by certificate, and by address where the caller of this crate said so.
fn open(
    world: &mut World<'_>,
    callers: &mut Callers,
    objects: &mut Vec<Object>,
    namespace: &str,
    name: &str,
    target: (&'static str, &str),
    allowed: &Allowed,
) {
    let known = callers.name(namespace, &allowed.accounts, &allowed.origins);
    let authentication = ("MeshTLSAuthentication", known.as_str());
    let metadata_of_policy = metadata(namespace, name, allowed);
    objects.push(kinds::authorization(metadata_of_policy, target, authentication));
    let networks: Vec<Network> = networks(world, allowed);
    if !networks.is_empty() {
        let name = format!("{name}-network");
        let authentication = ("NetworkAuthentication", name.as_str());
        objects.push(kinds::network(metadata(namespace, &name, allowed), networks));
        let metadata_of_policy = metadata(namespace, &name, allowed);
        objects.push(kinds::authorization(metadata_of_policy, target, authentication));
    }
}

/// The addresses from which these callers may come without certificate: of networks within each
/// other the smallest says whose an address is.
fn networks(world: &mut World<'_>, allowed: &Allowed) -> Vec<Network> {
    let mut owners: BTreeMap<IpNet, BTreeSet<Account>> = BTreeMap::new();
    for (cidr, namespace, name) in &world.options.addresses {
        let account = Account { namespace: namespace.clone(), name: name.clone() };
        match cidr.parse::<IpNet>() {
            Ok(network) => {
                owners.entry(network.trunc()).or_default().insert(account);
            }
            Err(_) => {
                let reason = format!("`{}` is no network address", cidr.escape_debug());
                for origin in &allowed.origins {
                    let field = "spec.sources";
                    world.report.refused(origin, field, "address", reason.as_str(), None);
                }
            }
        }
    }
    // Whose an address of several owners is, nobody can say.
    let is_theirs = |accounts: &BTreeSet<Account>| {
        accounts.len() == 1 && accounts.iter().all(|own| allowed.accounts.contains(own))
    };
    let mut networks = Vec::new();
    for (network, _) in owners.iter().filter(|(_, accounts)| is_theirs(accounts)) {
        let others = owners.iter().filter(|(other, accounts)| {
            *other != network && network.contains(*other) && !is_theirs(accounts)
        });
        let except = others.map(|(other, _)| other.to_string()).collect();
        networks.push(Network { cidr: network.to_string(), except });
    }
    if !networks.is_empty() {
        let reason = "callers from the given addresses are let in without certificate, and whatever \
                      certificate they have";
        for origin in &allowed.origins {
            let field = "spec.sources";
            world.report.caveat(origin, field, "address", reason, Some("mesh the callers"));
        }
    }
    networks
}
