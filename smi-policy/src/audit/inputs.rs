use std::collections::BTreeMap;

use crate::builder::PolicyBuilder;
use crate::name::ObjectName;
use crate::resource::{HttpRouteGroup, IdentityBinding, PortRoute, TrafficTarget};

/// The resources that a policy was made of. The one place where audits look into a builder.
#[derive(Clone, Debug)]
pub(super) struct Inputs {
    pub(super) targets: Vec<TrafficTarget>,
    pub(super) groups: BTreeMap<ObjectName, HttpRouteGroup>,
    pub(super) tcp_routes: BTreeMap<ObjectName, PortRoute>,
    pub(super) udp_routes: BTreeMap<ObjectName, PortRoute>,
    pub(super) bindings: BTreeMap<ObjectName, IdentityBinding>,
}

impl Inputs {
    pub(super) fn of(resources: &PolicyBuilder) -> Self {
        Self {
            targets: resources.traffic_targets().collect(),
            groups: resources
                .http_route_groups()
                .map(|group| (group.name.clone(), group))
                .collect(),
            tcp_routes: resources.tcp_routes().clone(),
            udp_routes: resources.udp_routes().clone(),
            bindings: resources.identity_bindings().clone(),
        }
    }
}
