//! Comparing two policies agrees with asking both.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use smi_policy::{
    AnalysisLimits, Audit, Change, Dead, DeadMatter, Diff, Difference, ObjectKind, Party, Verdict,
};

use crate::check::{self, Tally};
use crate::generate::Breakage;
use crate::mutate::mutated;
use crate::world::{PeerId, Query, Resource, World};
use crate::{engine, generate};

#[test]
fn a_diff_tells_what_two_policies_answer_differently() {
    let values = (generate::cases(30), any::<[u64; 2]>());
    let tally = check::holds(
        "diff agrees with asking",
        "tests/model/regressions/diff.txt",
        check::cases(10),
        &values,
        |((world, queries), seeds), tally| {
            let changed = seeds.into_iter().fold(world.clone(), |world, seed| {
                let (changed, what) = mutated(&world, seed);
                tally.count(what);
                changed
            });
            spends_no_more(&world, &changed, 1 << (seeds[0] % 16), tally)?;
            compare(&world, &changed, &queries, tally)
        },
    );
    // A generator whose changes seldom matter, or always do, would compare little.
    let (same, differ) = (tally.of("the same"), tally.of("different"));
    if same + differ > 150 {
        assert!(differ * 8 > same && same * 8 > differ, "{differ} differ, {same} do not");
        assert!(tally.of("questions answered differently") > 50);
    }
}

#[test]
fn a_policy_is_the_same_as_itself_in_any_order() {
    check::holds(
        "diff with itself",
        "tests/model/regressions/diff_itself.txt",
        check::cases(5),
        &generate::cases(1),
        |(world, _), tally| {
            let world = generate::without_replaced(&world);
            let mut other = world.clone();
            other.resources.reverse();
            let diff = diff(&world, &other);
            tally.count("compared");
            prop_assert!(diff.is_same(), "{diff:#?}");
            Ok(())
        },
    );
}

#[test]
fn what_is_covered_can_be_taken_away() {
    let tally = check::holds(
        "dead matter is dead",
        "tests/model/regressions/dead.txt",
        check::cases(10),
        &generate::denying(Breakage::Some, 1),
        |(world, _), tally| {
            let world = generate::without_replaced(&world);
            for dead in Audit::new(engine::builder(&world)).dead_matter() {
                let without = without(&world, &dead);
                let Some(without) = without else { continue };
                tally.count(dead.matter.code());
                let diff = diff(&world, &without);
                prop_assert!(diff.is_same(), "{dead}\n{diff:#?}");
            }
            Ok(())
        },
    );
    // In few worlds there may be none of a kind.
    if tally.of("shadowed") + tally.of("covered") + tally.of("equal") > 60 {
        assert!(tally.of("shadowed") > 0 && tally.of("covered") > 0 && tally.of("unused") > 0);
    }
}

/// The world without something of no use; `None` for what answers differ by in other ways.
fn without(world: &World, dead: &Dead) -> Option<World> {
    let mut resources = world.resources.clone();
    let is_it = |resource: &Resource| {
        let (kind, name) = match resource {
            Resource::Target(target) => (ObjectKind::TrafficTarget, &target.name),
            Resource::Group(group) => (ObjectKind::HttpRouteGroup, &group.name),
            Resource::Tcp(route) => (ObjectKind::TcpRoute, &route.name),
            Resource::Udp(route) => (ObjectKind::UdpRoute, &route.name),
            Resource::Binding(binding) => (ObjectKind::IdentityBinding, &binding.name),
        };
        (kind, name) == (dead.kind, &dead.object)
    };
    match (&dead.matter, &dead.field) {
        (DeadMatter::NeverMatches, _) => return None,
        (_, None) => resources.retain(|resource| !is_it(resource)),
        (_, Some(field)) => {
            let index: usize =
                field.strip_prefix("spec.matches[")?.strip_suffix(']')?.parse().ok()?;
            let group = resources.iter_mut().find(|resource| is_it(resource))?;
            let Resource::Group(group) = group else { return None };
            // Its place stays.
            *group.matches.get_mut(index)? = None;
        }
    }
    Some(world.with(resources))
}

