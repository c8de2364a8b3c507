//! Sums, differences and powers of ten, exact or not at all.

use super::value::{MAX_EXPONENT, Value};
use super::{MAX_LENGTH, Quantity};

impl Quantity {
    /// `digits` · 10^`exponent`, in canonical form.
    ///
    /// `None` if the exponent is beyond 1000 in either direction.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::quantity::Quantity;
    ///
    /// let latency = Quantity::decimal(1_500, -6);
    /// assert_eq!(latency.map(|quantity| quantity.to_string()).as_deref(), Some("1500u"));
    /// assert_eq!(Quantity::decimal(1, 2_000), None);
    /// ```
    pub fn decimal(digits: i128, exponent: i32) -> Option<Self> {
        let is_near = exponent.checked_abs()? <= MAX_EXPONENT;
        if !is_near {
            return None;
        }
        Self::of(Value::new(digits < 0, digits.unsigned_abs(), exponent, exponent), "")
    }

    /// The nearest quantity with this many decimal places, in canonical form.
    ///
    /// `None` if the number is not finite, or needs more than 128 bytes to write out.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::quantity::Quantity;
    ///
    /// let count = Quantity::rounded(73.492_04, 3);
    /// assert_eq!(count.map(|quantity| quantity.to_string()).as_deref(), Some("73492m"));
    /// assert_eq!(Quantity::rounded(f64::NAN, 3), None);
    /// ```
    pub fn rounded(number: f64, places: u8) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        let text = format!("{number:.*}", usize::from(places));
        if text.len() > MAX_LENGTH {
            return None;
        }
        Self::parse(&text).ok().map(|quantity| quantity.canonical())
    }

    /// The sum, in canonical form; `None` if it needs more significant digits than 128 bits hold.
    ///
    /// As in Kubernetes, the result has the notation (suffixes such as `k`, such as `Ki`, or
    /// exponents) of the first number, or, if that is zero, of the second.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::quantity::Quantity;
    ///
    /// let (half, one) = (Quantity::parse("500m")?, Quantity::from(1));
    /// let sum = half.checked_add(&one);
    /// assert_eq!(sum.map(|sum| sum.to_string()).as_deref(), Some("1500m"));
    ///
    /// let (huge, tiny) = (Quantity::parse("1e40")?, Quantity::parse("1n")?);
    /// assert_eq!(huge.checked_add(&tiny), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        let like = if self.is_zero() { other } else { self };
        Self::of(self.value.checked_add(other.value)?, &like.text)
    }

    /// The difference; as [`Quantity::checked_add`].
    pub fn checked_sub(&self, other: &Self) -> Option<Self> {
        let like = if self.is_zero() { other } else { self };
        Self::of(self.value.checked_add(other.value.negated())?, &like.text)
    }

    /// The number times 10^`exponent`, in canonical form: seconds to milliseconds is 3.
    ///
    /// `None` if the exponent, or that of the result, is beyond 1000 in either direction, or if the
    /// result needs more significant digits than 128 bits hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::quantity::Quantity;
    ///
    /// let seconds = Quantity::parse("10m")?;
    /// assert_eq!(seconds.scaled(3), Some(Quantity::from(10)));
    /// assert_eq!(seconds.scaled(5_000), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn scaled(&self, exponent: i32) -> Option<Self> {
        let Value { negative, mantissa, twos, fives } = self.value;
        let twos = twos.checked_add(exponent)?;
        let fives = fives.checked_add(exponent)?;
        let is_near = |exponent: i32| exponent.checked_abs().is_some_and(|e| e <= MAX_EXPONENT);
        // Zero has no exponent to be too large.
        if mantissa != 0 && !(is_near(twos) && is_near(fives)) {
            return None;
        }
        Self::of(Value::new(negative, mantissa, twos, fives), &self.text)
    }

    /// The nearest floating-point number. It is finite unless the quantity is beyond `f64::MAX`,
    /// and never NaN.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::quantity::Quantity;
    ///
    /// assert_eq!(Quantity::parse("100m")?.to_f64(), 0.1);
    /// assert_eq!(Quantity::parse("-2Ki")?.to_f64(), -2048.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_f64(&self) -> f64 {
        let Value { negative, mantissa, twos, fives } = self.value;
        let magnitude = match self.value.decimal() {
            Some((digits, tens)) => format!("{digits}e{tens}").parse().unwrap_or(0.0),
            // Beyond 38 digits. Steps, because a power alone may be out of range.
            None => {
                let shared = twos.min(fives);
                let tens: f64 = format!("{mantissa}e{shared}").parse().unwrap_or(0.0);
                let twos = twos.saturating_sub(shared);
                let fives = fives.saturating_sub(shared);
                tens * 2_f64.powi(twos) * 5_f64.powi(fives)
            }
        };
        if negative { -magnitude } else { magnitude }
    }
}
