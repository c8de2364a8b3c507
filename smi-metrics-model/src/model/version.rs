//! The group and the versions of the Traffic Metrics API.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The API group of traffic metrics.
pub const GROUP: &str = "metrics.smi-spec.io";

/// A version of the Traffic Metrics API. Versions order by age.
///
/// The two versions have the same fields: what the Go SDK added in v1alpha2 (`edge.side`,
/// `backend`), the specification's text already has in v1alpha1.
///
/// # Examples
/// ```
/// use smi_metrics_model::Version;
///
/// let version: Version = "metrics.smi-spec.io/v1alpha2".parse()?;
/// assert_eq!(version, Version::V1alpha2);
/// assert!("metrics.smi-spec.io/v1".parse::<Version>().is_err());
/// # Ok::<(), smi_metrics_model::UnknownVersion>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// `metrics.smi-spec.io/v1alpha1`
    V1alpha1,
    /// `metrics.smi-spec.io/v1alpha2`
    V1alpha2,
}

impl Version {
    /// Both versions, oldest first.
    pub const ALL: [Self; 2] = [Self::V1alpha1, Self::V1alpha2];

    /// The version alone, as URLs spell it: `v1alpha1`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1alpha1 => "v1alpha1",
            Self::V1alpha2 => "v1alpha2",
        }
    }

    /// Group and version, as `apiVersion` spells them: `metrics.smi-spec.io/v1alpha1`.
    pub const fn api_version(self) -> &'static str {
        match self {
            Self::V1alpha1 => "metrics.smi-spec.io/v1alpha1",
            Self::V1alpha2 => "metrics.smi-spec.io/v1alpha2",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(api_version: &str) -> Result<Self, UnknownVersion> {
        Self::ALL
            .into_iter()
            .find(|version| version.api_version() == api_version)
            .ok_or_else(|| UnknownVersion { found: api_version.to_owned() })
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.api_version())
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// An `apiVersion` that is none of the Traffic Metrics API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown apiVersion `{found}`, expected `metrics.smi-spec.io/v1alpha1` or \
     `metrics.smi-spec.io/v1alpha2`"
)]
pub struct UnknownVersion {
    found: String,
}

impl UnknownVersion {
    /// The `apiVersion` that was found.
    pub fn found(&self) -> &str {
        &self.found
    }
}
