use std::fmt;

use super::preserved::PRESERVED_ANNOTATION;
use crate::manifest::ObjectKey;
use crate::path::FieldPath;

/// What a conversion did to one field.
///
/// Prints as `spec.destination.port: kept in the annotation smi-spec.io/preserved`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Move {
    /// The field, in the layout of the version that was converted; a field that comes out of the
    /// annotation, in the layout of v1alpha4.
    pub path: FieldPath,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// It stands at another place now.
    Moved {
        /// The place.
        to: FieldPath,
    },
    /// It is kept in the annotation, because the target version can't say it.
    Preserved,
    /// It came out of the annotation.
    Restored {
        /// Where it stands now.
        to: FieldPath,
    },
    /// Another text or number says the same.
    Rewritten {
        /// As it was.
        from: String,
        /// As it is now.
        to: String,
    },
    /// A companion object says it.
    Companion {
        /// The companion.
        object: ObjectKey,
    },
    /// It is gone: its version doesn't have it, so it had no effect, and it would get one.
    Ineffective,
    /// It is gone from the annotation, because what it belongs to was edited since.
    Outdated,
    /// It is gone: the target version can't say it, and annotations are switched off. What the
    /// object allows did not grow by that.
    Lost,
}

impl Move {
    /// Whether something is gone that had an effect.
    pub fn is_loss(&self) -> bool {
        matches!(self.fate, Fate::Lost | Fate::Outdated)
    }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, fate } = self;
        match fate {
            Fate::Moved { to } => write!(f, "{path}: moved to {to}"),
            Fate::Preserved => write!(f, "{path}: kept in the annotation {PRESERVED_ANNOTATION}"),
            Fate::Restored { to } if to == path => write!(f, "{path}: back from the annotation"),
            Fate::Restored { to } => write!(f, "{path}: back from the annotation, at {to}"),
            Fate::Rewritten { from, to } => {
                write!(f, "{path}: `{}` is `{}` now", from.escape_debug(), to.escape_debug())
            }
            Fate::Companion { object } => write!(f, "{path}: said by the {object} now"),
            Fate::Ineffective => {
                write!(f, "{path}: dropped, because it had no effect and would get one")
            }
            Fate::Outdated => {
                write!(f, "{path}: no longer kept, because what it belongs to was edited since")
            }
            Fate::Lost => write!(f, "{path}: lost, because annotations are switched off"),
        }
    }
}
