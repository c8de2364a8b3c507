//! Kubernetes' ObjectReference and LabelSelector.
//!
//! Our own, so that a proxy that records metrics need not build the Kubernetes API types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::nullable;

/// Names a Kubernetes object, or as much of it as is meant (Kubernetes core v1,
/// `ObjectReference`).
///
/// # Examples
/// ```
/// use smi_metrics_model::ObjectReference;
///
/// let web = ObjectReference::new("Deployment", "shop", "web");
/// assert_eq!(
///     serde_json::to_string(&web)?,
///     r#"{"kind":"Deployment","namespace":"shop","name":"web"}"#
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectReference {
    /// The kind, such as `Deployment`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The unique id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Group and version, such as `apps/v1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// The revision that is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_version: Option<String>,
    /// The part of the object that is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field_path: Option<String>,
}

impl ObjectReference {
    /// A reference by kind, namespace and name.
    pub fn new(
        kind: impl Into<String>,
        namespace: impl Into<String>,
        name: impl Into<String>,
    ) -> Self {
        Self {
            kind: Some(kind.into()),
            namespace: Some(namespace.into()),
            name: Some(name.into()),
            ..Self::default()
        }
    }
}

/// Which objects a list holds, by their labels (Kubernetes meta v1, `LabelSelector`).
///
/// # Examples
/// ```
/// use smi_metrics_model::LabelSelector;
///
/// let selector: LabelSelector = serde_json::from_str(r#"{"matchLabels": {"app": "web"}}"#)?;
/// assert_eq!(selector.match_labels["app"], "web");
/// assert!(serde_json::from_str::<LabelSelector>(r#"{"matchLabels": "app=web"}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    /// Labels that an object must have.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "nullable::or_default")]
    pub match_labels: BTreeMap<String, String>,
    /// Further requirements, all of which must hold.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable::or_default")]
    pub match_expressions: Vec<LabelRequirement>,
}

/// One requirement of a [`LabelSelector`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelRequirement {
    /// The label's key.
    #[serde(deserialize_with = "nullable::or_default")]
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    #[serde(deserialize_with = "nullable::or_default")]
    pub operator: String,
    /// The values, for `In` and `NotIn`.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable::or_default")]
    pub values: Vec<String>,
}
