//! Which part of the latencies lies below a latency.

/// A share of requests, in thousandths.
///
/// # Examples
///
/// ```
/// use smi_metrics_model::Percentile;
///
/// assert_eq!(Percentile::per_mille(990), Some(Percentile::P99));
/// assert_eq!(Percentile::per_mille(1_001), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percentile(u16);

impl Percentile {
    /// Half of the requests: the median.
    pub const P50: Self = Self(500);
    /// 90 % of the requests.
    pub const P90: Self = Self(900);
    /// 99 % of the requests.
    pub const P99: Self = Self(990);

    /// A share in thousandths, from 0 to 1000.
    pub const fn per_mille(share: u16) -> Option<Self> {
        if share <= 1_000 { Some(Self(share)) } else { None }
    }

    /// The share, from 0 to 1.
    pub fn share(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }

    /// Which one of `count` sorted latencies it is, counted from 1: the first that this share of
    /// them does not exceed (nearest rank).
    pub(super) fn rank(self, count: u64) -> u64 {
        let rank = (u128::from(count) * u128::from(self.0)).div_ceil(1_000);
        u64::try_from(rank).unwrap_or(count).clamp(1, count.max(1))
    }
}
