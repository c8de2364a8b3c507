//! What a path names.

use crate::{GROUP, Kind, ObjectReference, Resource, Version};

/// What metrics are about: a kind, an object, or the edges of one (specification, "Kubernetes API").
///
/// # Examples
///
/// ```
/// use smi_metrics_model::serve::Scope;
/// use smi_metrics_model::{Kind, Resource, Version};
///
/// let object = Resource::new(Kind::Pod, "shop", "web-0");
/// let scope = Scope::Edges { object, peers: Kind::Pod };
/// assert_eq!(
///     scope.path(Version::V1alpha1),
///     "/apis/metrics.smi-spec.io/v1alpha1/namespaces/shop/pods/web-0/edges"
/// );
/// assert_eq!((scope.namespace(), scope.name()), (Some("shop"), Some("web-0")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All objects of a kind, in one namespace or in all.
    Kind {
        /// The kind.
        kind: Kind,
        /// The namespace; `None`: all.
        namespace: Option<String>,
    },
    /// One object. Of a TrafficSplit it is a list: one item for each backend.
    Object(Resource),
    /// All edges of one object.
    Edges {
        /// The object.
        object: Resource,
        /// The kind of the other ends: the object's own, unless `edgeKind` in the query names
        /// another.
        peers: Kind,
    },
}

impl Scope {
    /// The kind whose metrics these are.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Kind { kind, .. } => *kind,
            Self::Object(object) | Self::Edges { object, .. } => object.kind(),
        }
    }

    /// The namespace that it is in; `None`: all, or the kind has none.
    pub fn namespace(&self) -> Option<&str> {
        match self {
            Self::Kind { namespace, .. } => namespace.as_deref(),
            Self::Object(object) | Self::Edges { object, .. } => object.namespace(),
        }
    }

    /// The name of the one object.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Kind { .. } => None,
            Self::Object(object) | Self::Edges { object, .. } => Some(object.name()),
        }
    }

    /// The path of the scope.
    pub fn path(&self, version: Version) -> String {
        let mut path = format!("/apis/{GROUP}/{version}");
        let namespace = self.namespace().map(|namespace| ["namespaces", namespace]);
        let edges = matches!(self, Self::Edges { .. }).then_some("edges");
        let segments =
            namespace.into_iter().flatten().chain([self.kind().plural()]).chain(self.name());
        for segment in segments.chain(edges) {
            path.push('/');
            path.push_str(segment);
        }
        path
    }

    /// The scope as the `resource` of a list.
    pub(crate) fn reference(&self) -> ObjectReference {
        match self {
            Self::Kind { kind, namespace } => ObjectReference {
                kind: Some(kind.as_str().to_owned()),
                namespace: namespace.clone(),
                ..ObjectReference::default()
            },
            Self::Object(object) | Self::Edges { object, .. } => object.into(),
        }
    }
}
