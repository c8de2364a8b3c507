use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use ipnet::IpNet;

use crate::access::grant::Account;
use crate::access::network;
use crate::cluster::Labels;
use crate::condition::{Common, Condition, Distinct, PathMatch};
use crate::finding::Origin;
use crate::migration::World;
use crate::object::{Metadata, Object};

use super::Shared;
use super::compared::Compared;
use super::kinds::{self, MOST_MATCHES_OF_ROUTE, Protocol};

/// Conditions of one Server, with those that are added for what conditions have in common.
const MOST_CONDITIONS: usize = 256;

/// Ports that Linkerd takes for those of protocols in which the server speaks first.
///
/// Source: Linkerd, `proxy.opaquePorts`.
const OPAQUE_PORTS: [u16; 8] = [25, 587, 3306, 4444, 5432, 6379, 9300, 11211];

/// One port of the pods of an account, and who may do what there.
#[derive(Debug, Default)]
pub(super) struct Server {
    opened: Vec<Opened>,
}

/// What one target opens. It is the same on all ports.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    pub(super) origin: Origin,
    pub(super) accounts: Rc<BTreeSet<Account>>,
    /// `None`: everything.
    pub(super) conditions: Option<Rc<[Condition]>>,
}

/// Who may make some requests, and by which targets.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Allowed {
    accounts: BTreeSet<Account>,
    origins: BTreeSet<Origin>,
}

