//! Writing manifests: canonical YAML and JSON.
//!
//! The YAML means the same to every reader: strings that YAML 1.1 (and with it `kubectl`) takes for
//! something else, such as `no`, `010`, `1:30` or a date, are quoted. Text of several lines is
//! written as a block, long lines are never folded.

use serde::Serialize;
use serde_saphyr::SerializerOptions;

/// Writes a value as one YAML document, with a line break at the end.
///
/// # Errors
///
/// The value's own `Serialize` fails. That of a typed SMI object never does.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
///
/// let yaml = smi_types::write::yaml(&BTreeMap::from([("country", "no"), ("name", "web")]))?;
/// assert_eq!(yaml, "country: \"no\"\nname: web\n");
///
/// let borrowed = std::cell::RefCell::new(1);
/// let guard = borrowed.borrow_mut();
/// assert!(smi_types::write::yaml(&borrowed).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn yaml<T: Serialize + ?Sized>(value: &T) -> Result<String, WriteError> {
    let mut yaml = String::new();
    serde_saphyr::to_fmt_writer_with_options(&mut yaml, &value, options())
        .map_err(|error| WriteError(Cause::Yaml(error.into())))?;
    Ok(yaml)
}

/// Writes values as one YAML text of several documents, with `---` between them.
///
/// # Errors
///
/// As [`yaml`]: the own `Serialize` of a value fails.
///
/// # Examples
///
/// ```
/// let yaml = smi_types::write::yaml_documents(["first", "second"])?;
/// assert_eq!(yaml, "first\n---\nsecond\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn yaml_documents<T: Serialize>(
    values: impl IntoIterator<Item = T>,
) -> Result<String, WriteError> {
    let mut text = String::new();
    for value in values {
        if !text.is_empty() {
            text.push_str("---\n");
        }
        text.push_str(&yaml(&value)?);
    }
    Ok(text)
}

/// Writes a value as indented JSON, with a line break at the end.
///
/// # Errors
///
/// A mapping key is no string, or the value's own `Serialize` fails. Typed SMI objects never fail.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
///
/// assert_eq!(smi_types::write::json(&[1, 2])?, "[\n  1,\n  2\n]\n");
/// assert!(smi_types::write::json(&BTreeMap::from([([1, 2], 3)])).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, WriteError> {
    let mut json = serde_json::to_string_pretty(value).map_err(WriteError::json)?;
    json.push('\n');
    Ok(json)
}

/// A value could not be written.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct WriteError(Cause);

impl WriteError {
    pub(crate) fn json(error: serde_json::Error) -> Self {
        Self(Cause::Json(error))
    }
}

#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error(transparent)]
    Json(serde_json::Error),
    #[error(transparent)]
    Yaml(Box<serde_saphyr::SerializeError>),
}

fn options() -> SerializerOptions {
    serde_saphyr::ser_options! {
        indent_step: 2,
        compact_list_indent: true,
        // Folding is for prose. A folded regular expression is hard to read and easy to break.
        folded_wrap_chars: usize::MAX,
    }
}
