//! Times of short stretches, of which the quickest counts: others share the machine.

use std::sync::Barrier;
use std::time::Instant;

const CALLS: u32 = 200_000;
const STRETCHES: u32 = 60;

/// Nanoseconds that one call takes.
pub fn alone(call: &(dyn Fn(usize) + Sync)) -> f64 {
    (0..STRETCHES).map(|_| stretch(call)).fold(f64::INFINITY, f64::min)
}

/// Nanoseconds that one call takes while another thread does the same.
pub fn together(call: &(dyn Fn(usize) + Sync)) -> f64 {
    let barrier = Barrier::new(2);
    let run = || {
        let stretch = |_| {
            barrier.wait();
            stretch(call)
        };
        (0..STRETCHES).map(stretch).collect::<Vec<f64>>()
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(run);
        let own = run();
        let other = other.join().expect("no panic");
        // Of two threads side by side the slower one counts; of all stretches the median, for in
        // the quickest ones the threads hardly met.
        let mut times: Vec<f64> =
            own.iter().zip(&other).map(|(own, other)| own.max(*other)).collect();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

fn stretch(call: &(dyn Fn(usize) + Sync)) -> f64 {
    let start = Instant::now();
    for index in 0..CALLS {
        call(index as usize);
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
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