impl Server {
    pub(super) fn add(&mut self, opened: Opened) {
        self.opened.push(opened);
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
        let all: BTreeSet<Origin> = self.opened.iter().map(|own| own.origin.clone()).collect();
        let everything = self.everything();
        let routes = self.routes(world, &mut shared.compared);
        let has_routes = !routes.is_empty();
        // A Server takes the place of what Linkerd assumes of a port. To find out what is spoken it
        // would wait for the client, where the server speaks first.
        let is_opaque = OPAQUE_PORTS.contains(&port)
            || shared.is_opaque(&world.cluster, namespace, &labels, port);
        let protocol = match is_opaque && !has_routes {
            true => Protocol::Opaque,
            false => Protocol::Unknown,
        };
        let metadata_of_server = Metadata::new(namespace, name.to_owned(), &all);
        objects.push(kinds::server(metadata_of_server, labels, port, protocol));
        objects.extend(open(world, shared, namespace, ("Server", name), &everything));
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
    fn routes(
        &self,
        world: &mut World<'_>,
        compared: &mut Compared,
    ) -> Vec<(Allowed, Vec<Condition>)> {
        let conditional = || self.opened.iter().filter(|own| own.conditions.is_some());
        let mut distinct = Distinct::default();
        for own in conditional().flat_map(|own| own.conditions.iter().flat_map(|own| own.iter())) {
            distinct.insert(own.clone());
            if distinct.len() > MOST_CONDITIONS {
                break;
            }
        }
        let is_many = distinct.len() > MOST_CONDITIONS;
        let conditions = distinct.into_vec();
        let mut accounts = conditional().map(|own| &own.accounts);
        let first = accounts.next();
        if accounts.all(|own| Some(own) == first) {
            // Whichever condition counts, the same callers may make the request.
            return if is_many { self.by_target() } else { self.together(conditions) };
        }
        // Too many to look at each pair: each is opened for those who may make just these requests.
        // Where conditions overlap that is less than SMI lets pass.
        if is_many {
            return self.unrelated(world);
        }
        self.related(world, compared, conditions).unwrap_or_else(|| self.unrelated(world))
    }

    /// All conditions for all callers.
    fn together(&self, conditions: Vec<Condition>) -> Vec<(Allowed, Vec<Condition>)> {
        let mut allowed = Allowed::default();
        for own in self.opened.iter().filter(|own| own.conditions.is_some()) {
            allowed.admit(own);
        }
        if conditions.is_empty() { Vec::new() } else { vec![(allowed, conditions)] }
    }

    /// `None` if there is too much to compare.
    fn related(
        &self,
        world: &mut World<'_>,
        compared: &mut Compared,
        mut conditions: Vec<Condition>,
    ) -> Option<Vec<(Allowed, Vec<Condition>)>> {
        let targets = self.by_conditions();
        let mut allowed: Vec<Allowed> = Vec::new();
        let mut overlaps: Vec<(Condition, Condition)> = Vec::new();
        let mut next = 0;
        while let Some(one) = conditions.get(next).cloned() {
            let of_one = allowed_of(world, compared, &targets, &one)?;
            let before: Vec<Condition> = conditions.iter().take(next).cloned().collect();
            for (other, of_other) in before.iter().zip(&allowed) {
                if of_one.accounts == of_other.accounts
                    || compared.is_within(world, &one, other)?
                    || compared.is_within(world, other, &one)?
                {
                    continue;
                }
                match compared.and(world, &one, other)? {
                    Common::Nothing => {}
                    Common::This(both) if conditions.contains(&both) => {}
                    Common::This(both) if conditions.len() < MOST_CONDITIONS => {
                        conditions.push(both);
                    }
                    Common::This(_) | Common::Unknown => {
                        overlaps.push((one.clone(), other.clone()));
                    }
                }
            }
            allowed.push(of_one);
            next += 1;
        }
        for (one, other) in &overlaps {
            self.overlap(world, one, other);
        }
        let mut routes: BTreeMap<Allowed, Vec<Condition>> = BTreeMap::new();
        for (allowed, condition) in allowed.into_iter().zip(conditions) {
            routes.entry(allowed).or_default().push(condition);
        }
        let mut routes: Vec<_> = routes.into_iter().collect();
        // Of equally specific conditions the older route counts, then the first by name: those that
        // lie within others, and so admit more callers, have to be asked first.
        routes.sort_by_key(|(allowed, _)| std::cmp::Reverse(allowed.accounts.len()));
        Some(routes)
    }

    /// The targets that have the same conditions, and these.
    #[expect(clippy::mutable_key_type, reason = "what is analysed later is no part of the key")]
    fn by_conditions(&self) -> Vec<(Rc<[Condition]>, Vec<&Opened>)> {
        let mut places: HashMap<&[Condition], usize> = HashMap::new();
        let mut targets: Vec<(Rc<[Condition]>, Vec<&Opened>)> = Vec::new();
        for own in &self.opened {
            let Some(conditions) = &own.conditions else { continue };
            let place = *places.entry(conditions).or_insert(targets.len());
            match targets.get_mut(place) {
                Some((_, targets)) => targets.push(own),
                None => targets.push((conditions.clone(), vec![own])),
            }
        }
        targets
    }

    /// The conditions of each target by itself, reported as narrowed.
    fn unrelated(&self, world: &mut World<'_>) -> Vec<(Allowed, Vec<Condition>)> {
        for own in self.opened.iter().filter(|own| own.conditions.is_some()) {
            let reason = "the port has too many matches to compare them; requests that meet those of \
                          several targets go by one of them alone";
            world.report.narrowed(&own.origin, "spec.rules", "overlap", reason, None);
        }
        self.by_target()
    }

    fn by_target(&self) -> Vec<(Allowed, Vec<Condition>)> {
        let route = |own: &Opened| {
            let origins = BTreeSet::from([own.origin.clone()]);
            let allowed = Allowed { accounts: (*own.accounts).clone(), origins };
            Some((allowed, own.conditions.as_ref()?.to_vec()))
        };
        self.opened.iter().filter_map(route).collect()
    }

    /// Whom targets admit to everything.
    fn everything(&self) -> Allowed {
        let mut allowed = Allowed::default();
        for own in self.opened.iter().filter(|own| own.conditions.is_none()) {
            allowed.admit(own);
        }
        allowed
    }

    fn overlap(&self, world: &mut World<'_>, one: &Condition, other: &Condition) {
        let reason = "requests that meet matches of several targets go by the most specific one \
                      alone, and what these have in common can't be written down";
        let by_hand = Some("make the matches of the targets exclude each other");
        for Opened { origin, conditions, .. } in &self.opened {
            let Some(own) = conditions else { continue };
            if own.contains(one) || own.contains(other) {
                world.report.narrowed(origin, "spec.rules", "overlap", reason, by_hand);
            }
        }
    }
}

impl Allowed {
    fn admit(&mut self, opened: &Opened) {
        self.accounts.extend(opened.accounts.iter().cloned());
        self.origins.insert(opened.origin.clone());
    }
}

/// Whom targets admit to all requests that meet a condition, besides those whom they admit to
/// everything: of these the Server's own policy speaks. `None` if there is too much to compare.
fn allowed_of(
    world: &mut World<'_>,
    compared: &mut Compared,
    targets: &[(Rc<[Condition]>, Vec<&Opened>)],
    condition: &Condition,
) -> Option<Allowed> {
    let mut allowed = Allowed::default();
    for (conditions, targets) in targets {
        for wider in conditions.iter() {
            if compared.is_within(world, condition, wider)? {
                targets.iter().for_each(|own| allowed.admit(own));
                break;
            }
        }
    }
    Some(allowed)
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
