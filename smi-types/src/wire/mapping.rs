//! An object is read from a mapping only.
//!
//! The structs that serde derives can also be read from a list, field by field in order. With
//! defaults that turns `matches: []` of a TCPRoute, which every API server refuses, into a route
//! that admits all ports. So the derived code runs behind a deserializer that offers no list.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// Implements `Serialize` and `Deserialize` for structs that derive them with
/// `#[serde(remote = "Self")]`, so that they are read from a mapping only.
macro_rules! mapping {
    ($($Type:ty),+ $(,)?) => { $(
        impl serde::Serialize for $Type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                // The function that `remote = "Self"` derives, not this one.
                Self::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $Type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize($crate::wire::mapping::MappingOnly(deserializer))
            }
        }
    )+ };
}

pub(crate) use mapping;

/// Reads a struct with derived `Deserialize` from a mapping only.
pub(crate) fn only<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(MappingOnly(deserializer))
}

/// A deserializer that offers nothing but a mapping.
pub(crate) struct MappingOnly<D>(pub(crate) D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for MappingOnly<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        // Any, because a format that is asked for a mapping has its own words for what it found
        // instead, and they don't say what was expected.
        self.0.deserialize_any(MappingVisitor(visitor))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A visitor that accepts a mapping only. All else fails with what the inner one expects.
struct MappingVisitor<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for MappingVisitor<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(map)
    }
}
