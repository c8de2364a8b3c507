//! The content of a TCPRoute and of a UDPRoute, v1alpha4.

use serde::{Deserialize, Serialize};

use crate::wire::mapping::mapping;
use crate::wire::{absent, whole};

/// The connections that the route describes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!remote))]
#[serde(remote = "Self", rename_all = "camelCase", expecting = "an object")]
pub struct PortRouteSpec {
    /// A condition on the port.
    #[serde(default, deserialize_with = "absent::null_is_default")]
    #[cfg_attr(feature = "schema", schemars(!default))]
    pub matches: PortMatch,
}

impl PortRouteSpec {
    /// These ports; all ports if there is none.
    pub fn ports(ports: impl IntoIterator<Item = u16>) -> Self {
        let ports = ports.into_iter().map(i64::from).collect();
        Self { matches: PortMatch { name: None, ports } }
    }
}

/// A condition on the port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!remote))]
#[serde(remote = "Self", rename_all = "camelCase", expecting = "an object")]
pub struct PortMatch {
    /// Name of the match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,

    /// Ports on which the server receives. If empty, all ports match.
    #[serde(default, deserialize_with = "whole::list")]
    #[cfg_attr(feature = "schema", schemars(!default))]
    pub ports: Vec<i64>,
}

mapping!(PortRouteSpec, PortMatch);
