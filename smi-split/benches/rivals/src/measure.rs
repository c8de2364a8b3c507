//! Times of short stretches, of which the quickest counts: others share the machine.

use std::hint::black_box;
use std::sync::Barrier;
use std::time::Instant;

const PICKS: u32 = 4_000;
const STRETCHES: u32 = 100;

/// Enough that both threads are at it most of the time.
const SHARED_PICKS: u32 = 20_000;

/// Nanoseconds that a pick takes, and that its floor takes.
///
/// Both are timed in turn, as the clock of the processor goes up and down with what its other cores
/// have to do: what was timed a second earlier may have run on a faster machine.
pub struct Beside {
    pub own: f64,
    pub floor: f64,
}

/// The quickest stretch of each.
pub fn beside<T, F>(mut floor: impl FnMut() -> F, mut pick: impl FnMut() -> T) -> Beside {
    let mut best = Beside { own: f64::INFINITY, floor: f64::INFINITY };
    for _ in 0..STRETCHES {
        best.floor = best.floor.min(stretch(PICKS, &mut floor));
        best.own = best.own.min(stretch(PICKS, &mut pick));
    }
    best
}

/// Nanoseconds that one of so many calls takes.
fn stretch<T>(picks: u32, mut pick: impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    for _ in 0..picks {
        black_box(pick());
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(picks)
}

/// The same while another thread does the same: of many stretches that begin together, the median.
/// The quickest would be one in which the other thread was interrupted.
pub fn beside_shared<T, F>(floor: impl Fn() -> F + Sync, pick: impl Fn() -> T + Sync) -> Beside {
    let barrier = Barrier::new(2);
    let times = || {
        let (mut own, mut floors) = (Vec::new(), Vec::new());
        for _ in 0..STRETCHES {
            barrier.wait();
            floors.push(stretch(SHARED_PICKS, &floor));
            barrier.wait();
            own.push(stretch(SHARED_PICKS, &pick));
        }
        (own, floors)
    };
    let (own, floor) = std::thread::scope(|scope| {
        let other = scope.spawn(times);
        let (mut own, mut floors) = times();
        let (other_own, other_floors) = other.join().expect("no panic");
        own.extend(other_own);
        floors.extend(other_floors);
        (own, floors)
    });
    Beside { own: median(own), floor: median(floor) }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// A line of the report: one way to pick, at all sizes.
pub fn line(name: &str, times: &[Beside]) {
    print!("{name:32}");
    for Beside { own, floor } in times {
        print!("{own:9.1} {:5.1}x", own / floor);
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
