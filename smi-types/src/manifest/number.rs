use std::fmt;

/// A number of a manifest.
///
/// Prints as the shortest decimal that reads back as the same number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number from 0 to `u64::MAX`.
    Unsigned(u64),
    /// A whole number from `i64::MIN` to -1.
    Negative(i64),
    /// Any other number. JSON and YAML do not tell `1.0` from `1`, nor do API servers; what counts
    /// is [`to_u64`](Self::to_u64).
    Float(f64),
}

impl Number {
    /// The value, if it is a whole number from 0 to `u64::MAX`, be it written `80` or `80.0`.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::manifest::Number;
    ///
    /// assert_eq!(Number::Float(80.0).to_u64(), Some(80));
    /// assert_eq!(Number::Float(80.5).to_u64(), None);
    /// assert_eq!(Number::Negative(-80).to_u64(), None);
    /// ```
    pub fn to_u64(self) -> Option<u64> {
        // 2^64, the first float that doesn't fit.
        const END: f64 = 18_446_744_073_709_551_616.0;
        match self {
            Self::Unsigned(number) => Some(number),
            Self::Negative(_) => None,
            // The bounds were checked and there is no fraction: the cast is exact.
            Self::Float(number) => {
                (number.fract() == 0.0 && (0.0..END).contains(&number)).then_some(number as u64)
            }
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned(number) => number.fmt(f),
            Self::Negative(number) => number.fmt(f),
            Self::Float(number)
                if number.abs() >= 1e21 || (*number != 0.0 && number.abs() < 1e-7) =>
            {
                write!(f, "{number:e}")
            }
            Self::Float(number) => number.fmt(f),
        }
    }
}
