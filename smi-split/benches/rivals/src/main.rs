//! Picks of smi-split beside those of other crates, in one run: nanoseconds, and times the floor.
//!
//! `cargo run --release` in this directory, with a name (`random`, `smooth`, `sticky`, `build`) for
//! only that; with `--features heavy` Pingora and Maglev as well.

#[cfg(feature = "heavy")]
mod heavy;
mod measure;

use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use measure::{Beside, Fast, beside, beside_shared, line};
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

fn each(time: impl Fn(usize) -> Beside) -> Vec<Beside> {
    SIZES.iter().map(|size| time(*size)).collect()
}

fn table(size: usize) -> Vec<u16> {
    (0..65_536_usize).map(|place| (place % size) as u16).collect()
}

/// The least there is to do: a random number, and a table.
fn random_floor(size: usize) -> impl FnMut() -> u16 {
    let (table, mut rng) = (table(size), Fast(1));
    move || table[(rng.next() >> 48) as usize]
}

/// A counter, and a table.
fn smooth_floor(size: usize) -> impl Fn() -> u16 + Sync {
    let (table, turn) = (table(size), AtomicU64::new(0));
    move || table[turn.fetch_add(1, Ordering::Relaxed) as usize % 65_536]
}

/// A hash, and a table.
fn sticky_floor(size: usize, keys: &[[u8; 36]]) -> impl FnMut() -> u16 {
    let table = table(size);
    let mut keys = keys.iter().cycle();
    move || {
        let key = keys.next().expect("endless");
        table[(twox_hash::XxHash3_64::oneshot(key) >> 48) as usize]
    }
}

fn random() {
    println!("-- random, beside a quick RNG and a table");
    line("floor", &each(|size| beside(random_floor(size), random_floor(size))));
    line(
        "smi-split",
        &each(|size| {
            let (picker, mut rng) = (Picker::new(weights(size)).expect("weights"), Fast(1));
            beside(random_floor(size), || picker.random(rng.next()))
        }),
    );
    line(
        "rand WeightedIndex",
        &each(|size| {
            let index = rand::distr::weighted::WeightedIndex::new(weights(size)).expect("weights");
            let mut rng = SmallRng::seed_from_u64(1);
            beside(random_floor(size), || index.sample(&mut rng))
        }),
    );
    line(
        "rand_distr WeightedAliasIndex",
        &each(|size| {
            let index = rand_distr::weighted::WeightedAliasIndex::new(weights(size));
            let (index, mut rng) = (index.expect("weights"), SmallRng::seed_from_u64(1));
            beside(random_floor(size), || index.sample(&mut rng))
        }),
    );
    line(
        "weighted_rand WalkerTable",
        &each(|size| {
            use weighted_rand::builder::NewBuilder;
            let weights: Vec<u32> = weights(size).iter().map(|weight| *weight as u32).collect();
            let table = weighted_rand::builder::WalkerTableBuilder::new(&weights).build();
            beside(random_floor(size), || table.next())
        }),
    );
    #[cfg(feature = "heavy")]
    heavy::random();
}

fn smooth() {
    for (title, is_shared) in [("one thread", false), ("two threads", true)] {
        println!("-- smooth, {title}, beside `fetch_add` and a table");
        fn time<T>(is_shared: bool, size: usize, pick: impl Fn() -> T + Sync) -> Beside {
            match is_shared {
                true => beside_shared(smooth_floor(size), pick),
                false => beside(smooth_floor(size), pick),
            }
        }
        line("floor", &each(|size| time(is_shared, size, smooth_floor(size))));
        let ours = |weights: fn(usize) -> Vec<u64>| {
            each(|size| {
                let picker = Picker::new(weights(size)).expect("weights");
                time(is_shared, size, || picker.smooth())
            })
        };
        line("smi-split", &ours(weights));
        line("smi-split, long period", &ours(long_weights));
        line(
            "nginx's method behind a mutex",
            &each(|size| {
                let weights = weights(size);
                let total: i64 = weights.iter().sum::<u64>() as i64;
                let balances = Mutex::new(vec![0_i64; size]);
                time(is_shared, size, || {
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
        );
        #[cfg(feature = "heavy")]
        heavy::smooth(is_shared);
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
    let few = keys(1_024);
    let many = keys(65_536);
    let floor =
        |keys: &[[u8; 36]]| each(|size| beside(sticky_floor(size, keys), sticky_floor(size, keys)));
    let ours = |keys: &[[u8; 36]]| {
        each(|size| {
            let picker = Picker::new(weights(size)).expect("weights");
            // Each slot's first pick finds out whose it is: that has a line of its own.
            keys.iter().for_each(|key| {
                let _ = black_box(picker.sticky(key));
            });
            let mut own = keys.iter().cycle();
            beside(sticky_floor(size, keys), || picker.sticky(own.next().expect("endless")))
        })
    };
    println!("-- sticky, 65,536 keys, beside XXH3 and a table");
    line("floor", &floor(&many));
    line("smi-split", &ours(&many));
    println!("-- sticky, 1,024 keys");
    line("floor", &floor(&few));
    line("smi-split", &ours(&few));
    line(
        "smi-split, keys never seen",
        &each(|size| {
            let floor = beside(sticky_floor(size, &few), || ()).floor;
            let picker = Picker::new(weights(size)).expect("weights");
            let start = Instant::now();
            many.iter().for_each(|key| {
                let _ = black_box(picker.sticky(key));
            });
            Beside { own: start.elapsed().as_secs_f64() * 1e9 / many.len() as f64, floor }
        }),
    );
    line(
        "smi-split, one in ten is away",
        &each(|size| {
            let picker = Picker::new(weights(size)).expect("weights");
            let view = picker.available(|index| index % 10 != 1);
            few.iter().for_each(|key| {
                let _ = black_box(view.sticky(key));
            });
            let mut own = few.iter().cycle();
            beside(sticky_floor(size, &few), || view.sticky(own.next().expect("endless")))
        }),
    );
    #[cfg(feature = "heavy")]
    heavy::sticky(&few);
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
