//! Small dense worlds: few names, so that references meet, collide, dangle and repeat.

mod digits;
mod near_miss;
mod patterns;
mod peers;
mod queries;
mod resources;
mod semantics;
mod targets;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::world::{Query, Resource, World};

pub(crate) use resources::target;

const NAMESPACES: [&str; 2] = ["shop", "bank"];
/// A dot is a character of Linkerd's names as well.
const ACCOUNTS: [&str; 3] = ["web", "cart", "a.b"];
/// Names of routes of every kind, and of bindings.
const ROUTES: [&str; 2] = ["r", "s"];
const MATCHES: [&str; 2] = ["m", "n"];
const PORTS: [u16; 3] = [80, 81, 443];
const LABELS: [&str; 2] = ["app", "tier"];
const LABEL_VALUES: [&str; 2] = ["x", "y"];

/// How often things are broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breakage {
    /// Every part is readable; references may dangle all the same.
    None,
    /// Any part may be unreadable.
    Some,
}

/// A world with default-deny semantics or any other, and questions about it.
pub(crate) fn cases(queries: usize) -> BoxedStrategy<(World, Vec<Query>)> {
    asked(semantics::options().boxed(), Breakage::Some, queries)
}

/// As [`cases`], under the default action deny.
pub(crate) fn denying(breakage: Breakage, queries: usize) -> BoxedStrategy<(World, Vec<Query>)> {
    asked(semantics::denying().boxed(), breakage, queries)
}

/// As [`cases`], under permissive adoption.
pub(crate) fn permissive(queries: usize) -> BoxedStrategy<(World, Vec<Query>)> {
    asked(semantics::permissive().boxed(), Breakage::Some, queries)
}

// Strategies are boxed here and there, because nested ones are moved by value and, unoptimised,
// outgrow the stack of a test's thread.
fn asked(
    options: BoxedStrategy<semantics::Options>,
    breakage: Breakage,
    queries: usize,
) -> BoxedStrategy<(World, Vec<Query>)> {
    let resources = resources::resources(breakage).boxed();
    // Around `queries` of them, and shrinkable to the one that fails.
    let plans = vec(queries::plan(), 1..2 * queries).boxed();
    (options, resources, unreadable_targets(breakage), plans)
        .prop_map(|((options, trust_domains), resources, unreadable_targets, plans)| {
            let world = World { options, trust_domains, resources, unreadable_targets };
            let queries = plans.into_iter().map(|plan| plan.carry_out(&world)).collect();
            (world, queries)
        })
        .boxed()
}

/// The resources without those that a later one replaces, so that order means nothing.
pub(crate) fn without_replaced(world: &World) -> World {
    let mut kept: Vec<Resource> = Vec::new();
    for resource in world.resources.iter().rev() {
        if kept.iter().all(|other| other.key() != resource.key()) {
            kept.push(resource.clone());
        }
    }
    world.with(kept)
}

fn unreadable_targets(breakage: Breakage) -> BoxedStrategy<Vec<Option<String>>> {
    let of = prop_oneof![
        4 => one_of(&NAMESPACES).prop_map(Some),
        1 => Just(None),
    ];
    resources::or(breakage, Just(Vec::new()), of.prop_map(|of| vec![of]))
}

/// One of a few names.
fn one_of(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::sample::select(names).prop_map(str::to_owned)
}
