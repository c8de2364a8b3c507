//! `access.smi-spec.io/v1alpha4`: subjects may be IdentityBindings.
//!
//! A draft on the main branch of the specification. No official CRD has it yet.
//!
//! Source: SMI Traffic Access Control v1alpha4.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::{Deserialize, Serialize};

use crate::api::Group;
use crate::object::object;
use crate::wire::absent;
use crate::wire::mapping::mapping;

pub use super::v1alpha3::Rule;

object! {
    /// TrafficTarget allows the sources to send the traffic that the rules describe to the destination.
    pub struct TrafficTarget: TrafficTarget/V1alpha4 {
        /// Who may call whom, and with which traffic.
        #[serde(default, deserialize_with = "crate::wire::absent::null_is_default")]
        pub spec: TrafficTargetSpec,
    }
}

object! {
    /// IdentityBinding names the identities of a workload, so that a TrafficTarget can refer to them.
    pub struct IdentityBinding: IdentityBinding/V1alpha4 {
        /// The identities of the workload.
        #[serde(default, deserialize_with = "crate::wire::absent::null_is_default")]
        pub spec: IdentityBindingSpec,
    }
}

/// Who may call whom, and with which traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!remote))]
#[serde(remote = "Self", rename_all = "camelCase", expecting = "an object")]
pub struct TrafficTargetSpec {
    /// The workloads that are opened. They are in the namespace of the TrafficTarget.
    pub destination: Subject,

    /// The routes that describe the allowed traffic. Without any, nothing is allowed.
    #[serde(default, deserialize_with = "absent::null_is_default")]
    #[cfg_attr(feature = "schema", schemars(!default))]
    pub rules: Vec<Rule>,

    /// The workloads that may call the destination. Without any, nothing is allowed.
    #[serde(default, deserialize_with = "absent::null_is_default")]
    #[cfg_attr(feature = "schema", schemars(!default))]
    pub sources: Vec<Subject>,
}

/// Workloads, by the identity that they prove.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!remote))]
#[serde(remote = "Self", rename_all = "camelCase", expecting = "an object")]
pub struct Subject {
    /// API group of the kind: access.smi-spec.io for IdentityBinding, absent for ServiceAccount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,

    /// Kind of the identity: ServiceAccount or IdentityBinding.
    pub kind: String,

    /// Name of the identity.
    pub name: String,

    /// Namespace of the identity. If absent, it is the namespace of the TrafficTarget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

impl Subject {
    /// The service account of this name in the namespace of the TrafficTarget.
    pub fn service_account(name: impl Into<String>) -> Self {
        Self { kind: "ServiceAccount".to_owned(), name: name.into(), ..Self::default() }
    }

    /// The IdentityBinding of this name in the namespace of the TrafficTarget.
    pub fn identity_binding(name: impl Into<String>) -> Self {
        Self {
            group: Some(Group::Access.as_str().to_owned()),
            kind: "IdentityBinding".to_owned(),
            name: name.into(),
            namespace: None,
        }
    }

    /// The same subject in another namespace.
    #[must_use]
    pub fn in_namespace(self, namespace: impl Into<String>) -> Self {
        Self { namespace: Some(namespace.into()), ..self }
    }
}

/// The identities of a workload.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!remote))]
#[serde(remote = "Self", rename_all = "camelCase", expecting = "an object")]
pub struct IdentityBindingSpec {
    /// Ways to recognise the workload. An identity belongs to it if any of them matches.
    #[serde(default, deserialize_with = "absent::null_is_default")]
    #[cfg_attr(feature = "schema", schemars(!default))]
    pub schemes: Schemes,
}

/// Ways to recognise a workload in the namespace of the IdentityBinding.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!remote))]
#[serde(remote = "Self", rename_all = "camelCase", expecting = "an object")]
pub struct Schemes {
    /// Labels of the pods. Mutually exclusive with serviceAccount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::crd::schema::label_selector"))]
    pub pod_label_selector: Option<LabelSelector>,

    /// SPIFFE identities, with or without spiffe:// at the front.
    #[serde(
        default,
        deserialize_with = "absent::null_is_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub spiffe_identities: Vec<String>,

    /// Name of the service account of the workload. Mutually exclusive with podLabelSelector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account: Option<String>,
}

mapping!(TrafficTargetSpec, Subject, IdentityBindingSpec, Schemes);
