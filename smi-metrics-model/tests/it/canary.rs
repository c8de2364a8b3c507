//! Canaries: found out if they do worse, and only then.

use std::time::Duration;

use proptest::prelude::*;
use smi_metrics_model::canary::{Confidence, Counts, Judge, Verdict};
use smi_metrics_model::{Outcome, Percentile, Tally};

fn counts(success: u64, failure: u64) -> Counts {
    Counts { success, failure }
}

#[test]
fn verdicts_on_success_rates() {
    let cases = [
        ("a clear drop", counts(9_990, 10), counts(90, 10), Verdict::Worse),
        ("chance", counts(9_900, 100), counts(98, 2), Verdict::NoDifference),
        ("a clear gain", counts(5_000, 5_000), counts(90, 10), Verdict::Better),
        ("too few", counts(9_990, 10), counts(10, 0), Verdict::TooFewRequests),
        ("no canary yet", counts(9_990, 10), counts(0, 0), Verdict::TooFewRequests),
        ("no baseline", counts(0, 0), counts(100, 100), Verdict::TooFewRequests),
        ("both broken alike", counts(0, 500), counts(0, 500), Verdict::NoDifference),
        ("both perfect", counts(500, 0), counts(500, 0), Verdict::NoDifference),
    ];
    for (name, baseline, canary, verdict) in cases {
        assert_eq!(Judge::default().success(baseline, canary).verdict(), verdict, "{name}");
    }
}

#[test]
fn more_confidence_takes_more_evidence() {
    // One-sided p = 0.0146, by the hypergeometric distribution.
    let (baseline, canary) = (counts(990, 10), counts(95, 5));
    let verdict = |confidence| {
        Judge::default().with_confidence(confidence).success(baseline, canary).verdict()
    };
    assert_eq!(verdict(Confidence::P95), Verdict::Worse);
    assert_eq!(verdict(Confidence::P999), Verdict::NoDifference);
}

fn tally(latencies: impl IntoIterator<Item = u64>) -> Tally {
    let mut tally = Tally::default();
    for millis in latencies {
        tally.add(Duration::from_millis(millis), Outcome::Success);
    }
    tally
}

#[test]
fn verdicts_on_latencies() {
    let judge = Judge::default();
    let baseline = tally((0..2_000).map(|request| 10 + request % 40));
    let verdict =
        |canary: &Tally, percentile| judge.latency(&baseline, canary, percentile).verdict();
    let same = tally((0..200).map(|request| 10 + request % 40));
    assert_eq!(verdict(&same, Percentile::P99), Verdict::NoDifference);
    let slower = tally((0..200).map(|request| 20 + request % 40));
    assert_eq!(verdict(&slower, Percentile::P50), Verdict::Worse);
    let faster = tally((0..200).map(|request| 5 + request % 20));
    assert_eq!(verdict(&faster, Percentile::P50), Verdict::Better);
    // Only one request in twenty is slow: the median does not see it, the 99th percentile does.
    let tail = tally((0..200).map(|r| if r % 20 == 0 { 900 } else { 10 + r % 40 }));
    assert_eq!(verdict(&tail, Percentile::P50), Verdict::NoDifference);
    assert_eq!(verdict(&tail, Percentile::P99), Verdict::Worse);
    // Sure, but too little to matter.
    let little = tally((0..2_000).map(|request| 11 + request % 40));
    assert_eq!(verdict(&little, Percentile::P50), Verdict::NoDifference);
    assert_eq!(verdict(&Tally::default(), Percentile::P50), Verdict::TooFewRequests);
}

proptest! {
    #[test]
    fn no_counts_give_nan(a: u64, b: u64, c: u64, d: u64) {
        let comparison = Judge::default().with_minimum(0).success(counts(a, b), counts(c, d));
        prop_assert!((0.0..=1.0).contains(&comparison.p_value()));
        prop_assert!(!comparison.to_string().contains("NaN"));
    }

    #[test]
    fn a_worse_canary_never_gets_a_better_verdict(
        total in 20_u64..300, failures in 0_u64..20, more in 1_u64..20,
    ) {
        let baseline = counts(1_000, 10);
        let rank = |failures: u64| {
            let failures = failures.min(total);
            match Judge::default().success(baseline, counts(total - failures, failures)).verdict() {
                Verdict::Better => 2,
                Verdict::NoDifference => 1,
                Verdict::Worse => 0,
                Verdict::TooFewRequests => unreachable!("there are 20"),
            }
        };
        prop_assert!(rank(failures + more) <= rank(failures));
    }
}
