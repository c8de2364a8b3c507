//! The annotation that keeps what a version can't say.
//!
//! Its value is JSON: `{"version":1,"fields":[…]}`. Each field has its `path` in the layout of
//! v1alpha4, its `value`, what it belongs to as it was (`of`), and, where the value means something
//! else in other versions, the one that it was written `in`. An annotation that could not be read
//! when the object was converted is carried along in `unreadable`, and still voids the object.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::{Kind, Version};
use crate::path::{FieldPath, PathSegment};

/// The annotation that keeps what a version can't say: `smi-spec.io/preserved`.
pub const PRESERVED_ANNOTATION: &str = "smi-spec.io/preserved";

/// The name of the destination that stands where another one is kept: no object can have it.
pub(super) const PLACEHOLDER: &str = "smi-spec.io/preserved";

/// The version of the annotation's own form.
const FORM: u64 = 1;

/// What an annotation keeps.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Preserved {
    pub(crate) fields: BTreeMap<Spot, Kept>,
    /// The annotation that was there before and could not be read.
    pub(crate) unreadable: Option<String>,
}

/// A value that is kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) value: Value,
    /// What it belongs to, as it was when the value was put away.
    pub(crate) of: Option<Value>,
    /// The version whose reading of the value counts, where versions differ about it.
    pub(crate) read_in: Option<Version>,
}

/// A field that can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Spot {
    /// `spec.destination` as a whole.
    Destination,
    /// A field of `spec.destination`.
    DestinationField(SubjectField),
    /// An entry of `spec.sources`.
    Source(usize),
    /// A field of an entry of `spec.sources`.
    SourceField(usize, SubjectField),
    /// An entry of `spec.rules`.
    Rule(usize),
    /// `spec.matches` of a TCPRoute or TrafficSplit.
    Matches,
    /// The weights of `spec.backends`.
    Weights,
}

/// A field of a subject that not all versions have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SubjectField {
    Group,
    Port,
}

impl SubjectField {
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Port => "port",
        }
    }

    /// Whether subjects of this version have the field.
    pub(crate) fn exists_in(self, version: Version) -> bool {
        match self {
            Self::Group => version >= Version::V1alpha4,
            Self::Port => version <= Version::V1alpha2,
        }
    }
}

impl Spot {
    /// The path, in the layout of v1alpha4.
    pub(crate) fn path(self) -> FieldPath {
        let mut path = FieldPath::root();
        path.push_key("spec");
        match self {
            Self::Destination => path.push_key("destination"),
            Self::DestinationField(field) => {
                path.push_key("destination");
                path.push_key(field.key());
            }
            Self::Source(index) => {
                path.push_key("sources");
                path.push_index(index);
            }
            Self::SourceField(index, field) => {
                path.push_key("sources");
                path.push_index(index);
                path.push_key(field.key());
            }
            Self::Rule(index) => {
                path.push_key("rules");
                path.push_index(index);
            }
            Self::Matches => path.push_key("matches"),
            Self::Weights => path.push_key("backends"),
        }
        path
    }

    /// The field at this path of a kind, if it can be kept.
    fn parse(kind: Kind, path: &str) -> Option<Self> {
        let path: FieldPath = path.parse().ok()?;
        let key = |segment: &PathSegment| match segment {
            PathSegment::Key(key) => Some(key.clone().into_owned()),
            PathSegment::Index(_) => None,
        };
        let index = |segment: &PathSegment| match segment {
            PathSegment::Index(index) => Some(*index),
            PathSegment::Key(_) => None,
        };
        let subject_field = |segment: &PathSegment| match key(segment)?.as_str() {
            "group" => Some(SubjectField::Group),
            "port" => Some(SubjectField::Port),
            _ => None,
        };
        let [spec, field, rest @ ..] = path.segments() else { return None };
        if key(spec)? != "spec" {
            return None;
        }
        match (kind, key(field)?.as_str(), rest) {
            (Kind::TrafficTarget, "destination", []) => Some(Self::Destination),
            (Kind::TrafficTarget, "destination", [field]) => {
                Some(Self::DestinationField(subject_field(field)?))
            }
            (Kind::TrafficTarget, "sources", [at]) => Some(Self::Source(index(at)?)),
            (Kind::TrafficTarget, "sources", [at, field]) => {
                Some(Self::SourceField(index(at)?, subject_field(field)?))
            }
            (Kind::TrafficTarget, "rules", [at]) => Some(Self::Rule(index(at)?)),
            (Kind::TcpRoute | Kind::TrafficSplit, "matches", []) => Some(Self::Matches),
            (Kind::TrafficSplit, "backends", []) => Some(Self::Weights),
            _ => None,
        }
    }

    /// Whether the versions differ about what the value means.
    fn is_whole(self) -> bool {
        matches!(self, Self::Destination | Self::Source(_) | Self::Rule(_))
    }
}

impl Preserved {
    /// Reads the text of the annotation on an object of this kind.
    ///
    /// # Errors
    ///
    /// The text is not what this version of the crate writes. The answer says why, as the end of a
    /// sentence.
    pub(crate) fn parse(kind: Kind, text: &str) -> Result<Self, String> {
        let written: Written =
            serde_json::from_str(text).map_err(|error| match error.classify() {
                serde_json::error::Category::Data => format!("it has another form: {error}"),
                _ => format!("it is no JSON: {error}"),
            })?;
        if written.version != FORM {
            return Err(format!("its form has version {}, and {FORM} is known", written.version));
        }
        let mut fields = BTreeMap::new();
        for WrittenField { path, value, of, read_in } in written.fields.unwrap_or_default() {
            let path = path.as_str();
            let spot = Spot::parse(kind, path).ok_or_else(|| {
                format!("a {kind} has nothing to keep at `{}`", path.escape_debug())
            })?;
            let read_in = match read_in {
                None if spot.is_whole() => {
                    return Err(format!("it doesn't say of which version `{path}` is"));
                }
                Some(_) if !spot.is_whole() => {
                    return Err(format!("`{path}` means the same in every version"));
                }
                None => None,
                Some(version) => Some(
                    Version::parse(&version)
                        .filter(|version| kind.versions().contains(version))
                        .ok_or_else(|| format!("`{}` is no version", version.escape_debug()))?,
                ),
            };
            if fields.insert(spot, Kept { value, of, read_in }).is_some() {
                return Err(format!("it has `{path}` twice"));
            }
        }
        Ok(Self { fields, unreadable: written.unreadable })
    }

    /// The text of the annotation; `None` if there is nothing to keep.
    pub(super) fn to_text(&self) -> Option<String> {
        match (&self.unreadable, self.fields.is_empty()) {
            (None, true) => return None,
            (Some(text), true) => return Some(text.clone()),
            _ => {}
        }
        let fields = self.fields.iter().map(|(spot, kept)| WrittenField {
            path: spot.path().to_string(),
            value: kept.value.clone(),
            of: kept.of.clone(),
            read_in: kept.read_in.map(|version| version.to_string()),
        });
        let written = Written {
            version: FORM,
            fields: Some(fields.collect()),
            unreadable: self.unreadable.clone(),
        };
        serde_json::to_string(&written).ok()
    }
}

/// The annotation as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<WrittenField>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenField {
    path: String,
    value: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of: Option<Value>,
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    read_in: Option<String>,
}
