//! What is asked about metrics.

use std::fmt;

use super::{Scope, Selector};
use crate::{GoDuration, Resource, Version};

/// The window where none is asked for: 30 seconds, as in the specification's examples.
pub const DEFAULT_WINDOW: GoDuration = GoDuration::from_secs(30);

/// A request for metrics. Its text is the path and the query that ask for it.
///
/// # Examples
///
/// ```
/// use smi_metrics_model::serve::{Query, Scope};
/// use smi_metrics_model::{Kind, Version};
///
/// let scope = Scope::Kind { kind: Kind::Pod, namespace: Some("shop".to_owned()) };
/// let mut query = Query::new(Version::V1alpha1, scope);
/// query.window = Some("1m".parse()?);
/// assert_eq!(
///     query.to_string(),
///     "/apis/metrics.smi-spec.io/v1alpha1/namespaces/shop/pods?t=1m0s"
/// );
/// # Ok::<(), smi_metrics_model::DurationError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The version of the API.
    pub version: Version,
    /// What the metrics are about.
    pub scope: Scope,
    /// `labelSelector`: which items to list.
    pub labels: Selector,
    /// `fieldSelector=metadata.name=…`: the one item to list.
    pub name: Option<String>,
    /// `fieldSelector=metadata.namespace=…`: the namespace whose items to list.
    pub namespace: Option<String>,
    /// `t`: the time to measure over, above zero. [`DEFAULT_WINDOW`] is for requests without.
    pub window: Option<GoDuration>,
    /// Parameters of the query that mean nothing here, by name. A server can warn of them.
    pub ignored: Vec<String>,
}

impl Query {
    /// Asks for all metrics of a scope.
    pub const fn new(version: Version, scope: Scope) -> Self {
        Self {
            version,
            scope,
            labels: Selector::EVERYTHING,
            name: None,
            namespace: None,
            window: None,
            ignored: Vec::new(),
        }
    }

    /// The window, or else the usual one.
    pub fn window(&self) -> GoDuration {
        self.window.unwrap_or(DEFAULT_WINDOW)
    }

    /// Whether a resource is one that was asked for, its labels aside.
    pub fn is_asked_for(&self, resource: &Resource) -> bool {
        let is_in = |namespace: &str| resource.namespace() == Some(namespace);
        let in_scope = match &self.scope {
            Scope::Kind { kind, namespace } => {
                resource.kind() == *kind && namespace.as_deref().is_none_or(is_in)
            }
            Scope::Object(object) | Scope::Edges { object, .. } => resource == object,
        };
        in_scope
            && self.namespace.as_deref().is_none_or(is_in)
            && self.name.as_deref().is_none_or(|name| resource.name() == name)
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scope.path(self.version))?;
        let mut parameters = form_urlencoded::Serializer::new(String::new());
        if !self.labels.is_everything() {
            parameters.append_pair("labelSelector", &self.labels.to_string());
        }
        let name = self.name.as_deref().map(|name| format!("metadata.name={name}"));
        let namespace = self.namespace.as_deref().map(|name| format!("metadata.namespace={name}"));
        let fields: Vec<String> = name.into_iter().chain(namespace).collect();
        if !fields.is_empty() {
            parameters.append_pair("fieldSelector", &fields.join(","));
        }
        if let Some(window) = self.window {
            parameters.append_pair("t", &window.to_string());
        }
        if let Scope::Edges { object, peers } = &self.scope
            && object.kind() != *peers
        {
            parameters.append_pair("edgeKind", peers.plural());
        }
        let parameters = parameters.finish();
        if parameters.is_empty() { Ok(()) } else { write!(f, "?{parameters}") }
    }
}
