//! `access.smi-spec.io/v1alpha1`: TrafficTarget without `spec`, with a `port` on the destination.
//!
//! Source: SMI Traffic Access Control v1alpha1.

use serde::{Deserialize, Serialize};

use crate::object::object;
use crate::wire::mapping::mapping;
use crate::wire::port;

pub use super::v1alpha3::{Rule, Subject};

object! {
    /// TrafficTarget allows the sources to send the traffic that the specs describe to the destination.
    pub struct TrafficTarget: TrafficTarget/V1alpha1 {
        /// The workloads that are opened. They are in the namespace of the TrafficTarget.
        pub destination: Destination,

        /// The routes that describe the allowed traffic.
        #[serde(default, deserialize_with = "crate::wire::absent::null_is_default")]
        pub specs: Vec<Rule>,

        /// The workloads that may call the destination.
        #[serde(default, deserialize_with = "crate::wire::absent::null_is_default")]
        pub sources: Vec<Subject>,
    }
}

/// The workloads that a TrafficTarget opens, and on which port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!remote))]
#[serde(remote = "Self", rename_all = "camelCase", expecting = "an object")]
pub struct Destination {
    /// Kind of the identity: ServiceAccount.
    pub kind: String,

    /// Name of the identity.
    pub name: String,

    /// Namespace of the identity. If absent, it is the namespace of the TrafficTarget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,

    /// The only port on which the destination is opened. If absent or 0, all ports are.
    #[serde(
        default,
        deserialize_with = "port::deserialize",
        skip_serializing_if = "port::is_none"
    )]
    pub port: Option<u16>,
}

mapping!(Destination);

impl Destination {
    /// The service account of this name in the namespace of the TrafficTarget, on all ports.
    pub fn service_account(name: impl Into<String>) -> Self {
        Self { kind: "ServiceAccount".to_owned(), name: name.into(), ..Self::default() }
    }
}
