//! A backend with a whole weight, since v1alpha2.

use std::fmt;

use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Serialize};

use crate::wire::{mapping, whole};

/// A service that takes a share of the traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Backend {
    /// Name of the service, in the namespace of the TrafficSplit.
    pub service: String,

    /// Share of the traffic, relative to the weights of the other backends. A whole number; 0 means none.
    pub weight: u64,
}

impl Backend {
    /// The service of this name with this weight.
    pub fn new(service: impl Into<String>, weight: u64) -> Self {
        Self { service: service.into(), weight }
    }
}

/// A wrong weight is an error that names the backend, wherever its name stands.
impl<'de> Deserialize<'de> for Backend {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(expecting = "an object")]
        struct Read {
            service: String,
            #[serde(default)]
            weight: Weight,
        }

        let Read { service, weight } = mapping::only(deserializer)?;
        match weight {
            Weight::Whole(weight) => Ok(Self { service, weight }),
            Weight::Absent => {
                let service = service.escape_debug();
                Err(de::Error::custom(format_args!("backend `{service}` has no weight")))
            }
            Weight::Wrong(found) => {
                let service = service.escape_debug();
                Err(de::Error::custom(format_args!(
                    "backend `{service}`: its weight is {found}: expected a whole number from 0"
                )))
            }
        }
    }
}

/// A weight as found. Reading it never fails, because an error there could not name the backend.
#[derive(Default)]
enum Weight {
    #[default]
    Absent,
    Whole(u64),
    Wrong(String),
}

impl Weight {
    fn wrong(found: Unexpected<'_>) -> Self {
        Self::Wrong(match found {
            Unexpected::Str(text) => format!("the string `{}`", text.escape_debug()),
            Unexpected::Signed(number) => format!("`{number}`"),
            Unexpected::Float(number) => format!("`{number}`"),
            other => format!("a {other}"),
        })
    }
}

impl<'de> Deserialize<'de> for Weight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WeightVisitor)
    }
}

struct WeightVisitor;

impl<'de> Visitor<'de> for WeightVisitor {
    type Value = Weight;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a weight")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Weight, E> {
        Ok(Weight::Whole(number))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Weight, E> {
        Ok(u64::try_from(number)
            .map_or_else(|_| Weight::wrong(Unexpected::Signed(number)), Weight::Whole))
    }

    fn visit_i128<E: de::Error>(self, number: i128) -> Result<Weight, E> {
        Ok(u64::try_from(number)
            .map_or_else(|_| Weight::Wrong(format!("`{number}`")), Weight::Whole))
    }

    fn visit_u128<E: de::Error>(self, number: u128) -> Result<Weight, E> {
        Ok(u64::try_from(number)
            .map_or_else(|_| Weight::Wrong(format!("`{number}`")), Weight::Whole))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Weight, E> {
        Ok(whole::from_float(number)
            .and_then(|number| u64::try_from(number).ok())
            .map_or_else(|| Weight::wrong(Unexpected::Float(number)), Weight::Whole))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Weight, E> {
        Ok(Weight::wrong(Unexpected::Str(text)))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Weight, E> {
        Ok(Weight::wrong(Unexpected::Bool(value)))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Weight, E> {
        Ok(Weight::Absent)
    }

    fn visit_none<E: de::Error>(self) -> Result<Weight, E> {
        Ok(Weight::Absent)
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Weight, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Weight, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Weight::Wrong("a list".to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Weight, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Weight::Wrong("an object".to_owned()))
    }
}
