//! Whether a canary does worse than what it is to replace.

mod exact;

use std::fmt;
use std::time::Duration;

use crate::{Percentile, Tally};

/// Compares a canary with its baseline: two backends of a split over the same window.
///
/// A difference counts only if chance would bring it about rarely (Fisher's exact test, one-sided,
/// which is exact for any number of requests) and only if it is large enough to matter.
///
/// # Examples
///
/// ```
/// use smi_metrics_model::canary::{Counts, Judge, Verdict};
///
/// let judge = Judge::default();
/// let baseline = Counts { success: 9_990, failure: 10 };
/// let canary = judge.success(baseline, Counts { success: 95, failure: 5 });
/// assert_eq!(canary.verdict(), Verdict::Worse);
/// assert_eq!(
///     canary.to_string(),
///     "success rate 95.00%, baseline 99.90%: worse (by chance with p = 0.000)"
/// );
///
/// let canary = judge.success(baseline, Counts { success: 100, failure: 0 });
/// assert_eq!(canary.verdict(), Verdict::NoDifference);
/// let canary = judge.success(baseline, Counts { success: 3, failure: 0 });
/// assert_eq!(canary.verdict(), Verdict::TooFewRequests);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judge {
    confidence: Confidence,
    minimum: u64,
    latency_tolerance: u32,
}

impl Judge {
    /// How sure to be that a difference is none by chance. 95 % at first.
    #[must_use]
    pub const fn with_confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// How many requests both must have had, to judge at all. 20 at first.
    #[must_use]
    pub const fn with_minimum(mut self, requests: u64) -> Self {
        self.minimum = requests;
        self
    }

    /// How many per cent slower or faster is no difference. 10 at first, for the histograms bring
    /// up to 3.
    #[must_use]
    pub const fn with_latency_tolerance(mut self, percent: u32) -> Self {
        self.latency_tolerance = percent;
        self
    }

    /// Compares how many requests failed.
    pub fn success(self, baseline: Counts, canary: Counts) -> SuccessComparison {
        let (worse, better) =
            exact::tails((canary.failure, canary.success), (baseline.failure, baseline.success));
        let verdict = self.verdict(baseline.total(), canary.total(), worse, better);
        SuccessComparison { baseline, canary, p_value: worse.min(better), verdict }
    }

    /// Compares how long a share of the requests took.
    ///
    /// The canary is worse if more of its requests than chance explains are slower than this
    /// percentile of all requests of both, and if its own percentile is longer than the baseline's
    /// by more than the tolerance.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use smi_metrics_model::canary::{Judge, Verdict};
    /// use smi_metrics_model::{Outcome, Percentile, Tally};
    ///
    /// let (mut baseline, mut canary) = (Tally::default(), Tally::default());
    /// for millis in 0..1_000 {
    ///     baseline.add(Duration::from_millis(millis), Outcome::Success);
    ///     canary.add(Duration::from_millis(millis * 2), Outcome::Success);
    /// }
    /// let comparison = Judge::default().latency(&baseline, &canary, Percentile::P90);
    /// assert_eq!(comparison.verdict(), Verdict::Worse);
    /// ```
    pub fn latency(
        self,
        baseline: &Tally,
        canary: &Tally,
        percentile: Percentile,
    ) -> LatencyComparison {
        let mut both = baseline.clone();
        both.merge(canary);
        let threshold = both.latency(percentile).unwrap_or_default();
        let canary_counts = slower(canary, threshold);
        let baseline_counts = slower(baseline, threshold);
        let (worse, better) = exact::tails(canary_counts, baseline_counts);
        let total = |(slow, fast): (u64, u64)| slow.saturating_add(fast);
        let mut verdict = self.verdict(total(baseline_counts), total(canary_counts), worse, better);
        let (baseline, canary) = (baseline.latency(percentile), canary.latency(percentile));
        if let (Some(baseline), Some(canary)) = (baseline, canary) {
            let tolerance = baseline.saturating_mul(self.latency_tolerance) / 100;
            if baseline.abs_diff(canary) <= tolerance
                && matches!(verdict, Verdict::Better | Verdict::Worse)
            {
                verdict = Verdict::NoDifference;
            }
        }
        LatencyComparison { percentile, baseline, canary, p_value: worse.min(better), verdict }
    }

    fn verdict(self, baseline: u64, canary: u64, worse: f64, better: f64) -> Verdict {
        let level = self.confidence.level();
        if baseline.min(canary) < self.minimum.max(1) {
            Verdict::TooFewRequests
        } else if worse <= level {
            Verdict::Worse
        } else if better <= level {
            Verdict::Better
        } else {
            Verdict::NoDifference
        }
    }
}

