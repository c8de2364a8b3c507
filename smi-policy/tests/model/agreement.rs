//! Engine and model give the same answer to every question.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use smi_policy::PathMode;

use crate::check::{self, Tally};
use crate::world::{Query, Traffic, Verdict, Why, World};
use crate::{engine, generate, reference};

#[test]
fn the_engine_decides_as_the_model_does() {
    // A little more than fifty, because a few destinations turn out to be no identity.
    let values = generate::cases(54);
    let tally = check::holds(
        "engine equals model",
        "tests/model/regressions/agreement.txt",
        check::cases(100),
        &values,
        |(world, queries), tally| agree(&world, &queries, tally),
    );
    // A generator that seldom allows, or seldom denies, would compare little. Few worlds say nothing
    // about it.
    let (http, allowed) = (tally.of("HTTP requests"), tally.of("HTTP requests allowed"));
    if http > 10_000 {
        assert!(allowed * 5 > http && allowed * 2 < http, "{allowed} of {http} allowed");
        assert!(tally.of("by several targets") * 50 > http, "targets seldom overlap");
    }
}

fn agree(world: &World, queries: &[Query], tally: &Tally) -> TestCaseResult {
    let policy = engine::compile(world);
    for query in queries {
        same_identities(query)?;
        let expected = reference::answer(world, query);
        let found = engine::ask(&policy, query, |decision, explanation| {
            let answer = engine::to_answer(&decision, &explanation);
            let explained = engine::to_answer(explanation.decision(), &explanation);
            prop_assert_eq!(&explained, &answer, "explain decides otherwise: {:#?}", query);
            // The first of those that allow is the one that is named.
            prop_assert_eq!(decision.target(), answer.by.first(), "{:#?}", query);
            same_candidates(world, query, &explanation)?;
            sound_grant(world, query, &decision)?;
            same_path(world, query, &decision)?;
            Ok(answer)
        });
        let Some(found) = found else { continue };
        let found = found?;
        prop_assert_eq!(&found, &expected, "engine on the left, model on the right: {:#?}", query);
        if found.by.len() > 1 {
            tally.count("by several targets");
        }
        count(tally, query, found.verdict, found.why);
    }
    Ok(())
}

/// Both must call the same texts identities.
fn same_identities(query: &Query) -> TestCaseResult {
    for peer in query.source.iter().chain([&query.destination]) {
        let expected = reference::is_identity(&peer.id);
        prop_assert_eq!(engine::identity(peer).is_some(), expected, "{:?}", peer.id);
    }
    Ok(())
}

/// Each target that names the destination says in the explanation what it says in the model.
fn same_candidates(
    world: &World,
    query: &Query,
    explanation: &smi_policy::Explanation<'_>,
) -> TestCaseResult {
    let expected = reference::candidates(world, query);
    let found: BTreeMap<_, _> = explanation
        .candidates()
        .iter()
        .map(|candidate| (candidate.target.clone(), engine::outcome(&candidate.outcome)))
        .collect();
    prop_assert_eq!(found, expected, "candidates; engine left, model right: {:#?}", query);
    Ok(())
}

/// The rule and the match that an allow is put down to do allow.
fn sound_grant(
    world: &World,
    query: &Query,
    decision: &smi_policy::Decision<'_>,
) -> TestCaseResult {
    let Some(grant) = decision.grant() else { return Ok(()) };
    let http_match = grant.http_match().map(|found| (found.group.clone(), found.index));
    let sound = reference::grants(world, query, grant.target(), grant.rule(), http_match.as_ref());
    prop_assert!(sound, "grant `{}` of {:#?}", grant, query);
    Ok(())
}

/// The path to forward is the one that the model normalises to.
fn same_path(world: &World, query: &Query, decision: &smi_policy::Decision<'_>) -> TestCaseResult {
    let found = decision.normalized_path().map(<[u8]>::to_vec);
    let Traffic::Http(http) = &query.traffic else {
        prop_assert_eq!(found, None);
        return Ok(());
    };
    if world.options.http.path_mode != PathMode::Normalize {
        prop_assert_eq!(found, None);
        return Ok(());
    }
    if decision.is_allowed() && decision.target().is_some() {
        prop_assert_eq!(found, reference::path_to_forward(http), "{:#?}", query);
    }
    Ok(())
}

fn count(tally: &Tally, query: &Query, verdict: Verdict, why: Why) {
    tally.count("decisions");
    let (asked, allowed) = match query.traffic {
        Traffic::Http(_) => ("HTTP requests", "HTTP requests allowed"),
        Traffic::Tcp => ("TCP connections", "TCP connections allowed"),
        Traffic::Udp => ("UDP flows", "UDP flows allowed"),
    };
    tally.count(asked);
    match (verdict, why) {
        (Verdict::Allow, Why::Unselected) => tally.count("unselected"),
        (Verdict::Allow, _) => tally.count(allowed),
        (Verdict::HttpOnly, _) => tally.count("HTTP only"),
        (Verdict::Deny, Why::UncleanPath) => tally.count("denied for the path"),
        (Verdict::Deny, Why::Unauthenticated | Why::WeakProof) => tally.count("unauthenticated"),
        (Verdict::Deny, _) => {}
    }
}
