//! Latencies, counted.

use std::time::Duration;

use super::bucket;
use crate::Percentile;

/// Counts of latencies, mergeable without loss.
///
/// The latencies are counted in 464 buckets from 0 to 71 minutes; what is longer counts as the
/// longest. A latency that comes out differs from one that went in by **no more than 1/32 (3.2 %)
/// or half a microsecond**, whichever is more: percentiles of merged histograms are as exact as
/// those of a single one. Counts are exact.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use smi_metrics_model::{Histogram, Percentile};
///
/// let mut one: Histogram = (1..=50).map(Duration::from_millis).collect();
/// let other: Histogram = (51..=100).map(Duration::from_millis).collect();
/// one.merge(&other);
///
/// let p90 = one.percentile(Percentile::P90).unwrap_or_default();
/// assert!((87..=93).contains(&p90.as_millis()));
/// assert_eq!(Histogram::default().percentile(Percentile::P90), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    /// The first bucket that is kept. Before it and after the last, all are empty.
    first: usize,
    counts: Vec<u64>,
}

impl Histogram {
    /// Nothing.
    pub(super) const EMPTY: Self = Self { first: 0, counts: Vec::new() };

    /// Counts one latency.
    pub fn add(&mut self, latency: Duration) {
        self.add_to(bucket::index(latency), 1);
    }

    /// Adds all that another counted. A count stops at `u64::MAX`.
    pub fn merge(&mut self, other: &Self) {
        let Some(last) = other.counts.len().checked_sub(1) else { return };
        self.reach(other.first);
        self.reach(other.first.saturating_add(last));
        let offset = other.first.saturating_sub(self.first);
        for (own, more) in self.counts.iter_mut().skip(offset).zip(&other.counts) {
            *own = own.saturating_add(*more);
        }
    }

    /// How many latencies were counted.
    pub fn count(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Whether none was counted.
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|count| *count == 0)
    }

    /// The latency that a share of the requests stayed within; `None` if there were none.
    pub fn percentile(&self, percentile: Percentile) -> Option<Duration> {
        percentile_of(percentile, self.count(), || self.buckets())
    }

    /// The buckets that are not empty, by rising latency.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> {
        let counts = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        counts.map(|(at, count)| Bucket { index: self.first.saturating_add(at), count: *count })
    }

    /// What was counted since an earlier state of the same counts. `None` if a count fell: then it
    /// is no earlier state.
    pub(super) fn since(&self, earlier: &Self) -> Option<Self> {
        let mut since = self.clone();
        for bucket in earlier.buckets() {
            let at = bucket.index.checked_sub(since.first)?;
            let count = since.counts.get_mut(at)?;
            *count = count.checked_sub(bucket.count)?;
        }
        Some(since)
    }

    pub(super) fn add_to(&mut self, index: usize, count: u64) {
        self.reach(index);
        if let Some(own) = self.counts.get_mut(index.saturating_sub(self.first)) {
            *own = own.saturating_add(count);
        }
    }

    /// Makes room for a bucket.
    fn reach(&mut self, index: usize) {
        if self.counts.is_empty() {
            self.first = index;
        }
        if let Some(missing) = self.first.checked_sub(index) {
            self.counts.splice(0..0, std::iter::repeat_n(0, missing));
            self.first = index;
        }
        let length = index.saturating_sub(self.first).saturating_add(1);
        if self.counts.len() < length {
            self.counts.resize(length, 0);
        }
    }
}

/// The percentile of buckets that count so many latencies together.
pub(super) fn percentile_of<I: Iterator<Item = Bucket>>(
    percentile: Percentile,
    count: u64,
    buckets: impl Fn() -> I,
) -> Option<Duration> {
    let mut left = percentile.rank(count);
    for bucket in buckets() {
        left = left.saturating_sub(bucket.count);
        if left == 0 {
            return Some(bucket.middle());
        }
    }
    None
}

/// By what is counted.
impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        self.buckets().eq(other.buckets())
    }
}

impl Eq for Histogram {}

impl FromIterator<Duration> for Histogram {
    fn from_iter<I: IntoIterator<Item = Duration>>(latencies: I) -> Self {
        let mut histogram = Self::default();
        latencies.into_iter().for_each(|latency| histogram.add(latency));
        histogram
    }
}

/// One bucket of a [`Histogram`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    index: usize,
    count: u64,
}

impl Bucket {
    /// How many latencies it counts.
    pub const fn count(self) -> u64 {
        self.count
    }

    /// The shortest latency that it counts.
    pub const fn lower(self) -> Duration {
        Duration::from_micros(bucket::lower(self.index))
    }

    /// The latency up to which it counts. The last bucket also counts what is longer.
    pub const fn upper(self) -> Duration {
        Duration::from_micros(bucket::lower(self.index).saturating_add(bucket::width(self.index)))
    }

    /// The latency between both, which stands for all in the bucket.
    pub const fn middle(self) -> Duration {
        let width = Duration::from_nanos(bucket::width(self.index).saturating_mul(500));
        self.lower().saturating_add(width)
    }

    /// Its place among all buckets.
    pub(crate) const fn index(self) -> usize {
        self.index
    }

    pub(super) const fn new(index: usize, count: u64) -> Self {
        Self { index, count }
    }
}
