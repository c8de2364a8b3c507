//! The order of quantities, exact at any size.

use std::cmp::Ordering;

use super::Quantity;
use super::value::Value;

/// By value, as equality is.
impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => magnitudes(*self, *other),
            (true, true) => magnitudes(*other, *self),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn magnitudes(left: Value, right: Value) -> Ordering {
    if left.mantissa == 0 || right.mantissa == 0 {
        return left.mantissa.cmp(&right.mantissa);
    }
    // Both are divided by the powers that they share: what is left is whole.
    let twos = left.twos.min(right.twos);
    let fives = left.fives.min(right.fives);
    let rest = |value: Value| Value {
        twos: value.twos.saturating_sub(twos),
        fives: value.fives.saturating_sub(fives),
        ..value
    };
    let (left, right) = (rest(left), rest(right));
    match (left.magnitude(), right.magnitude()) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => Large::new(left).cmp(&Large::new(right)),
    }
}

/// A whole number of any size, in digits to the base 2^32, the lowest first.
struct Large(Vec<u32>);

impl Large {
    fn new(value: Value) -> Self {
        let mut large = Self(Vec::new());
        let mut mantissa = value.mantissa;
        while mantissa > 0 {
            large.0.push(u32::try_from(mantissa & 0xffff_ffff).unwrap_or(u32::MAX));
            mantissa >>= 32;
        }
        large.multiply(2, 31, value.twos);
        large.multiply(5, 13, value.fives);
        large
    }

    /// Multiplies with a power, by as much of it at a time as 32 bits hold.
    fn multiply(&mut self, base: u32, at_once: u32, exponent: i32) {
        let mut exponent = u32::try_from(exponent).unwrap_or(0);
        while exponent > 0 {
            let now = exponent.min(at_once);
            let factor = u64::from(base.saturating_pow(now));
            let mut carry = 0_u64;
            for digit in &mut self.0 {
                // At most (2^32 - 1)^2 + 2^32 - 1, which fits.
                carry = carry.saturating_add(u64::from(*digit).saturating_mul(factor));
                *digit = u32::try_from(carry & 0xffff_ffff).unwrap_or(u32::MAX);
                carry >>= 32;
            }
            if carry > 0 {
                self.0.push(u32::try_from(carry).unwrap_or(u32::MAX));
            }
            exponent = exponent.saturating_sub(now);
        }
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let length = self.0.len().cmp(&other.0.len());
        length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}
