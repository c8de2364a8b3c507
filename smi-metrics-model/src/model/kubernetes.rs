//! From and to the types of k8s-openapi.

use k8s_openapi::api::core::v1::ObjectReference as KubernetesReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{
    LabelSelector as KubernetesSelector, LabelSelectorRequirement,
};

use crate::{LabelRequirement, LabelSelector, ObjectReference};

impl From<KubernetesReference> for ObjectReference {
    fn from(reference: KubernetesReference) -> Self {
        let KubernetesReference {
            api_version,
            field_path,
            kind,
            name,
            namespace,
            resource_version,
            uid,
        } = reference;
        Self { kind, namespace, name, uid, api_version, resource_version, field_path }
    }
}

impl From<ObjectReference> for KubernetesReference {
    fn from(reference: ObjectReference) -> Self {
        let ObjectReference {
            kind,
            namespace,
            name,
            uid,
            api_version,
            resource_version,
            field_path,
        } = reference;
        Self { api_version, field_path, kind, name, namespace, resource_version, uid }
    }
}

impl From<KubernetesSelector> for LabelSelector {
    fn from(selector: KubernetesSelector) -> Self {
        let requirement = |LabelSelectorRequirement { key, operator, values }| LabelRequirement {
            key,
            operator,
            values: values.unwrap_or_default(),
        };
        let expressions = selector.match_expressions.unwrap_or_default();
        Self {
            match_labels: selector.match_labels.unwrap_or_default(),
            match_expressions: expressions.into_iter().map(requirement).collect(),
        }
    }
}

impl From<LabelSelector> for KubernetesSelector {
    fn from(selector: LabelSelector) -> Self {
        let LabelSelector { match_labels, match_expressions } = selector;
        let requirement = |LabelRequirement { key, operator, values }| LabelSelectorRequirement {
            key,
            operator,
            values: (!values.is_empty()).then_some(values),
        };
        let expressions: Vec<_> = match_expressions.into_iter().map(requirement).collect();
        Self {
            match_labels: (!match_labels.is_empty()).then_some(match_labels),
            match_expressions: (!expressions.is_empty()).then_some(expressions),
        }
    }
}