/// What the audit reads out of the resources is what the engine does.
#[test]
fn the_matrix_has_exactly_the_pairs_that_something_is_allowed_between() {
    check::holds(
        "matrix agrees with asking",
        "tests/model/regressions/matrix.txt",
        check::cases(5),
        &generate::cases(30),
        |(world, queries), tally| {
            let audit = Audit::new(engine::builder(&world));
            for query in &queries {
                let allowed = engine::ask(audit.policy(), query, |decision, _| {
                    decision.verdict() != Verdict::Deny
                });
                let Some(destination) = engine::identity(&query.destination) else { continue };
                let reach = audit.who_can_reach(&destination);
                if allowed != Some(true) {
                    continue;
                }
                tally.count("allowed");
                let named = match query.source.as_ref().and_then(engine::identity) {
                    None => reach.clone(),
                    Some(source) => audit.reachable_from(&source),
                };
                let is_open = reach.iter().any(|access| access.target.is_none());
                prop_assert!(
                    is_open || named.iter().any(|access| reach.contains(access)),
                    "{query:#?}"
                );
            }
            Ok(())
        },
    );
}

fn diff(old: &World, new: &World) -> Diff {
    Audit::new(engine::builder(old)).diff(&Audit::new(engine::builder(new)))
}

/// With few steps a diff finds a part of what it finds with many, and never says that this is all.
fn spends_no_more(old: &World, new: &World, steps: usize, tally: &Tally) -> TestCaseResult {
    let limits = AnalysisLimits::default().with_total_steps(steps);
    let few = Audit::new(engine::builder(old)).with_limits(limits);
    let (all, few) = (diff(old, new), few.diff(&Audit::new(engine::builder(new))));
    let texts = |diff: &Diff| -> BTreeSet<String> {
        diff.differences.iter().map(ToString::to_string).collect()
    };
    prop_assert!(texts(&few).is_subset(&texts(&all)), "{few:#?}\n{all:#?}");
    if few.not_compared == all.not_compared {
        prop_assert_eq!(texts(&few), texts(&all));
    } else {
        tally.count("out of steps");
        prop_assert!(!few.is_same() && !few.not_compared.is_empty());
    }
    Ok(())
}

fn compare(old: &World, new: &World, queries: &[Query], tally: &Tally) -> TestCaseResult {
    let diff = diff(old, new);
    let (before, after) = (engine::compile(old), engine::compile(new));
    for difference in &diff.differences {
        let request = difference.example.request();
        let (was, is) = (before.authorize(&request).verdict(), after.authorize(&request).verdict());
        prop_assert_eq!((was, is), (difference.before, difference.after), "{}", difference);
        prop_assert!(
            (rank(is) > rank(was)) == (difference.change == Change::Allowed) && is != was,
            "{}",
            difference
        );
    }
    for unknown in &diff.not_compared {
        prop_assert!(!unknown.why.contains("confirm"), "{}", unknown);
        prop_assert!(!unknown.why.contains("states"), "{}", unknown);
    }
    tally.count(match (diff.differences.is_empty(), diff.not_compared.is_empty()) {
        (true, true) => "the same",
        (false, _) => "different",
        (true, false) => "unknown",
    });
    for query in queries {
        let verdict = |policy| engine::ask(policy, query, |decision, _| decision.verdict());
        let (Some(was), Some(is)) = (verdict(&before), verdict(&after)) else { continue };
        if was == is || !diff.not_compared.is_empty() {
            continue;
        }
        tally.count("questions answered differently");
        let change = if rank(is) > rank(was) { Change::Allowed } else { Change::Denied };
        // Where the destination is plainly an account, the difference must be one of this account.
        let account = match (&query.destination.id, &query.destination.labels) {
            (PeerId::Account(namespace, name), None) => Some(format!("{namespace}/{name}")),
            _ => None,
        };
        let is_it = |difference: &Difference| {
            difference.change == change
                && account.as_ref().is_none_or(|account| {
                    let is_other = matches!(difference.destination, Party::Other(_));
                    is_other || difference.destination.to_string() == *account
                })
        };
        prop_assert!(
            diff.differences.iter().any(is_it),
            "{was} became {is}, and the diff has nothing of the kind: {query:#?}\n{diff:#?}"
        );
    }
    Ok(())
}

fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Deny => 0,
        Verdict::HttpOnly => 1,
        Verdict::Allow => 2,
    }
}