impl Default for Judge {
    fn default() -> Self {
        Self { confidence: Confidence::P95, minimum: 20, latency_tolerance: 10 }
    }
}

/// How sure to be that a difference is none by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// 90 %: one alarm in ten is false.
    P90,
    /// 95 %.
    P95,
    /// 99 %.
    P99,
    /// 99.9 %: for those who look often.
    P999,
}

impl Confidence {
    const fn level(self) -> f64 {
        match self {
            Self::P90 => 0.1,
            Self::P95 => 0.05,
            Self::P99 => 0.01,
            Self::P999 => 0.001,
        }
    }
}

/// What a controller can act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The canary does worse: roll back.
    Worse,
    /// The canary does better: go on.
    Better,
    /// Nothing that chance doesn't explain: go on.
    NoDifference,
    /// Wait for more requests.
    TooFewRequests,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Worse => "worse",
            Self::Better => "better",
            Self::NoDifference => "no difference",
            Self::TooFewRequests => "too few requests",
        })
    }
}

/// How many requests succeeded and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// `success_count`
    pub success: u64,
    /// `failure_count`
    pub failure: u64,
}

impl Counts {
    /// All requests.
    pub const fn total(self) -> u64 {
        self.success.saturating_add(self.failure)
    }

    /// The share that succeeded, from 0 to 1; `None` without requests.
    pub fn success_rate(self) -> Option<f64> {
        let total = self.success as f64 + self.failure as f64;
        (total > 0.0).then(|| self.success as f64 / total)
    }
}

impl From<&Tally> for Counts {
    fn from(tally: &Tally) -> Self {
        Self { success: tally.success_count(), failure: tally.failure_count() }
    }
}

/// How the success rates of a canary and its baseline compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SuccessComparison {
    baseline: Counts,
    canary: Counts,
    p_value: f64,
    verdict: Verdict,
}

impl SuccessComparison {
    /// What it comes to.
    pub const fn verdict(self) -> Verdict {
        self.verdict
    }

    /// How often chance alone would bring about such a difference or a larger one, from 0 to 1.
    pub const fn p_value(self) -> f64 {
        self.p_value
    }
}

/// The statement in one line.
impl fmt::Display for SuccessComparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = |counts: Counts| match counts.success_rate() {
            Some(rate) => format!("{:.2}%", rate * 100.0),
            None => "unknown".to_owned(),
        };
        let (canary, baseline) = (rate(self.canary), rate(self.baseline));
        write!(f, "success rate {canary}, baseline {baseline}: ")?;
        write!(f, "{} (by chance with p = {:.3})", self.verdict, self.p_value)
    }
}

/// How the latencies of a canary and its baseline compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatencyComparison {
    percentile: Percentile,
    baseline: Option<Duration>,
    canary: Option<Duration>,
    p_value: f64,
    verdict: Verdict,
}

impl LatencyComparison {
    /// What it comes to.
    pub const fn verdict(self) -> Verdict {
        self.verdict
    }

    /// How often chance alone would bring about such a difference or a larger one, from 0 to 1.
    pub const fn p_value(self) -> f64 {
        self.p_value
    }

    /// The canary's percentile; `None` without requests.
    pub const fn canary(self) -> Option<Duration> {
        self.canary
    }

    /// The baseline's percentile; `None` without requests.
    pub const fn baseline(self) -> Option<Duration> {
        self.baseline
    }
}

/// The statement in one line.
impl fmt::Display for LatencyComparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let latency = |latency: Option<Duration>| match latency {
            Some(latency) => format!("{:.1} ms", latency.as_secs_f64() * 1_000.0),
            None => "unknown".to_owned(),
        };
        let (canary, baseline) = (latency(self.canary), latency(self.baseline));
        let share = self.percentile.share() * 100.0;
        write!(f, "latency of {share}% {canary}, baseline {baseline}: ")?;
        write!(f, "{} (by chance with p = {:.3})", self.verdict, self.p_value)
    }
}

/// How many requests took longer than this, and how many did not.
fn slower(tally: &Tally, threshold: Duration) -> (u64, u64) {
    let buckets = tally.success().buckets().chain(tally.failure().buckets());
    buckets.fold((0_u64, 0_u64), |(slow, fast), bucket| {
        if bucket.middle() > threshold {
            (slow.saturating_add(bucket.count()), fast)
        } else {
            (slow, fast.saturating_add(bucket.count()))
        }
    })
}
