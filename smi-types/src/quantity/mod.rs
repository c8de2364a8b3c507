//! Kubernetes quantities, exact.
//!
//! TrafficSplit v1alpha1 weighs its backends with Kubernetes' `resource.Quantity`: a decimal number
//! with a suffix (`500m`, `1k`, `2Ki`) or an exponent (`1e3`). Kubernetes rounds what is finer than
//! `n` and caps what is above 2^63 - 1. Weights are ratios, so here nothing is rounded or capped.
//! Traffic metrics count and measure with them: hence order, sums and Kubernetes' canonical form.

mod arithmetic;
mod canonical;
mod order;
mod value;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub(crate) use self::value::gcd;
use self::value::{MAX_EXPONENT, Value};

/// The longest text that is read as a quantity, in bytes.
const MAX_LENGTH: usize = 128;

/// A Kubernetes quantity: an exact decimal number.
///
/// Two quantities are equal if their values are: `1`, `1.0` and `1000m` are one quantity. The text
/// that was read is kept, and [`Display`](fmt::Display) and `Serialize` write it back unchanged.
///
/// Source: `k8s.io/apimachinery/pkg/api/resource`, whose grammar this is. A digit is required, so
/// `.` and `+`, which apimachinery reads as zero by accident, are errors.
///
/// # Examples
///
/// ```
/// use smi_types::quantity::Quantity;
///
/// let half = Quantity::parse("500m")?;
/// assert_eq!(half, Quantity::parse("0.5")?);
/// assert_eq!(half.to_string(), "500m");
///
/// let error = Quantity::parse("1%").unwrap_err();
/// assert!(error.to_string().starts_with("`1%` is no quantity"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Quantity {
    text: Box<str>,
    value: Value,
}

impl Quantity {
    /// Reads a quantity.
    ///
    /// # Errors
    ///
    /// The text is no quantity, is longer than 128 bytes, has more significant digits than 128
    /// bits hold, or an exponent beyond 1000.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::quantity::Quantity;
    ///
    /// assert_eq!(Quantity::parse("1e3")?, Quantity::parse("1k")?);
    /// assert!(Quantity::parse("1 k").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        if text.len() > MAX_LENGTH {
            return Err(QuantityError::TooLong { length: text.len() });
        }
        let value = Value::parse(text)?;
        Ok(Self { text: text.into(), value })
    }

    /// The text as it was read.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the value is zero.
    pub fn is_zero(&self) -> bool {
        self.value.mantissa == 0
    }

    /// Whether the value is below zero. `-0` is not.
    pub fn is_negative(&self) -> bool {
        self.value.negative
    }

    /// Whether the value is a whole number.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::quantity::Quantity;
    ///
    /// assert!(Quantity::parse("3000m")?.is_integer());
    /// assert!(!Quantity::parse("500m")?.is_integer());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_integer(&self) -> bool {
        self.value.twos >= 0 && self.value.fives >= 0
    }

    /// The value, if it is a whole number from 0 to `u64::MAX`.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::quantity::Quantity;
    ///
    /// assert_eq!(Quantity::parse("1.5k")?.to_u64(), Some(1500));
    /// assert_eq!(Quantity::parse("1.5")?.to_u64(), None);
    /// assert_eq!(Quantity::parse("-1")?.to_u64(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_u64(&self) -> Option<u64> {
        if self.value.negative { None } else { self.value.integer() }
    }

    /// The quantities as the smallest whole numbers that stand in the same ratio.
    ///
    /// Brings all to whole numbers by one common factor and divides by the greatest common
    /// divisor. If all are zero, all answers are zero.
    ///
    /// # Errors
    ///
    /// A quantity is negative, or a reduced number or the sum of all doesn't fit 64 bits. Nothing
    /// is ever rounded to make it fit.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::quantity::Quantity;
    ///
    /// let (one, half) = (Quantity::parse("1")?, Quantity::parse("500m")?);
    /// assert_eq!(Quantity::ratios(&[&one, &half])?, [2, 1]);
    ///
    /// let (huge, tiny) = (Quantity::parse("1E")?, Quantity::parse("1n")?);
    /// assert!(Quantity::ratios(&[&huge, &tiny]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ratios(quantities: &[&Self]) -> Result<Vec<u64>, RatioError> {
        let wide = Self::wide_ratios(quantities)?;
        let ratios = wide.into_iter().map(|ratio| u64::try_from(ratio).ok());
        let ratios: Vec<u64> = ratios.collect::<Option<_>>().ok_or(RatioError::TooLarge)?;
        let sum = ratios.iter().try_fold(0_u64, |sum, ratio| sum.checked_add(*ratio));
        sum.map(|_| ratios).ok_or(RatioError::TooLarge)
    }

    /// As [`ratios`](Self::ratios), in 128 bits, whatever they add up to: for a caller who adds some
    /// of them up, and reduces the sums.
    ///
    /// # Errors
    ///
    /// A quantity is negative, or a reduced number doesn't fit 128 bits.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::quantity::Quantity;
    ///
    /// let parse = Quantity::parse;
    /// let (huge, tiny) = (parse("1E")?, parse("1n")?);
    /// assert_eq!(Quantity::wide_ratios(&[&huge, &tiny])?, [10_u128.pow(27), 1]);
    ///
    /// assert!(Quantity::wide_ratios(&[&parse("1e30")?, &tiny]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wide_ratios(quantities: &[&Self]) -> Result<Vec<u128>, RatioError> {
        if let Some(index) = quantities.iter().position(|quantity| quantity.is_negative()) {
            return Err(RatioError::Negative { index });
        }
        let positive = || quantities.iter().map(|q| q.value).filter(|value| value.mantissa != 0);
        let twos = positive().map(|value| value.twos).min().unwrap_or(0);
        let fives = positive().map(|value| value.fives).min().unwrap_or(0);
        // The mantissas have neither 2 nor 5 as a factor. So the greatest common divisor is the
        // product of these three, and the numbers are never written out before they are reduced.
        let divisor = positive().map(|value| value.mantissa).fold(0, gcd).max(1);

        let reduced = |quantity: &&Self| {
            let Value { mantissa, twos: own_twos, fives: own_fives, .. } = quantity.value;
            let reduced = Value {
                negative: false,
                mantissa: mantissa / divisor,
                twos: own_twos.saturating_sub(twos),
                fives: own_fives.saturating_sub(fives),
            };
            reduced.magnitude().ok_or(RatioError::TooLarge)
        };
        quantities.iter().map(reduced).collect()
    }
}

