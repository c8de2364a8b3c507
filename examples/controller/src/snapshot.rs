use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::jiff::Timestamp;
use serde::Serialize;
use smi_policy::{Diagnostic, ObjectKind, ObjectName, Policy, Severity};
use smi_split::Splits;

/// Policy and splits of one moment, made of the same objects, and what is wrong with these.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// Counts the snapshots of this process, from 1.
    pub generation: u64,
    /// Who may call whom.
    pub policy: Policy,
    /// Where traffic goes.
    pub splits: Splits,
    /// What has become of each object.
    pub objects: BTreeMap<(ObjectKind, ObjectName), ObjectStatus>,
}

/// What has become of an object.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ObjectStatus {
    /// The object as events refer to it.
    pub reference: ObjectReference,
    /// What was ignored or surprises. Fields are those of the API version that was read.
    pub findings: Vec<Diagnostic>,
}

/// How the watch of a kind stands.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct KindStatus {
    /// The API version that is watched; nothing if the server does not have the kind.
    pub api_version: Option<String>,
    /// Whether all objects have been listed at least once.
    pub synced: bool,
    /// Why the watch was lost, until it is taken up again; what was known stays.
    pub lost: Option<String>,
    /// When that was.
    pub lost_since: Option<Timestamp>,
}

impl ObjectStatus {
    /// Whether all of the object counts: none of the findings is an error.
    pub fn is_accepted(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity != Severity::Error)
    }
}
