//! Weights as exact ratios.
//!
//! Source: semantics of `weight` in the TrafficSplit documents: weights are ratios, not percentages
//! ("weights are simpler to reason about").

use std::ops::Rem;

use crate::Share;

/// Weights, brought to the smallest whole numbers that stand in the same ratio.
///
/// 90:10 and 9:1 are the same weights:
///
/// ```
/// use smi_split::Weights;
///
/// let weights = Weights::new([1000, 500, 0])?;
/// assert_eq!(weights.as_slice(), [2, 1, 0]);
/// assert_eq!(weights.total(), 3);
/// assert_eq!(weights, Weights::new([2, 1, 0])?);
/// # Ok::<(), smi_split::WeightsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Weights {
    reduced: Box<[u64]>,
    total: u64,
}

impl Weights {
    /// Reduces `weights`. All may be zero.
    ///
    /// # Errors
    ///
    /// [`WeightsError::TooLarge`]: the reduced weights add up to more than 64 bits hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_split::{Weights, WeightsError};
    ///
    /// // These are 1:1, so their size does no harm.
    /// assert_eq!(Weights::new([u64::MAX, u64::MAX])?.as_slice(), [1, 1]);
    ///
    /// let coprime = Weights::new([u64::MAX, u64::MAX - 1]);
    /// assert_eq!(coprime, Err(WeightsError::TooLarge));
    /// # Ok::<(), WeightsError>(())
    /// ```
    pub fn new(weights: impl IntoIterator<Item = u64>) -> Result<Self, WeightsError> {
        let exact: Vec<u128> = weights.into_iter().map(u128::from).collect();
        Self::reduce(&exact)
    }

    /// Reduces sums of weights: what several entries of one backend come to may need more than 64
    /// bits before it is reduced.
    pub(crate) fn reduce(exact: &[u128]) -> Result<Self, WeightsError> {
        let divisor = exact.iter().copied().fold(0, gcd).max(1);
        let mut total = 0_u64;
        let mut reduced = Vec::with_capacity(exact.len());
        for weight in exact {
            let weight = u64::try_from(weight / divisor).map_err(|_| WeightsError::TooLarge)?;
            total = total.checked_add(weight).ok_or(WeightsError::TooLarge)?;
            reduced.push(weight);
        }
        Ok(Self { reduced: reduced.into(), total })
    }

    /// The reduced weights, in the order given.
    pub fn as_slice(&self) -> &[u64] {
        &self.reduced
    }

    /// The sum of the reduced weights: the length of the shortest sequence of picks that can show
    /// every share exactly.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The share of the weight at `index`; `None` if there is no such weight.
    pub fn share(&self, index: usize) -> Option<Share> {
        self.reduced.get(index).map(|weight| Share::new(*weight, self.total))
    }
}

/// Why weights can't be worked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// Reduced, they still add up to more than 64 bits hold. Nothing is rounded to make them fit.
    #[error("weights too large: reduced to whole numbers, they add up to more than 64 bits hold")]
    TooLarge,
    /// There is nothing to pick: no weight is above zero.
    #[error("no weight above zero: there is nothing to pick")]
    AllZero,
}

/// The greatest common divisor; of zero and `n` it is `n`.
pub(crate) fn gcd<N>(mut a: N, mut b: N) -> N
where
    N: Copy + Default + PartialEq + Rem<Output = N>,
{
    while b != N::default() {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_ratios_are_equal_weights() {
        let reduced = |weights: &[u64]| Weights::new(weights.iter().copied()).unwrap();
        assert_eq!(reduced(&[90, 10]), reduced(&[9, 1]));
        assert_eq!(reduced(&[10, 100, 1500]).as_slice(), [1, 10, 150]);
        assert_eq!(reduced(&[7]).as_slice(), [1]);
        assert_ne!(reduced(&[1, 2]), reduced(&[2, 1]));
    }

    #[test]
    fn all_zero_stays_zero() {
        let weights = Weights::new([0, 0]).unwrap();
        assert_eq!((weights.as_slice(), weights.total()), ([0, 0].as_slice(), 0));
        assert_eq!(weights.share(0).unwrap().to_string(), "0/1");
        assert_eq!(weights.share(2), None);
        assert_eq!(Weights::new([]).unwrap().total(), 0);
    }

    #[test]
    fn a_sum_beyond_64_bits_is_an_error() {
        assert_eq!(Weights::new([u64::MAX, 1]), Err(WeightsError::TooLarge));
        assert_eq!(Weights::new([u64::MAX - 1, 1]).unwrap().total(), u64::MAX);
        assert_eq!(Weights::reduce(&[1 << 64, 1]), Err(WeightsError::TooLarge));
        assert_eq!(Weights::reduce(&[1 << 64, 1 << 63]).unwrap().as_slice(), [2, 1]);
    }

    proptest! {
        #[test]
        fn reduction_keeps_every_ratio(
            weights in prop::collection::vec(0..1_000_000_u64, 1..20),
            factor in 1..1_000_u64,
        ) {
            let reduced = Weights::new(weights.iter().map(|weight| weight * factor)).unwrap();
            let total: u64 = weights.iter().sum();
            prop_assert_eq!(&reduced, &Weights::new(weights.clone()).unwrap());
            for (&given, &got) in weights.iter().zip(reduced.as_slice()) {
                prop_assert_eq!(
                    u128::from(given) * u128::from(reduced.total()),
                    u128::from(got) * u128::from(total)
                );
            }
            let common = reduced.as_slice().iter().copied().fold(0, gcd);
            prop_assert!(common <= 1, "not fully reduced: {:?}", reduced);
        }

        #[test]
        fn shares_are_reduced_and_add_up(weights in prop::collection::vec(0..1_000_u64, 1..9)) {
            let weights = Weights::new(weights).unwrap();
            prop_assume!(weights.total() > 0);
            // Over the common denominator, the numerators of all shares add up to it.
            let mut sum = 0;
            for index in 0..weights.as_slice().len() {
                let share = weights.share(index).unwrap();
                prop_assert_eq!(gcd(share.numerator(), share.denominator()), 1);
                sum += share.numerator() * (weights.total() / share.denominator());
            }
            prop_assert_eq!(sum, weights.total());
        }
    }
}
