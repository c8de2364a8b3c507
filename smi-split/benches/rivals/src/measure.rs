//! Times of short stretches, of which the quickest counts: others share the machine.

use std::hint::black_box;
use std::sync::Barrier;
use std::time::Instant;

const PICKS: u32 = 4_000;
const STRETCHES: u32 = 100;

/// Enough that both threads are at it most of the time.
const SHARED_PICKS: u32 = 20_000;

/// Nanoseconds that one call takes.
pub fn nanoseconds<T>(mut pick: impl FnMut() -> T) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..STRETCHES {
        let start = Instant::now();
        for _ in 0..PICKS {
            black_box(pick());
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(PICKS));
    }
    best
}

/// Nanoseconds that one call takes while another thread does the same: of many stretches that begin
/// together, the median. The quickest would be one in which the other thread was interrupted.
pub fn shared<T>(pick: impl Fn() -> T + Sync) -> f64 {
    let barrier = Barrier::new(2);
    let times = || {
        let time = |_| {
            barrier.wait();
            let start = Instant::now();
            for _ in 0..SHARED_PICKS {
                black_box(pick());
            }
            start.elapsed().as_secs_f64() * 1e9 / f64::from(SHARED_PICKS)
        };
        (0..STRETCHES).map(time).collect::<Vec<f64>>()
    };
    let mut times = std::thread::scope(|scope| {
        let other = scope.spawn(times);
        let mut own = times();
        own.extend(other.join().expect("no panic"));
        own
    });
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// A line of the report: one way to pick, at all sizes.
pub fn line(name: &str, times: &[f64], floor: &[f64]) {
    print!("{name:32}");
    for (time, floor) in times.iter().zip(floor) {
        print!("{time:9.1} {:5.1}x", time / floor);
    }
    println!();
}

/// A quick generator (a Weyl sequence, mixed once), which does not count for much.
pub struct Fast(pub u64);

impl Fast {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        (self.0 ^ (self.0 >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93)
    }
}
