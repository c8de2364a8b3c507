/// A divisor whose remainders cost two multiplications.
///
/// A division takes about as long as everything else in a pick together.
#[derive(Clone, Copy)]
pub(super) struct Modulus {
    divisor: u64,
    /// ⌊(2^64 − 1) / divisor⌋
    reciprocal: u64,
}

impl Modulus {
    /// A `divisor` of 0 counts as 1.
    pub(super) fn new(divisor: u64) -> Self {
        let divisor = divisor.max(1);
        Self { divisor, reciprocal: u64::MAX / divisor }
    }

    #[inline]
    pub(super) fn remainder(self, dividend: u64) -> u64 {
        // The exact quotient is dividend / divisor. What is taken instead, dividend · reciprocal /
        // 2^64, is less by at most dividend / 2^64, so by less than 1; rounded down, by at most 1.
        let quotient = (u128::from(dividend) * u128::from(self.reciprocal)) >> 64;
        let remainder = dividend - quotient as u64 * self.divisor;
        if remainder >= self.divisor { remainder - self.divisor } else { remainder }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_remainder(
            dividend in prop_oneof![any::<u64>(), 0..1000_u64, u64::MAX - 1000..=u64::MAX],
            divisor in prop_oneof![any::<u64>(), 1..1000_u64, u64::MAX - 1000..=u64::MAX],
            shift in 0..64_u32,
        ) {
            let divisor = (divisor >> shift).max(1);
            let modulus = Modulus::new(divisor);
            for dividend in [dividend, dividend / divisor * divisor, divisor - 1, divisor] {
                prop_assert_eq!(modulus.remainder(dividend), dividend % divisor);
                let before = dividend.wrapping_sub(1);
                prop_assert_eq!(modulus.remainder(before), before % divisor);
            }
        }
    }
}
