//! Replacing splits while other threads pick from them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use smi_policy::Semantics;
use smi_split::{Backends, Call, Live, ObjectName, Outcome, Splits, SplitsBuilder, TrafficSplit};

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

fn backends<'s>(splits: &'s Splits, apex: &ObjectName) -> &'s Backends {
    match splits.select(&Call::to(apex)).outcome() {
        Outcome::Backends(backends) => backends,
        other => panic!("{other:?}"),
    }
}

/// One canary that grows step by step, while threads pick for many users, some of them for the first
/// time: nobody who was on it leaves.
#[test]
fn a_canary_that_grows_under_load_loses_nobody() {
    let website = ObjectName::new("shop", "website");
    let with_canary = |weight: u64| {
        let mut split = TrafficSplit::new(ObjectName::new("shop", "canary"), "website");
        for stable in ["v1", "v2", "v3"] {
            split = split.backend(stable, 100 - weight);
        }
        Splits::builder(Semantics::default()).traffic_split(split.backend("canary", 3 * weight))
    };
    let live = Live::new(with_canary(0).compile());
    let is_done = AtomicBool::new(false);
    let picks = AtomicU64::new(0);
    let users: Vec<String> = (0..3_000).map(|user| format!("user-{user}")).collect();
    let pick = || {
        let mut has_moved = vec![false; users.len()];
        let mut homes = vec![None; users.len()];
        loop {
            // The last round is after the last step.
            let was_done = is_done.load(Ordering::Acquire);
            for (user, key) in users.iter().enumerate() {
                let current = live.current();
                let leaf = backends(&current, &website).pick_sticky(key.as_bytes());
                let name = leaf.service().name().to_owned();
                let is_canary = name == "canary";
                assert!(is_canary || !has_moved[user], "{key} left the canary for {name}");
                if !is_canary {
                    let home = homes[user].get_or_insert_with(|| name.clone());
                    assert_eq!(*home, name, "{key} moved, and not to the canary");
                }
                has_moved[user] |= is_canary;
                picks.fetch_add(1, Ordering::Relaxed);
            }
            if was_done {
                return has_moved.iter().filter(|has_moved| **has_moved).count();
            }
        }
    };
    let moved = std::thread::scope(|scope| {
        let threads = [scope.spawn(pick), scope.spawn(pick)];
        for weight in [1, 10, 25, 50, 75, 100] {
            live.replace(with_canary(weight));
            let seen = picks.load(Ordering::Relaxed);
            while picks.load(Ordering::Relaxed) < seen + 2_000 {
                std::thread::yield_now();
            }
        }
        is_done.store(true, Ordering::Release);
        threads.map(|thread| thread.join().unwrap())
    });
    assert_eq!(moved, [3_000, 3_000], "in the end all are there");
}

/// Compiling 10,000 backends takes a while, in which others pick as ever.
#[test]
fn picks_go_on_while_the_next_generation_is_compiled() {
    let website = ObjectName::new("shop", "website");
    let large = |number: u64| {
        let mut split = TrafficSplit::new(ObjectName::new("shop", "large"), "website");
        for backend in 0..10_000 {
            split = split.backend(format!("b{backend}"), 1 + (backend + number) % 7);
        }
        Splits::builder(Semantics::default()).traffic_split(split)
    };
    let live = Live::new(large(0).compile());
    let (is_done, picks) = (AtomicBool::new(false), AtomicU64::new(0));
    let pick = || {
        while !is_done.load(Ordering::Relaxed) {
            let current = live.current();
            backends(&current, &website).pick(picks.fetch_add(1, Ordering::Relaxed) << 40);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(pick);
        // The other thread needs a processor, so it has several chances.
        let went_on = (1..100).any(|number| {
            let next = large(number);
            let before = picks.load(Ordering::Relaxed);
            live.replace(next);
            picks.load(Ordering::Relaxed) > before + 1_000
        });
        is_done.store(true, Ordering::Relaxed);
        assert!(went_on);
    });
}

/// Who replaces frees what is old, once nobody uses it.
#[test]
fn a_generation_lives_as_long_as_its_users() {
    let website = ObjectName::new("shop", "website");
    let live = Live::new(generation(0).compile());
    let (taken, cloned) = (live.current(), live.current().clone());
    for number in 1..5 {
        live.replace(generation(number));
    }
    for splits in [&*taken, &cloned] {
        assert_eq!(backends(splits, &website).leaves()[0].service().name(), "a0");
    }
    // The list of those in use is part of what is printed.
    let in_use = |live: &Live| format!("{live:?}").matches("shop/a0").count();
    assert!(in_use(&live) > 0);
    drop((taken, cloned));
    live.replace(generation(5));
    assert_eq!(in_use(&live), 0);
}
