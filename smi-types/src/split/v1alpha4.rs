//! `split.smi-spec.io/v1alpha4`: as v1alpha3.
//!
//! Source: SMI Traffic Split v1alpha4.

use crate::object::object;

pub use super::v1alpha3::{Backend, MatchRef, TrafficSplitSpec};

object! {
    /// TrafficSplit divides the traffic of a service among backend services.
    pub struct TrafficSplit: TrafficSplit/V1alpha4 {
        /// Which service is split, for which requests, and how.
        #[serde(default, deserialize_with = "crate::wire::absent::null_is_default")]
        pub spec: TrafficSplitSpec,
    }
}
