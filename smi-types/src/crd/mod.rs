//! CustomResourceDefinitions, made from the typed objects.
//!
//! [`CrdOptions`] says which ones are wanted: as published (*official*), or with everything that
//! the specification asks for (*strict*, the default); with or without a webhook that converts.
//! Every typed object also implements [`CustomResourceExt`](kube_core::CustomResourceExt) for its
//! one version, in the strict profile.
//!
//! An API server of Kubernetes 1.25 or later checks the rules that are written in CEL; older ones
//! ignore them.
//!
//! # Examples
//!
//! ```
//! let yaml = smi_types::crd::yaml(&smi_types::crd::all())?;
//! assert!(yaml.contains("name: trafficsplits.split.smi-spec.io\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod assemble;
mod edit;
mod names;
mod official;
mod options;
pub(crate) mod schema;
mod strict;
mod webhook;

pub(crate) use assemble::{of_type, refined_schema};
pub use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
pub(crate) use names::definition as definition_name;
pub use options::{CrdOptions, Profile, Subjects};
pub use webhook::{ConversionWebhook, WebhookUrlError};

use serde_json::{Number, Value, json};

use crate::write::{self, WriteError};

/// The definitions of all six kinds for a new cluster, without a webhook.
pub fn all() -> Vec<CustomResourceDefinition> {
    CrdOptions::default().definitions()
}

/// Writes definitions as one YAML text, ready for `kubectl apply`.
///
/// # Errors
///
/// A definition that was altered by hand can't be written as YAML. Ours can.
///
/// # Examples
///
/// ```
/// use smi_types::api::Kind;
/// use smi_types::crd::{self, CrdOptions};
///
/// let yaml = crd::yaml(&[CrdOptions::official().definition(Kind::TcpRoute)])?;
/// assert!(yaml.starts_with("apiVersion: apiextensions.k8s.io/v1\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn yaml(definitions: &[CustomResourceDefinition]) -> Result<String, WriteError> {
    write::yaml_documents(&documents(definitions)?)
}

/// Writes definitions as one list in JSON, ready for `kubectl apply`.
///
/// # Errors
///
/// As [`yaml`].
pub fn json(definitions: &[CustomResourceDefinition]) -> Result<String, WriteError> {
    let items = documents(definitions)?;
    write::json(&json!({ "apiVersion": "v1", "kind": "List", "items": items }))
}

fn documents(definitions: &[CustomResourceDefinition]) -> Result<Vec<Value>, WriteError> {
    definitions
        .iter()
        .map(|definition| {
            let mut document = serde_json::to_value(definition).map_err(WriteError::json)?;
            whole_numbers(&mut document);
            Ok(document)
        })
        .collect()
}

/// Writes `65535.0` as `65535`: Kubernetes holds the bounds of a schema as floats.
fn whole_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(whole) = number.as_f64().and_then(crate::wire::whole::from_float)
                && let Some(whole) = Number::from_i128(whole)
            {
                *number = whole;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        Value::Object(fields) => fields.values_mut().for_each(whole_numbers),
        _ => {}
    }
}
