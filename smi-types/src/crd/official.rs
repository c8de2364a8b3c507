//! What the published definitions of SMI ask for beyond the shape of the types.

use serde_json::json;

use super::edit::Editor;
use crate::api::{Kind, Version};

/// The methods that a match may name, as published.
pub(super) const METHODS: [&str; 10] =
    ["*", "GET", "HEAD", "PUT", "POST", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

pub(super) fn refine(schema: &mut Editor<'_>) {
    match schema.kind {
        Kind::TrafficTarget => {
            schema.set("spec.rules[].kind", json!({ "enum": rule_kinds(schema.version) }));
            // The text of v1alpha1 calls the port optional. Its definition does not.
            if schema.version == Version::V1alpha1 {
                schema.require("spec.destination", &["port"]);
            }
        }
        Kind::HttpRouteGroup => {
            schema.set("spec.matches[].methods[]", json!({ "enum": METHODS }));
        }
        Kind::TrafficSplit if schema.version >= Version::V1alpha3 => {
            schema.set("spec.matches[].kind", json!({ "enum": ["HTTPRouteGroup"] }));
        }
        Kind::TrafficSplit | Kind::IdentityBinding | Kind::TcpRoute | Kind::UdpRoute => {}
    }
}

/// The kinds that a rule may refer to.
pub(super) const fn rule_kinds(version: Version) -> &'static [&'static str] {
    match version {
        Version::V1alpha1 | Version::V1alpha2 => &["HTTPRouteGroup", "TCPRoute"],
        Version::V1alpha3 | Version::V1alpha4 => &["HTTPRouteGroup", "TCPRoute", "UDPRoute"],
    }
}
