//! `access.smi-spec.io/v1alpha2`: TrafficTarget with `spec`; `specs` is now `rules`.
//!
//! Source: SMI Traffic Access Control v1alpha2.

use serde::{Deserialize, Serialize};

use crate::object::object;
use crate::wire::absent;
use crate::wire::mapping::mapping;

pub use super::v1alpha1::Destination;
pub use super::v1alpha3::{Rule, Subject};

object! {
    /// TrafficTarget allows the sources to send the traffic that the rules describe to the destination.
    pub struct TrafficTarget: TrafficTarget/V1alpha2 {
        /// Who may call whom, and with which traffic.
        #[serde(default, deserialize_with = "crate::wire::absent::null_is_default")]
        pub spec: TrafficTargetSpec,
    }
}

/// Who may call whom, and with which traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!remote))]
#[serde(remote = "Self", rename_all = "camelCase", expecting = "an object")]
pub struct TrafficTargetSpec {
    /// The workloads that are opened. They are in the namespace of the TrafficTarget.
    pub destination: Destination,

    /// The routes that describe the allowed traffic.
    #[serde(default, deserialize_with = "absent::null_is_default")]
    pub rules: Vec<Rule>,

    /// The workloads that may call the destination.
    #[serde(default, deserialize_with = "absent::null_is_default")]
    pub sources: Vec<Subject>,
}

mapping!(TrafficTargetSpec);
