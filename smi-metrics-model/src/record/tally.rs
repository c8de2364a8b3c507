//! What was recorded, as plain numbers.

use std::iter::Peekable;
use std::time::Duration;

use super::histogram::{Bucket, Histogram, percentile_of};
use crate::{Outcome, Percentile};

/// Requests that succeeded and failed, with their latencies.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use smi_metrics_model::{Outcome, Percentile, Tally};
///
/// let mut all = Tally::default();
/// all.add(Duration::from_millis(3), Outcome::Success);
///
/// let mut pod = Tally::default();
/// pod.add(Duration::from_millis(4), Outcome::Failure);
/// all.merge(&pod);
///
/// assert_eq!((all.success_count(), all.failure_count()), (1, 1));
/// assert!(all.latency(Percentile::P99) > all.latency(Percentile::P50));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub(super) success: Histogram,
    pub(super) failure: Histogram,
}

impl Tally {
    /// Nothing.
    pub(crate) const EMPTY: Self = Self { success: Histogram::EMPTY, failure: Histogram::EMPTY };

    /// Counts one request.
    pub fn add(&mut self, latency: Duration, outcome: Outcome) {
        match outcome {
            Outcome::Success => self.success.add(latency),
            Outcome::Failure => self.failure.add(latency),
        }
    }

    /// Adds all that another counted.
    pub fn merge(&mut self, other: &Self) {
        self.success.merge(&other.success);
        self.failure.merge(&other.failure);
    }

    /// How many requests succeeded.
    pub fn success_count(&self) -> u64 {
        self.success.count()
    }

    /// How many requests failed.
    pub fn failure_count(&self) -> u64 {
        self.failure.count()
    }

    /// Whether there were no requests.
    pub fn is_empty(&self) -> bool {
        self.success.is_empty() && self.failure.is_empty()
    }

    /// The latencies of requests that succeeded.
    pub const fn success(&self) -> &Histogram {
        &self.success
    }

    /// The latencies of requests that failed.
    pub const fn failure(&self) -> &Histogram {
        &self.failure
    }

    /// The latency that a share of all requests stayed within, failed ones included; `None` if
    /// there were none. [`Histogram`] says how exact it is.
    pub fn latency(&self, percentile: Percentile) -> Option<Duration> {
        let count = self.success_count().saturating_add(self.failure_count());
        percentile_of(percentile, count, || Both {
            left: self.success.buckets().peekable(),
            right: self.failure.buckets().peekable(),
        })
    }

    /// What was counted since an earlier state of the same counts. After a restart there is no
    /// earlier state: then it is all.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let success = self.success.since(&earlier.success);
        let failure = self.failure.since(&earlier.failure);
        match (success, failure) {
            (Some(success), Some(failure)) => Self { success, failure },
            _ => self.clone(),
        }
    }
}

impl<'a> Extend<&'a Tally> for Tally {
    fn extend<I: IntoIterator<Item = &'a Tally>>(&mut self, tallies: I) {
        tallies.into_iter().for_each(|tally| self.merge(tally));
    }
}

/// The buckets of two histograms, by rising latency.
struct Both<L: Iterator<Item = Bucket>, R: Iterator<Item = Bucket>> {
    left: Peekable<L>,
    right: Peekable<R>,
}

impl<L: Iterator<Item = Bucket>, R: Iterator<Item = Bucket>> Iterator for Both<L, R> {
    type Item = Bucket;

    fn next(&mut self) -> Option<Bucket> {
        match (self.left.peek(), self.right.peek()) {
            (Some(left), Some(right)) if left.index() == right.index() => {
                let count = left.count().saturating_add(right.count());
                self.right.next();
                self.left.next().map(|left| Bucket::new(left.index(), count))
            }
            (Some(left), Some(right)) if left.index() > right.index() => self.right.next(),
            (None, _) => self.right.next(),
            (Some(_), _) => self.left.next(),
        }
    }
}
