//! A field that can be absent, null, or there.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A field that can be absent, `null`, or hold a value.
///
/// Kubernetes gives absent and null the same meaning. They are told apart here only so that an
/// answer is written back as it was read: the Go SDK writes `null` where the specification's
/// examples leave a field out.
///
/// # Examples
/// ```
/// use smi_metrics_model::{Edge, Nullable};
///
/// let edge: Edge = serde_json::from_str(r#"{"direction": "from", "resource": null}"#)?;
/// assert_eq!(edge.side, Nullable::Absent);
/// assert_eq!(edge.resource, Nullable::Null);
/// assert_eq!(edge.resource.as_option(), None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Nullable<T> {
    /// The field is left out.
    #[default]
    Absent,
    /// The field is `null`.
    Null,
    /// The field holds this.
    Value(T),
}

impl<T> Nullable<T> {
    /// The value, if there is one: absent and null are both `None`.
    pub const fn as_option(&self) -> Option<&T> {
        match self {
            Self::Absent | Self::Null => None,
            Self::Value(value) => Some(value),
        }
    }

    /// The value, if there is one: absent and null are both `None`.
    pub fn into_option(self) -> Option<T> {
        match self {
            Self::Absent | Self::Null => None,
            Self::Value(value) => Some(value),
        }
    }

    /// Whether the field is left out.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<T> From<T> for Nullable<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T: Serialize> Serialize for Nullable<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_option().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nullable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

/// Reads a field in which null means the default: of those, only the meaning is kept.
pub(crate) fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a list that may be null, and leaves its null elements out.
pub(crate) fn list<'de, T, D>(deserializer: D) -> Result<Nullable<Vec<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let list: Nullable<Vec<Option<T>>> = Nullable::deserialize(deserializer)?;
    Ok(match list {
        Nullable::Absent => Nullable::Absent,
        Nullable::Null => Nullable::Null,
        Nullable::Value(elements) => Nullable::Value(elements.into_iter().flatten().collect()),
    })
}
