//! Recording: exact counts, percentiles within the bound, nothing allocated.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use smi_metrics_model::{Histogram, Outcome, Percentile, Recorder, Tally, Windows};

const PERCENTILES: [Percentile; 3] = [Percentile::P50, Percentile::P90, Percentile::P99];

/// The bound that the documentation states.
fn is_within_bound(found: Duration, truth: Duration) -> bool {
    found.abs_diff(truth) <= (truth / 32).max(Duration::from_nanos(500))
}

fn latencies() -> impl Strategy<Value = Duration> {
    // All magnitudes alike, up to the 71 minutes that are told apart.
    (0_u32..42).prop_flat_map(|bits| 0..=1_u64 << bits).prop_map(Duration::from_nanos)
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![Just(Outcome::Success), Just(Outcome::Failure)]
}

proptest! {
    /// Against sorting all latencies.
    #[test]
    fn percentiles_are_within_the_bound(
        requests in prop::collection::vec((latencies(), outcomes()), 1..300),
        share in 0_u16..=1_000,
    ) {
        let recorder = Recorder::new();
        for (latency, outcome) in &requests {
            recorder.record(*latency, *outcome);
        }
        let tally = recorder.tally();
        let mut sorted: Vec<Duration> = requests.iter().map(|(latency, _)| *latency).collect();
        sorted.sort();
        let rank = (usize::from(share) * sorted.len()).div_ceil(1_000).max(1);
        let truth = sorted[rank - 1];
        let found = tally.latency(Percentile::per_mille(share).unwrap()).unwrap();
        prop_assert!(is_within_bound(found, truth), "{found:?} is not {truth:?}");

        let failures = requests.iter().filter(|(_, outcome)| *outcome == Outcome::Failure).count();
        prop_assert_eq!(tally.failure_count(), failures as u64);
        prop_assert_eq!(tally.success_count(), (requests.len() - failures) as u64);
    }

    /// A rival's histogram agrees, within both bounds.
    #[test]
    fn percentiles_agree_with_hdrhistogram(
        latencies in prop::collection::vec(1_000_u64..3_600_000_000, 1..300),
    ) {
        let own: Histogram = latencies.iter().map(|micros| Duration::from_micros(*micros)).collect();
        let mut rival = hdrhistogram::Histogram::<u64>::new_with_bounds(1, 3_600_000_000, 3).unwrap();
        for micros in &latencies {
            rival.record(*micros).unwrap();
        }
        for percentile in PERCENTILES {
            let own = own.percentile(percentile).unwrap().as_micros() as f64;
            let rival = rival.value_at_quantile(percentile.share()) as f64;
            prop_assert!((own / rival - 1.0).abs() < 1.0 / 32.0 + 0.001, "{own} {rival}");
        }
    }

    #[test]
    fn merging_parts_equals_recording_the_whole(
        parts in prop::collection::vec(
            prop::collection::vec((latencies(), outcomes()), 0..40), 0..8,
        ),
    ) {
        let whole = Recorder::new();
        let mut merged = Tally::default();
        for part in &parts {
            let recorder = Recorder::new();
            for (latency, outcome) in part {
                whole.record(*latency, *outcome);
                recorder.record(*latency, *outcome);
            }
            merged.merge(&recorder.tally());
        }
        prop_assert_eq!(&merged, &whole.tally());
        for percentile in PERCENTILES {
            prop_assert_eq!(merged.latency(percentile), whole.tally().latency(percentile));
        }
    }

    #[test]
    fn windows_of_all_states_together_are_all(
        steps in prop::collection::vec(prop::collection::vec((latencies(), outcomes()), 0..20), 1..20),
    ) {
        let recorder = Recorder::new();
        let mut sum = Tally::default();
        let mut before = recorder.tally();
        for step in &steps {
            for (latency, outcome) in step {
                recorder.record(*latency, *outcome);
            }
            let now = recorder.tally();
            let new = now.since(&before);
            prop_assert_eq!(new.success_count() + new.failure_count(), step.len() as u64);
            sum.merge(&new);
            before = now;
        }
        prop_assert_eq!(sum, recorder.tally());
    }
}

#[test]
fn recording_allocates_nothing() {
    let recorder = Recorder::new();
    let counted = allocation_counter::measure(|| {
        for micros in 0..1_000 {
            recorder.record(Duration::from_micros(micros * micros), Outcome::Success);
            recorder.record(Duration::from_micros(micros), Outcome::Failure);
        }
    });
    assert_eq!(counted.count_total, 0);
    assert_eq!(recorder.tally().success_count(), 1_000);
}

#[test]
fn threads_lose_no_request() {
    let recorder = Arc::new(Recorder::new());
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let recorder = Arc::clone(&recorder);
            std::thread::spawn(move || {
                for request in 0..10_000 {
                    let outcome =
                        if request % 10 == 0 { Outcome::Failure } else { Outcome::Success };
                    recorder.record(Duration::from_millis(thread + request % 3), outcome);
                }
            })
        })
        .collect();
    // States taken meanwhile never fall.
    let mut before = recorder.tally();
    for _ in 0..100 {
        let now = recorder.tally();
        assert!(now.success_count() >= before.success_count());
        before = now;
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let tally = recorder.tally();
    assert_eq!((tally.success_count(), tally.failure_count()), (36_000, 4_000));
}

#[test]
fn what_is_too_long_counts_as_the_longest() {
    let tally = |latency| {
        let mut tally = Tally::default();
        tally.add(latency, Outcome::Success);
        tally
    };
    let longest = tally(Duration::from_secs(71 * 60)).latency(Percentile::P50);
    assert_eq!(tally(Duration::MAX).latency(Percentile::P50), longest);
}

#[test]
fn one_recorder_takes_what_the_documentation_says() {
    assert_eq!(size_of::<Recorder>(), 7_424);
}

#[test]
fn a_restart_begins_a_new_count() {
    let at = |second| SystemTime::UNIX_EPOCH + Duration::from_secs(second);
    let mut windows = Windows::new(Duration::from_secs(30));
    let requests = |count: u64| {
        let mut tally = Tally::default();
        (0..count).for_each(|_| tally.add(Duration::from_millis(1), Outcome::Success));
        tally
    };
    assert_eq!(windows.last(Duration::from_secs(30)), None);
    windows.observe(at(0), requests(5)).unwrap();
    assert_eq!(windows.last(Duration::from_secs(30)), None);
    windows.observe(at(10), requests(9)).unwrap();
    let window = windows.last(Duration::from_secs(30)).unwrap();
    assert_eq!((window.tally.success_count(), window.length()), (4, Duration::from_secs(10)));
    windows.observe(at(20), requests(3)).unwrap();
    let window = windows.last(Duration::from_secs(10)).unwrap();
    assert_eq!(window.tally.success_count(), 3, "after a restart, all is new");
    let error = windows.observe(at(20), requests(4)).unwrap_err();
    assert_eq!(error.to_string(), "a state of 0ns before the latest one, expected a later one");
}
