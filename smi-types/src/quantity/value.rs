//! The value of a quantity, in factors.

use super::QuantityError;

/// The largest decimal exponent that is read, in either direction.
///
/// Exponents are only added and compared, so the bound is not about memory. It keeps the sums far
/// from overflow and covers every finite `f64`.
pub(super) const MAX_EXPONENT: i32 = 1_000;

/// `mantissa` · 2^`twos` · 5^`fives`, and the sign.
///
/// The mantissa has neither 2 nor 5 as a factor, and zero is all zeros, so there is one
/// representation of each value, and the derived equality is equality of values.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Value {
    pub(super) negative: bool,
    pub(super) mantissa: u128,
    pub(super) twos: i32,
    pub(super) fives: i32,
}

impl Value {
    const ZERO: Self = Self { negative: false, mantissa: 0, twos: 0, fives: 0 };

    /// Moves the factors 2 and 5 out of the mantissa.
    pub(super) fn new(negative: bool, mut mantissa: u128, twos: i32, fives: i32) -> Self {
        if mantissa == 0 {
            return Self::ZERO;
        }
        let (mut twos, mut fives) = (twos, fives);
        while mantissa.is_multiple_of(2) {
            mantissa /= 2;
            twos = twos.saturating_add(1);
        }
        while mantissa.is_multiple_of(5) {
            mantissa /= 5;
            fives = fives.saturating_add(1);
        }
        Self { negative, mantissa, twos, fives }
    }

    pub(super) fn parse(text: &str) -> Result<Self, QuantityError> {
        let syntax = || QuantityError::Syntax { text: text.to_owned() };
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, rest) = split_digits(unsigned);
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => split_digits(rest),
            None => ("", rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(syntax());
        }
        let scale = Scale::parse(suffix).ok_or_else(syntax)?;
        if scale.tens.abs() > MAX_EXPONENT {
            return Err(QuantityError::Exponent { text: text.to_owned() });
        }

        // Zeros at the end of the digits become part of the exponent, so that they cost no bits.
        let mut mantissa = 0_u128;
        let mut zeros = 0_u32;
        let mut tens = scale.tens;
        for digit in whole.bytes().chain(fraction.bytes()).map(|byte| byte.saturating_sub(b'0')) {
            if digit == 0 {
                zeros = zeros.saturating_add(1);
                continue;
            }
            mantissa = shift(mantissa, zeros.saturating_add(1))
                .and_then(|shifted| shifted.checked_add(digit.into()))
                .ok_or_else(|| QuantityError::TooPrecise { text: text.to_owned() })?;
            zeros = 0;
        }
        tens = tens.saturating_add_unsigned(zeros).saturating_sub_unsigned(length(fraction));
        Ok(Self::new(negative, mantissa, tens.saturating_add(scale.twos), tens))
    }

    /// The absolute value, if it is whole and fits 64 bits.
    pub(super) fn integer(self) -> Option<u64> {
        u64::try_from(self.magnitude()?).ok()
    }

    /// The absolute value, if it is whole and fits 128 bits.
    pub(super) fn magnitude(self) -> Option<u128> {
        if self.mantissa == 0 {
            return Some(0);
        }
        let twos = u32::try_from(self.twos).ok()?;
        let fives = u32::try_from(self.fives).ok()?;
        self.mantissa
            .checked_mul(5_u128.checked_pow(fives)?)?
            .checked_mul(2_u128.checked_pow(twos)?)
    }

    /// The absolute value as decimal digits without zeros at the end, and a power of ten; `None` if
    /// the digits don't fit 128 bits.
    pub(super) fn decimal(self) -> Option<(u128, i32)> {
        let tens = self.twos.min(self.fives);
        let digits = Self {
            twos: self.twos.checked_sub(tens)?,
            fives: self.fives.checked_sub(tens)?,
            ..self
        };
        Some((digits.magnitude()?, tens))
    }

    /// The value with the other sign.
    pub(super) fn negated(self) -> Self {
        Self { negative: !self.negative && self.mantissa != 0, ..self }
    }

    /// The sum, if its digits fit 128 bits.
    pub(super) fn checked_add(self, other: Self) -> Option<Self> {
        if self.mantissa == 0 || other.mantissa == 0 {
            return Some(if self.mantissa == 0 { other } else { self });
        }
        let twos = self.twos.min(other.twos);
        let fives = self.fives.min(other.fives);
        let whole = |value: Self| {
            let twos = value.twos.checked_sub(twos)?;
            let fives = value.fives.checked_sub(fives)?;
            Self { twos, fives, ..value }.magnitude()
        };
        let (left, right) = (whole(self)?, whole(other)?);
        let (negative, mantissa) = if self.negative == other.negative {
            (self.negative, left.checked_add(right)?)
        } else if left >= right {
            (self.negative, left.abs_diff(right))
        } else {
            (other.negative, left.abs_diff(right))
        };
        let sum = Self::new(negative, mantissa, twos, fives);
        // Whatever is built can be written.
        sum.decimal().map(|_| sum)
    }
}

/// The factor of a suffix: 10^`tens` · 2^`twos`.
struct Scale {
    tens: i32,
    twos: i32,
}

impl Scale {
    fn parse(suffix: &str) -> Option<Self> {
        let decimal = |tens| Some(Self { tens, twos: 0 });
        let binary = |twos| Some(Self { tens: 0, twos });
        match suffix {
            "n" => decimal(-9),
            "u" => decimal(-6),
            "m" => decimal(-3),
            "" => decimal(0),
            "k" => decimal(3),
            "M" => decimal(6),
            "G" => decimal(9),
            "T" => decimal(12),
            "P" => decimal(15),
            "E" => decimal(18),
            "Ki" => binary(10),
            "Mi" => binary(20),
            "Gi" => binary(30),
            "Ti" => binary(40),
            "Pi" => binary(50),
            "Ei" => binary(60),
            _ => decimal(exponent(suffix.strip_prefix(['e', 'E'])?)?),
        }
    }
}

/// The leading ASCII digits of a text, and the rest.
fn split_digits(text: &str) -> (&str, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Reads the digits of an exponent. One that is too large saturates; the caller bounds it.
fn exponent(text: &str) -> Option<i32> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, rest) = split_digits(digits);
    if digits.is_empty() || !rest.is_empty() {
        return None;
    }
    let magnitude = digits.parse().unwrap_or(i32::MAX);
    Some(if negative { magnitude.saturating_neg() } else { magnitude })
}

/// `number` · 10^`places`, if that fits.
fn shift(number: u128, places: u32) -> Option<u128> {
    if number == 0 { Some(0) } else { number.checked_mul(10_u128.checked_pow(places)?) }
}

/// The length of a text that is known to be short.
fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

/// The greatest common divisor; `gcd(0, n)` is `n`.
pub(crate) fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
