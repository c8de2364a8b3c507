//! `split.smi-spec.io/v1alpha1`: weights are Kubernetes quantities.
//!
//! Source: SMI Traffic Split v1alpha1.

use serde::{Deserialize, Serialize};

use crate::object::object;
use crate::quantity::Quantity;
use crate::wire::absent;
use crate::wire::mapping::mapping;

object! {
    /// TrafficSplit divides the traffic of a service among backend services.
    pub struct TrafficSplit: TrafficSplit/V1alpha1 {
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

/// A service that takes a share of the traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!remote))]
#[serde(remote = "Self", rename_all = "camelCase", expecting = "an object")]
pub struct Backend {
    /// Name of the service, in the namespace of the TrafficSplit.
    pub service: String,

    /// Share of the traffic, relative to the weights of the other backends. A quantity such as 1 or 500m.
    pub weight: Quantity,
}

impl Backend {
    /// The service of this name with this weight.
    pub fn new(service: impl Into<String>, weight: impl Into<Quantity>) -> Self {
        Self { service: service.into(), weight: weight.into() }
    }
}

mapping!(TrafficSplitSpec, Backend);
