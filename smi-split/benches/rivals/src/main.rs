//! Picks of smi-split beside those of other crates, in one run: nanoseconds, and times the floor.
//!
//! `cargo run --release` in this directory, with a name (`random`, `smooth`, `sticky`, `build`) for
//! only that; with `--features heavy` Pingora and Maglev as well, for
//! which CMake must be installed.

#[cfg(feature = "heavy")]
mod heavy;
mod measure;

use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use measure::{Fast, line, nanoseconds, shared};
use rand::SeedableRng;
use rand::distr::Distribution;
use rand::rngs::SmallRng;
use smi_split::Picker;

const SIZES: [usize; 4] = [2, 10, 100, 10_000];

/// Weights from 1 to 10 in turn, one in ten each.
fn weights(size: usize) -> Vec<u64> {
    (0..size as u64).map(|index| index % 10 + 1).collect()
}

/// Weights with a period too long to write out.
fn long_weights(size: usize) -> Vec<u64> {
    (0..size as u64).map(|index| (index % 10 + 1) * 1_000_003 + index).collect()
}

fn main() {
    print!("{:32}", "ns per pick, times the floor");
    for size in SIZES {
        print!("{size:15}");
    }
    println!();
    let only = std::env::args().nth(1);
    let parts: [(&str, fn()); 4] =
        [("random", random), ("smooth", smooth), ("sticky", sticky), ("build", build)];
    for (name, part) in parts {
        if only.as_deref().is_none_or(|only| only == name) {
            part();
        }
    }
}

fn each(time: impl Fn(usize) -> f64) -> Vec<f64> {
    SIZES.iter().map(|size| time(*size)).collect()
}

fn table(size: usize) -> Vec<u16> {
    (0..65_536_usize).map(|place| (place % size) as u16).collect()
}

fn random() {
    println!("-- random");
    let floor = each(|size| {
        let (table, mut rng) = (table(size), Fast(1));
        nanoseconds(|| table[(rng.next() >> 48) as usize])
    });
    line("floor: RNG and a table", &floor, &floor);
    line(
        "smi-split",
        &each(|size| {
            let (picker, mut rng) = (Picker::new(weights(size)).expect("weights"), Fast(1));
            nanoseconds(|| picker.random(rng.next()))
        }),
        &floor,
    );
    line(
        "rand WeightedIndex",
        &each(|size| {
            let index = rand::distr::weighted::WeightedIndex::new(weights(size)).expect("weights");
            let mut rng = SmallRng::seed_from_u64(1);
            nanoseconds(|| index.sample(&mut rng))
        }),
        &floor,
    );
    line(
        "rand_distr WeightedAliasIndex",
        &each(|size| {
            let index = rand_distr::weighted::WeightedAliasIndex::new(weights(size));
            let (index, mut rng) = (index.expect("weights"), SmallRng::seed_from_u64(1));
            nanoseconds(|| index.sample(&mut rng))
        }),
        &floor,
    );
    line(
        "weighted_rand WalkerTable",
        &each(|size| {
            use weighted_rand::builder::NewBuilder;
            let weights: Vec<u32> = weights(size).iter().map(|weight| *weight as u32).collect();
            let table = weighted_rand::builder::WalkerTableBuilder::new(&weights).build();
            nanoseconds(|| table.next())
        }),
        &floor,
    );
    #[cfg(feature = "heavy")]
    heavy::random(&floor);
}

