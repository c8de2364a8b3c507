//! The order of resources means nothing, except among those of one key, where the last counts.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use crate::check::{self, Tally};
use crate::world::{Query, Resource, World};
use crate::{engine, generate};

#[test]
fn the_order_of_resources_does_not_matter() {
    let values = (generate::cases(20), proptest::collection::vec(any::<u16>(), 32));
    check::holds(
        "order does not matter",
        "tests/model/regressions/order.txt",
        check::cases(16),
        &values,
        |((world, queries), places), tally| {
            let other = world.with(reordered(&world.resources, &places));
            same_answers(&world, &other, &queries, tally)
        },
    );
}

#[test]
fn of_two_resources_with_one_key_the_last_counts() {
    check::holds(
        "the last of one key counts",
        "tests/model/regressions/order_last.txt",
        check::cases(8),
        &generate::cases(20),
        |(world, queries), tally| {
            let other = generate::without_replaced(&world);
            if other.resources.len() < world.resources.len() {
                tally.count("worlds with a replaced resource");
            }
            let (one, other) = (engine::compile(&world), engine::compile(&other));
            for query in &queries {
                prop_assert_eq!(engine::answer(&one, query), engine::answer(&other, query));
                tally.count("decisions");
            }
            Ok(())
        },
    );
}

fn same_answers(world: &World, other: &World, queries: &[Query], tally: &Tally) -> TestCaseResult {
    let (one, other) = (engine::compile(world), engine::compile(other));
    prop_assert_eq!(one.diagnostics(), other.diagnostics());
    for query in queries {
        let (before, after) = (engine::answer(&one, query), engine::answer(&other, query));
        prop_assert_eq!(before, after, "{:#?}", query);
        tally.count("decisions");
    }
    Ok(())
}

/// The resources in another order; those of one key keep theirs among themselves.
fn reordered(resources: &[Resource], places: &[u16]) -> Vec<Resource> {
    let place = |index: usize| places.get(index).copied().unwrap_or_default();
    let mut order: Vec<usize> = (0..resources.len()).collect();
    order.sort_by_key(|index| place(*index));
    let mut of_key: BTreeMap<_, Vec<&Resource>> = BTreeMap::new();
    for resource in resources.iter().rev() {
        of_key.entry(resource.key()).or_default().push(resource);
    }
    let keys = order.into_iter().map(|index| resources[index].key());
    keys.filter_map(|key| of_key.get_mut(&key)?.pop().cloned()).collect()
}
