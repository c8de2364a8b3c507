//! A store that has been changed at random is the policy that its resources make.

use proptest::prelude::*;
use smi_policy::{Changes, ObjectKind, ObjectName, Policy, PolicyStore};

use crate::check;
use crate::world::{Query, Resource, World};
use crate::{engine, generate, reference};

#[test]
fn a_changed_store_equals_a_fresh_policy_and_the_model() {
    let worlds = (generate::cases(12), generate::cases(1));
    let steps = prop::collection::vec((any::<u8>(), any::<u16>()), 0..40);
    let values = (worlds, steps, prop::collection::vec(any::<u16>(), 64));
    check::holds(
        "a store equals its resources",
        "tests/model/regressions/updates.txt",
        check::cases(30),
        &values,
        |(((world, queries), (former, _)), steps, places), tally| {
            let world = World { unreadable_targets: Vec::new(), ..world };
            let world = generate::without_replaced(&world);
            let store = PolicyStore::new(world.semantics());
            // What was seen on the way, to be seen again at the end.
            let mut seen: Option<(Policy, Vec<_>)> = None;
            let pool: Vec<&Resource> = world.resources.iter().chain(&former.resources).collect();
            for (kind, place) in &steps {
                let Some(resource) = pool.get(usize::from(*place) % pool.len().max(1)) else {
                    continue;
                };
                let changes = match kind % 8 {
                    0..5 => put(Changes::new(), resource),
                    5 | 6 => remove(Changes::new(), resource),
                    _ => unreadable(Changes::new(), resource),
                };
                let policy = store.apply(changes);
                tally.count("changes");
                if *place % 8 == 0 && seen.is_none() {
                    let answers = answers(&policy, &queries);
                    seen = Some((policy, answers));
                }
            }
            finish(&store, &world, &pool, &places);
            let (changed, fresh) = (store.current(), engine::compile(&world));
            prop_assert_eq!(changed.diagnostics(), fresh.diagnostics());
            let targets = |policy: &Policy| {
                policy.targets().map(|target| target.resource()).collect::<Vec<_>>()
            };
            prop_assert_eq!(targets(&changed), targets(&fresh));
            for query in &queries {
                let answer = engine::answer(&changed, query);
                prop_assert_eq!(&answer, &engine::answer(&fresh, query), "{:#?}", query);
                if let Some(answer) = answer {
                    prop_assert_eq!(answer, reference::answer(&world, query), "{:#?}", query);
                    tally.count("decisions");
                }
            }
            if let Some((policy, before)) = seen {
                prop_assert_eq!(answers(&policy, &queries), before, "a policy that was published");
                tally.count("policies looked at again");
            }
            Ok(())
        },
    );
}

fn answers(policy: &Policy, queries: &[Query]) -> Vec<Option<crate::world::Answer>> {
    queries.iter().map(|query| engine::answer(policy, query)).collect()
}

/// Brings a store to the resources of a world, in any order, several at a time.
fn finish(store: &PolicyStore, world: &World, pool: &[&Resource], places: &[u16]) {
    let mut last: Vec<(u16, bool, &Resource)> = Vec::new();
    for (index, resource) in pool.iter().enumerate() {
        let place = places.get(index % 64).copied().unwrap_or_default();
        let is_wanted = index < world.resources.len();
        let is_replaced = world.resources.iter().any(|wanted| wanted.key() == resource.key());
        if is_wanted || !is_replaced {
            last.push((place, is_wanted, resource));
        }
    }
    last.sort_by_key(|(place, ..)| *place);
    for batch in last.chunks(3) {
        let changes = batch.iter().fold(Changes::new(), |changes, (_, is_wanted, resource)| {
            if *is_wanted { put(changes, resource) } else { remove(changes, resource) }
        });
        store.apply(changes);
    }
}

fn put(changes: Changes, resource: &Resource) -> Changes {
    match resource.clone() {
        Resource::Target(target) => changes.traffic_target(target),
        Resource::Group(group) => changes.http_route_group(group),
        Resource::Tcp(route) => changes.tcp_route(route),
        Resource::Udp(route) => changes.udp_route(route),
        Resource::Binding(binding) => changes.identity_binding(binding),
    }
}

fn remove(changes: Changes, resource: &Resource) -> Changes {
    let (kind, name) = named(resource);
    changes.remove(kind, name)
}

fn unreadable(changes: Changes, resource: &Resource) -> Changes {
    let (kind, name) = named(resource);
    changes.unreadable(kind, name)
}

fn named(resource: &Resource) -> (ObjectKind, ObjectName) {
    let kind = match resource {
        Resource::Target(_) => ObjectKind::TrafficTarget,
        Resource::Group(_) => ObjectKind::HttpRouteGroup,
        Resource::Tcp(_) => ObjectKind::TcpRoute,
        Resource::Udp(_) => ObjectKind::UdpRoute,
        Resource::Binding(_) => ObjectKind::IdentityBinding,
    };
    (kind, resource.key().1.clone())
}
