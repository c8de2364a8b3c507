//! `port` of a TrafficTarget v1alpha1 and v1alpha2.
//!
//! The official CRD wants a number, the Go SDK has a string, so manifests have both. 0 and `"0"`
//! say that there is no port, as absence does.

use std::fmt;

use serde::de::{self, Deserializer, Unexpected, Visitor};

use super::whole;

/// Reads a port: a whole number, a string of decimal digits, or null.
pub(crate) fn deserialize<'de, D>(deserializer: D) -> Result<Option<u16>, D::Error>
where
    D: Deserializer<'de>,
{
    deserializer.deserialize_any(PortVisitor)
}

/// Whether the port says that there is none, and is left out when written.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
pub(crate) fn is_none(port: &Option<u16>) -> bool {
    matches!(port, None | Some(0))
}

struct PortVisitor;

impl PortVisitor {
    fn port(number: i128) -> Option<Option<u16>> {
        let port = u16::try_from(number).ok()?;
        Some((port != 0).then_some(port))
    }
}

impl<'de> Visitor<'de> for PortVisitor {
    type Value = Option<u16>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a port: a whole number from 0 to 65535, or a string of its digits")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Self::port(number.into()).ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Self::port(number.into())
            .ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        whole::from_float(number)
            .and_then(Self::port)
            .ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // Leading zeros are allowed, so the length says nothing; the number itself is parsed.
        let number = digits.then(|| text.trim_start_matches('0'));
        let port = match number {
            Some("") => Some(None),
            Some(number) => number.parse().ok().map(Some),
            None => None,
        };
        port.ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Self::Value, D::Error> {
        inner.deserialize_any(self)
    }
}
