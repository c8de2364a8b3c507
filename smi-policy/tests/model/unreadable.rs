//! Second law: nothing unreadable grants.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestCaseResult;
use smi_policy::{ForeignDestination, Severity};

use crate::breaking::{self, Broken};
use crate::check::{self, Tally};
use crate::engine;
use crate::generate::{self, Breakage};
use crate::world::{Answer, Query, Verdict, World};

#[test]
fn an_unreadable_part_grants_nothing_and_leaves_other_objects_alone() {
    let worlds =
        prop_oneof![generate::denying(Breakage::None, 12), generate::denying(Breakage::Some, 12)];
    let values = (worlds, proptest::collection::vec(any::<Index>(), 4));
    let tally = check::holds(
        "nothing unreadable grants",
        "tests/model/regressions/unreadable.txt",
        check::cases(25),
        &values,
        |((world, queries), parts), tally| {
            break_and_ask(
                &world,
                &parts,
                |_| true,
                |policies, broken| {
                    for query in &queries {
                        grants_no_more(policies, broken, query, tally)?;
                    }
                    Ok(())
                },
            )
        },
    );
    if tally.of("decisions") > 2_000 {
        assert!(tally.of("allows taken away") > 0, "nothing that was broken had granted anything");
    }
}

#[test]
fn an_unreadable_part_opens_no_unselected_destination() {
    let values = (generate::permissive(12), proptest::collection::vec(any::<Index>(), 4));
    check::holds(
        "nothing unreadable opens a destination",
        "tests/model/regressions/unreadable_permissive.txt",
        check::cases(15),
        &values,
        |((mut world, queries), parts), tally| {
            // A target that may name foreign destinations and whose destination is unreadable
            // closes its own namespace only: nobody knows which other it meant.
            world.options = world.options.with_foreign_destination(ForeignDestination::Deny);
            // A binding of which a part is unreadable still names the rest.
            let whole = |broken: &Broken| !["SPIFFE id", "operator"].contains(&broken.part);
            break_and_ask(&world, &parts, whole, |(before, after), broken| {
                for query in &queries {
                    let before = engine::answer(before, query);
                    let Some((before, after)) = before.zip(engine::answer(after, query)) else {
                        continue;
                    };
                    prop_assert!(
                        after.verdict <= before.verdict,
                        "{} of {} unreadable: {:?} became {:?}: {:#?}",
                        broken.part,
                        broken.object,
                        before,
                        after,
                        query
                    );
                    tally.count("decisions");
                }
                Ok(())
            })
        },
    );
}

/// Breaks some parts, each by itself, and compares the policies before and after.
fn break_and_ask(
    world: &World,
    parts: &[Index],
    filter: impl Fn(&Broken) -> bool,
    rule: impl Fn((&smi_policy::Policy, &smi_policy::Policy), &Broken) -> TestCaseResult,
) -> TestCaseResult {
    let world = generate::without_replaced(world);
    let before = engine::compile(&world);
    let breakable: Vec<_> = breaking::each_part(&world).into_iter().filter(filter).collect();
    for part in parts {
        let broken = part.get(&breakable);
        let after = engine::compile(&broken.in_world(&world));
        is_reported(&after, broken)?;
        rule((&before, &after), broken)?;
    }
    Ok(())
}

/// A diagnostic names the object that holds the part.
fn is_reported(policy: &smi_policy::Policy, broken: &Broken) -> TestCaseResult {
    if !broken.is_reported {
        return Ok(());
    }
    let mut diagnostics = policy.diagnostics().iter();
    let reported = diagnostics.any(|diagnostic| {
        diagnostic.severity == Severity::Error && diagnostic.object == broken.object
    });
    prop_assert!(reported, "no diagnostic for {} of {}", broken.part, broken.object);
    Ok(())
}

fn grants_no_more(
    (before, after): (&smi_policy::Policy, &smi_policy::Policy),
    broken: &Broken,
    query: &Query,
    tally: &Tally,
) -> TestCaseResult {
    let before = engine::answer(before, query);
    let Some((before, after)) = before.zip(engine::answer(after, query)) else { return Ok(()) };
    let what = || {
        let Broken { part, object, .. } = broken;
        format!("{part} of {object} unreadable: {before:?} became {after:?}: {query:#?}")
    };
    prop_assert!(after.verdict <= before.verdict, "{}", what());
    // Who does not use the part answers as before.
    let others = |answer: &Answer| -> Vec<_> {
        let others = answer.by.iter().filter(|name| !broken.affected.contains(name));
        others.cloned().collect()
    };
    if after.verdict == before.verdict {
        prop_assert_eq!(others(&before), others(&after), "{}", what());
        let gained = after.by.iter().find(|name| !before.by.contains(name));
        prop_assert_eq!(gained, None, "{}", what());
    } else {
        prop_assert_eq!(others(&before), Vec::new(), "{}", what());
        tally.count("answers lowered");
        if before.verdict == Verdict::Allow {
            tally.count("allows taken away");
        }
    }
    tally.count("decisions");
    Ok(())
}
