use crate::api::{Kind, Version};
use crate::manifest::ObjectKey;
use crate::path::FieldPath;
use crate::quantity::RatioError;

/// Why an object was not converted.
///
/// Conversion does not judge objects: an object that means nothing converts to one that means
/// nothing. It is refused only where the result would mean something else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// The value says of no SMI kind and version that it is one.
    #[error("`{}` `{}` is no kind of SMI", .api_version.escape_debug(), .kind.escape_debug())]
    Unknown {
        /// `apiVersion`, as found; empty if it is no text.
        api_version: String,
        /// `kind`, as found; empty if it is no text.
        kind: String,
    },
    /// The kind does not exist in the version that was asked for.
    #[error("{object}: a {kind} does not exist in {version}", kind = .object.kind)]
    NoSuchVersion {
        /// The object.
        object: ObjectKey,
        /// The version.
        version: Version,
    },
    /// A field that has to be taken apart has another shape.
    #[error("{object}: {path}: expected {expected}, found {found}")]
    Shape {
        /// The object.
        object: ObjectKey,
        /// The field.
        path: FieldPath,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A weight can't be read in the version that the object is of, and might be readable in the
    /// other one.
    #[error("{object}: {path}: expected {expected}, found `{}`", .found.escape_debug())]
    Weight {
        /// The object.
        object: ObjectKey,
        /// The field.
        path: FieldPath,
        /// What it should be.
        expected: &'static str,
        /// What it is, as JSON.
        found: String,
    },
    /// The weights have no ratio in whole numbers of 64 bits.
    #[error("{object}: spec.backends: {source}")]
    Ratio {
        /// The object.
        object: ObjectKey,
        /// What is wrong with them.
        source: RatioError,
    },
    /// Annotations are switched off, and without them the result would allow or route more than the
    /// object does.
    #[error("{object}: {version} can't say {paths}, and without annotations it would be lost, which would open what is closed", paths = list(.paths))]
    Widens {
        /// The object.
        object: ObjectKey,
        /// The version that was asked for.
        version: Version,
        /// The fields that would be lost.
        paths: Vec<FieldPath>,
    },
    /// A typed object could not be read back after its conversion, because a field that other
    /// versions have holds what no version allows.
    #[error("{object}: not of the shape of {version}: {message}")]
    Untyped {
        /// The object.
        object: ObjectKey,
        /// The version that was asked for.
        version: Version,
        /// What is wrong.
        message: String,
    },
}

fn list(paths: &[FieldPath]) -> String {
    let paths: Vec<_> = paths.iter().map(|path| format!("`{path}`")).collect();
    paths.join(", ")
}

/// What names an object in an error, as far as it has names.
pub(super) fn name(kind: Kind, object: &super::json::Object) -> ObjectKey {
    let metadata = super::json::field(object, "metadata");
    let text = |key| {
        let value = metadata.and_then(|metadata| super::json::member(metadata, key));
        value.and_then(|value| value.as_str()).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    ObjectKey { kind, namespace: text("namespace"), name: text("name").unwrap_or_default() }
}
