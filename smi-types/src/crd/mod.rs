//! CustomResourceDefinitions, made from the typed objects.
//!
//! Every typed object implements [`CustomResourceExt`](kube_core::CustomResourceExt) for its one
//! version. This module puts the versions of a kind together.
//!
//! # Examples
//!
//! ```
//! let yaml = smi_types::crd::yaml(&smi_types::crd::all())?;
//! assert!(yaml.contains("name: trafficsplits.split.smi-spec.io\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod assemble;
pub(crate) mod resource;
pub(crate) mod schema;

pub use assemble::{all, merged, storage_version};
pub use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

use serde_json::{Number, Value};

use crate::write::{self, WriteError};

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
/// use smi_types::crd;
///
/// let yaml = crd::yaml(&[crd::merged(Kind::TcpRoute)])?;
/// assert!(yaml.starts_with("apiVersion: apiextensions.k8s.io/v1\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn yaml(definitions: &[CustomResourceDefinition]) -> Result<String, WriteError> {
    let documents = definitions
        .iter()
        .map(|definition| {
            let mut document = serde_json::to_value(definition).map_err(WriteError::json)?;
            whole_numbers(&mut document);
            Ok(document)
        })
        .collect::<Result<Vec<_>, _>>()?;
    write::yaml_documents(&documents)
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
