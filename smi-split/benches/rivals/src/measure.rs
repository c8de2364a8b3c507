//! Times of short stretches, of which the quickest counts: others share the machine.

use std::hint::black_box;
use std::time::Instant;

const PICKS: u32 = 4_000;
const STRETCHES: u32 = 100;

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

/// Nanoseconds that one call takes while another thread does the same.
pub fn shared<T>(pick: impl Fn() -> T + Sync) -> f64 {
    std::thread::scope(|scope| {
        let other = scope.spawn(|| nanoseconds(&pick));
        let own = nanoseconds(&pick);
        own.max(other.join().expect("no panic"))
    })
}

/// A line of the report: one way to pick, at all sizes.
pub fn line(name: &str, times: &[f64], floor: &[f64]) {
    print!("{name:32}");
    for (time, floor) in times.iter().zip(floor) {
        print!("{time:9.1} {:5.1}x", time / floor);
    }
    println!();
}

/// A quick generator (xorshift64*, by S. Vigna), so that it does not count for much.
pub struct Fast(pub u64);

impl Fast {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}
