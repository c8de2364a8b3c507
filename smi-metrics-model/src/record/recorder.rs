//! Recording on the hot path.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::bucket;
use crate::Tally;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It counts as `success_count`.
    Success,
    /// It counts as `failure_count`.
    Failure,
}

/// The requests of one edge, recorded by many threads.
///
/// A request costs one atomic addition: no lock, no allocation, no clock. The counts only rise, and
/// nothing resets them; [`Windows`](crate::Windows) tells what was new in a stretch of time. One
/// recorder takes 7,424 bytes.
///
/// Keep one per edge, where the connection or the route is, in an `Arc`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use smi_metrics_model::{Outcome, Recorder};
///
/// let recorder = Recorder::new();
/// recorder.record(Duration::from_millis(12), Outcome::Success);
/// recorder.record(Duration::from_millis(900), Outcome::Failure);
///
/// let tally = recorder.tally();
/// assert_eq!((tally.success_count(), tally.failure_count()), (1, 1));
/// ```
pub struct Recorder {
    success: [AtomicU64; bucket::COUNT],
    failure: [AtomicU64; bucket::COUNT],
}

impl Recorder {
    /// A recorder that has recorded nothing.
    pub const fn new() -> Self {
        Self {
            success: [const { AtomicU64::new(0) }; bucket::COUNT],
            failure: [const { AtomicU64::new(0) }; bucket::COUNT],
        }
    }

    /// Records one request: how long its response took, and how it ended.
    #[inline]
    pub fn record(&self, latency: Duration, outcome: Outcome) {
        let counts = match outcome {
            Outcome::Success => &self.success,
            Outcome::Failure => &self.failure,
        };
        if let Some(count) = counts.get(bucket::index(latency)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// All that was recorded so far. A request that is recorded meanwhile is in it or not, as a
    /// whole.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        let counts = [(&self.success, &mut tally.success), (&self.failure, &mut tally.failure)];
        for (counts, histogram) in counts {
            for (index, count) in counts.iter().enumerate() {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    histogram.add_to(index, count);
                }
            }
        }
        tally
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tally = self.tally();
        f.debug_struct("Recorder")
            .field("success", &tally.success_count())
            .field("failure", &tally.failure_count())
            .finish()
    }
}
