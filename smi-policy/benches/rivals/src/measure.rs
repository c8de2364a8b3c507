//! Time and memory, measured the same way for everybody.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Nanoseconds that one of these questions takes, in the best of some rounds over all of them.
pub fn nanoseconds<Q>(questions: &[Q], mut ask: impl FnMut(&Q) -> bool) -> f64 {
    (0..rounds()).fold(f64::INFINITY, |best, _| best.min(round(questions, &mut ask)))
}

/// Nanoseconds that one of these questions takes, in one round over all of them.
pub fn round<Q>(questions: &[Q], mut ask: impl FnMut(&Q) -> bool) -> f64 {
    let begin = Instant::now();
    for question in questions {
        black_box(ask(black_box(question)));
    }
    begin.elapsed().as_nanos() as f64 / questions.len() as f64
}

/// What each takes in the round in which all of them together were quickest.
///
/// All are timed in turn, as the clock of the processor goes up and down with what its other cores
/// have to do: what was timed a moment earlier may have run on a faster machine.
pub fn in_turn<const N: usize>(mut timed: [&mut dyn FnMut() -> f64; N]) -> [f64; N] {
    let sum = |times: &[f64; N]| times.iter().filter(|time| time.is_finite()).sum::<f64>();
    let mut best = [f64::INFINITY; N];
    let mut least = f64::INFINITY;
    let begin = Instant::now();
    for number in 0.. {
        let times = timed.each_mut().map(|timed| {
            // The caches are still full of what was timed before.
            timed();
            timed()
        });
        if sum(&times) < least {
            (best, least) = (times, sum(&times));
        }
        if number >= rounds() && begin.elapsed() > Duration::from_millis(500) {
            break;
        }
    }
    best
}

fn rounds() -> usize {
    std::env::var("SMI_BENCH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(7)
}

/// What is made, the bytes it keeps on the heap, the most it took while it was made, and the
/// milliseconds of a processor that took.
pub fn memory<T>(make: impl FnOnce() -> T) -> (T, i64, i64, f64) {
    let mut made = None;
    let begin = on_cpu();
    let counted = allocation_counter::measure(|| made = Some(make()));
    let took = on_cpu() - begin;
    (made.unwrap(), counted.bytes_current, counted.bytes_max as i64, took)
}

/// Milliseconds that this thread was on a processor; where the system does not say, those that
/// went by.
pub fn on_cpu() -> f64 {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let first = told.as_deref().and_then(|told| told.split(' ').next()?.parse::<f64>().ok());
    first.map_or_else(|| START.elapsed().as_secs_f64() * 1e3, |nanoseconds| nanoseconds / 1e6)
}

/// A generator of numbers that is the same everywhere.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }
}
