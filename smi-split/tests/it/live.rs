//! Replacing splits while other threads pick from them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use smi_policy::Semantics;
use smi_split::{Call, Live, ObjectName, Outcome, Splits, SplitsBuilder, TrafficSplit};

/// Generations differ in all names, so that a mixture would show.
fn generation(number: usize) -> SplitsBuilder {
    let split = TrafficSplit::new(ObjectName::new("shop", "canary"), "website")
        .backend(format!("a{number}"), 3)
        .backend(format!("b{number}"), 1);
    Splits::builder(Semantics::default()).traffic_split(split)
}

#[test]
fn a_call_sees_one_generation_and_rotations_go_on() {
    let website = ObjectName::new("shop", "website");
    let live = Live::new(generation(0).compile());
    let is_done = AtomicBool::new(false);
    let picks = AtomicU64::new(0);
    let pick = || {
        let mut counts = [0_u64; 2];
        let mut newest = 0;
        while !is_done.load(Ordering::Relaxed) {
            let current = live.current();
            let Outcome::Backends(backends) = current.select(&Call::to(&website)).outcome() else {
                panic!("no backends")
            };
            let names: Vec<&str> =
                backends.leaves().iter().map(|leaf| leaf.service().name()).collect();
            let (a, b) = (names[0].trim_start_matches('a'), names[1].trim_start_matches('b'));
            assert_eq!(a, b, "two generations in one call");
            let generation: usize = a.parse().unwrap();
            assert!(generation >= newest, "an old generation came back");
            newest = generation;
            picks.fetch_add(1, Ordering::Relaxed);
            counts[usize::from(backends.pick_smooth().service().name().starts_with('b'))] += 1;
        }
        counts
    };
    let counts = std::thread::scope(|scope| {
        let threads = [scope.spawn(pick), scope.spawn(pick)];
        for number in 1..100 {
            live.replace(generation(number));
            // A few picks from each, and no multiple of the period.
            let seen = picks.load(Ordering::Relaxed);
            while picks.load(Ordering::Relaxed) < seen + 5 {
                std::thread::yield_now();
            }
        }
        is_done.store(true, Ordering::Relaxed);
        threads.map(|thread| thread.join().unwrap())
    });
    // All generations count on: of all picks together, one in four is of `b`.
    let [a, b] = [0, 1].map(|index| counts[0][index] + counts[1][index]);
    assert_eq!(b, (a + b) / 4 + u64::from((a + b) % 4 == 3), "{a} and {b}");
}
