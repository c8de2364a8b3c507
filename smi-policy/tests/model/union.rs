//! First law: each target is judged alone, and the answers are OR-ed.

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use smi_policy::{ObjectName, Policy};

use crate::check::{self, Tally};
use crate::engine;
use crate::generate::{self, Breakage};
use crate::world::{Answer, Query, Resource, Verdict, Why, World};

#[test]
fn adding_a_target_never_removes_an_allow() {
    let values = (generate::denying(Breakage::Some, 20), another_target());
    check::holds(
        "adding a target never removes an allow",
        "tests/model/regressions/union_adding.txt",
        check::cases(20),
        &values,
        |((world, queries), another), tally| {
            let more = with_another(&world, another);
            compare(&world, &more, &queries, tally, no_less)
        },
    );
}

#[test]
fn adding_a_target_never_removes_an_allow_at_a_selected_destination() {
    let values = (generate::permissive(20), another_target());
    check::holds(
        "adding a target never removes an allow at a selected destination",
        "tests/model/regressions/union_permissive.txt",
        check::cases(15),
        &values,
        |((world, queries), another), tally| {
            let more = with_another(&world, another);
            compare(&world, &more, &queries, tally, |before, after| {
                if before.why == Why::Unselected { Ok(()) } else { no_less(before, after) }
            })
        },
    );
}

#[test]
fn a_set_of_targets_answers_as_the_or_of_each_alone() {
    let values = generate::denying(Breakage::Some, 20);
    let tally = check::holds(
        "a set answers as the OR of its targets",
        "tests/model/regressions/union_or.txt",
        check::cases(20),
        &values,
        |(world, queries), tally| answers_as_the_or(&world, &queries, tally),
    );
    if tally.of("decisions") > 2_000 {
        assert!(tally.of("allowed by several") > 0, "no question that two targets allow");
    }
}

fn answers_as_the_or(world: &World, queries: &[Query], tally: &Tally) -> TestCaseResult {
    // With replaced targets gone, a target alone is what it is in the set.
    let world = generate::without_replaced(world);
    let whole = engine::compile(&world);
    let alone: Vec<Policy> =
        world.targets().map(|target| engine::compile(&only_target(&world, &target.name))).collect();
    for query in queries {
        let Some(found) = engine::answer(&whole, query) else { continue };
        let answers: Vec<Answer> =
            alone.iter().filter_map(|policy| engine::answer(policy, query)).collect();
        let verdict = answers.iter().map(|answer| answer.verdict).max().unwrap_or(Verdict::Deny);
        let mut by: Vec<ObjectName> = answers
            .iter()
            .filter(|answer| answer.verdict == verdict)
            .flat_map(|answer| answer.by.clone())
            .collect();
        by.sort();
        prop_assert_eq!(found.verdict, verdict, "{:#?}", query);
        prop_assert_eq!(&found.by, &by, "{:#?}", query);
        tally.count("decisions");
        if by.len() > 1 {
            tally.count("allowed by several");
        }
    }
    Ok(())
}

/// A target whose name is not taken.
fn another_target() -> impl Strategy<Value = Resource> {
    generate::target(Breakage::Some).prop_map(|mut target| {
        target.name = ObjectName::new(target.name.namespace(), "another");
        Resource::Target(target)
    })
}

fn with_another(world: &World, another: Resource) -> World {
    let mut resources = world.resources.clone();
    resources.push(another);
    world.with(resources)
}

fn only_target(world: &World, name: &ObjectName) -> World {
    let kept = world.resources.iter().filter(|resource| match resource {
        Resource::Target(target) => target.name == *name,
        _ => true,
    });
    world.with(kept.cloned().collect())
}

/// Asks two sets of resources the same questions.
fn compare(
    world: &World,
    other: &World,
    queries: &[Query],
    tally: &Tally,
    rule: impl Fn(&Answer, &Answer) -> TestCaseResult,
) -> TestCaseResult {
    let (one, other) = (engine::compile(world), engine::compile(other));
    for query in queries {
        let before = engine::answer(&one, query);
        let Some((before, after)) = before.zip(engine::answer(&other, query)) else { continue };
        rule(&before, &after)
            .map_err(|error| TestCaseError::fail(format!("{error}\nquestion: {query:#?}")))?;
        tally.count("decisions");
        if before.verdict == Verdict::Allow {
            tally.count("allowed before");
        }
    }
    Ok(())
}

/// What was granted, and who granted it, stays.
fn no_less(before: &Answer, after: &Answer) -> TestCaseResult {
    prop_assert!(after.verdict >= before.verdict, "{:?} became {:?}", before, after);
    if after.verdict == before.verdict {
        let lost = before.by.iter().find(|name| !after.by.contains(name));
        prop_assert_eq!(lost, None, "{:?} became {:?}", before, after);
    }
    Ok(())
}
