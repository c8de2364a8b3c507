//! null means absent, everywhere.
//!
//! serde reads null as absent for an `Option` only. These functions say the same of lists and
//! objects that have a default.

use serde::{Deserialize, Deserializer};

/// Reads a value; null is the default, as an absent field is.
pub(crate) fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
