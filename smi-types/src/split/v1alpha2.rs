//! `split.smi-spec.io/v1alpha2`: weights are whole numbers.
//!
//! Source: SMI Traffic Split v1alpha2.

use serde::{Deserialize, Serialize};

use crate::object::object;
use crate::wire::absent;
use crate::wire::mapping::mapping;

pub use super::backend::Backend;

object! {
    /// TrafficSplit divides the traffic of a service among backend services.
    pub struct TrafficSplit: TrafficSplit/V1alpha2 {
        /// Which service is split, and how.
        #[serde(default, deserialize_with = "crate::wire::absent::null_is_default")]
        pub spec: TrafficSplitSpec,
    }
}

/// Which service is split, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!remote))]
#[serde(remote = "Self", rename_all = "camelCase", expecting = "an object")]
pub struct TrafficSplitSpec {
    /// The apex service, to which clients send the traffic.
    pub service: String,

    /// The services that share the traffic.
    #[serde(default, deserialize_with = "absent::null_is_default")]
    #[cfg_attr(feature = "schema", schemars(!default))]
    pub backends: Vec<Backend>,
}

mapping!(TrafficSplitSpec);