fn smooth() {
    for (title, is_shared) in [("one thread", false), ("two threads", true)] {
        println!("-- smooth, {title}");
        fn time<T>(is_shared: bool, pick: impl Fn() -> T + Sync) -> f64 {
            if is_shared { shared(pick) } else { nanoseconds(pick) }
        }
        let floor = each(|size| {
            let (table, turn) = (table(size), AtomicU64::new(0));
            time(is_shared, || table[turn.fetch_add(1, Ordering::Relaxed) as usize % 65_536])
        });
        line("floor: fetch_add and a table", &floor, &floor);
        let ours = |weights: fn(usize) -> Vec<u64>| {
            each(|size| {
                let picker = Picker::new(weights(size)).expect("weights");
                time(is_shared, || picker.smooth())
            })
        };
        line("smi-split", &ours(weights), &floor);
        line("smi-split, long period", &ours(long_weights), &floor);
        line(
            "nginx's method behind a mutex",
            &each(|size| {
                let weights = weights(size);
                let total: i64 = weights.iter().sum::<u64>() as i64;
                let balances = Mutex::new(vec![0_i64; size]);
                time(is_shared, || {
                    let mut balances = balances.lock().expect("no panic");
                    let mut richest = 0;
                    for index in 0..size {
                        balances[index] += weights[index] as i64;
                        if balances[index] > balances[richest] {
                            richest = index;
                        }
                    }
                    balances[richest] -= total;
                    richest
                })
            }),
            &floor,
        );
        #[cfg(feature = "heavy")]
        heavy::smooth(&floor, is_shared);
    }
}

/// Keys of 36 bytes, as long as a UUID.
fn keys(count: usize) -> Vec<[u8; 36]> {
    let mut rng = Fast(7);
    let mut key = || {
        let mut key = [b'-'; 36];
        for chunk in key.chunks_mut(9) {
            chunk[..8].copy_from_slice(&rng.next().to_le_bytes());
        }
        key
    };
    (0..count).map(|_| key()).collect()
}

fn sticky() {
    println!("-- sticky");
    let few = keys(1_024);
    let many = keys(65_536);
    let floor_of = |keys: &[[u8; 36]]| {
        each(|size| {
            let table = table(size);
            let mut keys = keys.iter().cycle();
            nanoseconds(|| {
                let key = keys.next().expect("endless");
                table[(twox_hash::XxHash3_64::oneshot(key) >> 48) as usize]
            })
        })
    };
    let ours = |keys: &[[u8; 36]]| {
        each(|size| {
            let picker = Picker::new(weights(size)).expect("weights");
            // Each slot's first pick finds out whose it is: that has a line of its own.
            keys.iter().for_each(|key| {
                let _ = black_box(picker.sticky(key));
            });
            let mut keys = keys.iter().cycle();
            nanoseconds(|| picker.sticky(keys.next().expect("endless")))
        })
    };
    let many_floor = floor_of(&many);
    line("floor, 65,536 keys", &many_floor, &many_floor);
    line("smi-split, 65,536 keys", &ours(&many), &many_floor);
    let floor = floor_of(&few);
    line("floor: XXH3 and a table", &floor, &floor);
    line("smi-split", &ours(&few), &floor);
    line(
        "smi-split, keys never seen",
        &each(|size| {
            let picker = Picker::new(weights(size)).expect("weights");
            let start = Instant::now();
            many.iter().for_each(|key| {
                let _ = black_box(picker.sticky(key));
            });
            start.elapsed().as_secs_f64() * 1e9 / many.len() as f64
        }),
        &floor,
    );
    line(
        "smi-split, one in ten is away",
        &each(|size| {
            let picker = Picker::new(weights(size)).expect("weights");
            let view = picker.available(|index| index % 10 != 1);
            few.iter().for_each(|key| {
                let _ = black_box(view.sticky(key));
            });
            let mut keys = few.iter().cycle();
            nanoseconds(|| view.sticky(keys.next().expect("endless")))
        }),
        &floor,
    );
    #[cfg(feature = "heavy")]
    heavy::sticky(&floor, &few);
}

fn build() {
    println!("-- build, µs");
    for size in SIZES {
        let mut best = f64::INFINITY;
        for _ in 0..10 {
            let start = Instant::now();
            std::hint::black_box(Picker::new(weights(size)).expect("weights"));
            best = best.min(start.elapsed().as_secs_f64() * 1e6);
        }
        println!("{size:6} backends {best:12.1}");
    }
}