/// Zero.
impl Default for Quantity {
    fn default() -> Self {
        Self::from(0)
    }
}

impl From<u64> for Quantity {
    fn from(number: u64) -> Self {
        let text = number.to_string().into_boxed_str();
        Self { text, value: Value::new(false, number.into(), 0, 0) }
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// By value: `1` equals `1000m`.
impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Quantity {}

/// By value, as equality is.
impl Hash for Quantity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Quantity({})", self.text)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Written as a string, as Kubernetes writes it.
impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Read from a string or a number. A number with a fraction counts as its shortest decimal form:
/// `0.1` is one tenth.
impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(QuantityVisitor)
    }
}

/// Why a text is no quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuantityError {
    /// The text does not have the form of a quantity.
    #[error(
        "`{}` is no quantity: expected a decimal number, then nothing, one of the suffixes \
         n u m k M G T P E Ki Mi Gi Ti Pi Ei, or an exponent such as e3",
        .text.escape_debug()
    )]
    Syntax {
        /// The text.
        text: String,
    },
    /// The text is longer than any quantity needs to be.
    #[error("a quantity of {length} bytes: at most {MAX_LENGTH} are read")]
    TooLong {
        /// The length of the text in bytes.
        length: usize,
    },
    /// The number has too many significant digits.
    #[error("`{text}` has more significant digits than a quantity may: 128 bits must hold them")]
    TooPrecise {
        /// The text.
        text: String,
    },
    /// The exponent is too far from zero.
    #[error("`{text}` has an exponent outside -{MAX_EXPONENT} to {MAX_EXPONENT}")]
    Exponent {
        /// The text.
        text: String,
    },
}

/// Why quantities have no ratio in whole numbers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RatioError {
    /// A quantity is below zero.
    #[error("weight number {} is negative", .index.saturating_add(1))]
    Negative {
        /// Which one, counted from 0.
        index: usize,
    },
    /// A reduced number, or the sum of all, needs more than 64 bits.
    #[error("the weights are too far apart: reduced to whole numbers, they don't fit 64 bits")]
    TooLarge,
}

struct QuantityVisitor;

impl de::Visitor<'_> for QuantityVisitor {
    type Value = Quantity;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a quantity: a number, or a string such as `500m`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Quantity, E> {
        Quantity::parse(text).map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Quantity, E> {
        Ok(Quantity::from(number))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Quantity, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u128<E: de::Error>(self, number: u128) -> Result<Quantity, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i128<E: de::Error>(self, number: i128) -> Result<Quantity, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Quantity, E> {
        if !number.is_finite() {
            return Err(E::invalid_value(de::Unexpected::Float(number), &self));
        }
        // Both forms are the shortest that reads back as the same number.
        let magnitude = number.abs();
        if magnitude == 0.0 || (1e-9..1e21).contains(&magnitude) {
            self.visit_str(&format!("{number}"))
        } else {
            self.visit_str(&format!("{number:e}"))
        }
    }
}
