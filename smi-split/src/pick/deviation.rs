//! How even a rotation is: what the tests of both kinds of rotation measure.

use crate::Weights;

/// Counts of picks, and how far they ever were from the exact shares.
#[derive(Debug)]
pub(super) struct Deviation {
    weights: Vec<u64>,
    total: i128,
    counts: Vec<u64>,
    picks: i128,
    /// The largest |count · total − picks · weight| seen: the deviation in turns, times `total`.
    largest: i128,
    /// The sum of the deviations of all indices after all picks, in turns.
    sum: f64,
}

impl Deviation {
    pub(super) fn new(weights: &Weights) -> Self {
        Self {
            weights: weights.as_slice().to_vec(),
            total: weights.total().into(),
            counts: vec![0; weights.as_slice().len()],
            picks: 0,
            largest: 0,
            sum: 0.0,
        }
    }

    pub(super) fn count(&mut self, index: usize) {
        self.counts[index] += 1;
        self.picks += 1;
        for (count, weight) in self.counts.iter().zip(&self.weights) {
            let exact = self.picks * i128::from(*weight);
            let deviation = (i128::from(*count) * self.total - exact).abs();
            self.largest = self.largest.max(deviation);
            self.sum += deviation as f64 / self.total as f64;
        }
    }

    pub(super) fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Whether no index was ever as much as `turns` away from its share.
    pub(super) fn is_below(&self, turns: i128) -> bool {
        self.largest < turns * self.total
    }

    pub(super) fn largest(&self) -> f64 {
        self.largest as f64 / self.total as f64
    }

    /// The mean deviation of an index at any time, in turns.
    pub(super) fn mean(&self) -> f64 {
        self.sum / (self.picks as f64 * self.weights.len() as f64)
    }
}
