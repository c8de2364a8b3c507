//! Whole numbers, as JSON has them.
//!
//! JSON knows numbers only, and API servers take `100.0` and `1e2` for the whole number 100. So a
//! float without fraction is read as one.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Unexpected, Visitor};

/// A whole number that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whole(pub(crate) i128);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WholeVisitor)
    }
}

/// Reads a list of whole numbers of 64 bits; null is the empty list.
pub(crate) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<i64>, D::Error> {
    let list: Vec<Whole> = Option::deserialize(deserializer)?.unwrap_or_default();
    list.into_iter()
        .map(|Whole(number)| {
            i64::try_from(number).map_err(|_| {
                de::Error::custom(format_args!("`{number}` does not fit a number of 64 bits"))
            })
        })
        .collect()
}

/// The value of a float, if it has no fraction: the shortest decimal number that reads as this
/// float, which is what was written unless that had more than 17 digits.
pub(crate) fn from_float(number: f64) -> Option<i128> {
    // `Display` never uses an exponent, and writes a point only before a fraction.
    number.to_string().parse().ok()
}

struct WholeVisitor;

impl Visitor<'_> for WholeVisitor {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Whole, E> {
        Ok(Whole(number.into()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Whole, E> {
        Ok(Whole(number.into()))
    }

    fn visit_i128<E: de::Error>(self, number: i128) -> Result<Whole, E> {
        Ok(Whole(number))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Whole, E> {
        from_float(number)
            .map(Whole)
            .ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
    }
}
