use gateway_api::experimental::tcproutes::{
    TcpRoute, TcpRouteParentRefs, TcpRouteRules, TcpRouteRulesBackendRefs, TcpRouteSpec,
};
use gateway_api::experimental::udproutes::{
    UdpRoute, UdpRouteParentRefs, UdpRouteRules, UdpRouteRulesBackendRefs, UdpRouteSpec,
};
use smi_split::Protocol;

use super::plan::{Plan, Rule};
use crate::object::{Object, route_metadata};

/// The route of a plan for connections or datagrams; `None` if they stay with the service itself.
pub(crate) fn routes(plan: &Plan, protocol: Protocol) -> Option<Object> {
    let rule = plan.rules.first().filter(|rule| rule.split.is_some())?;
    let name = match protocol {
        Protocol::Udp => format!("{}-udp", plan.name),
        _ => plan.name.clone(),
    };
    let metadata = route_metadata(plan.service.namespace(), name, &plan.origins());
    Some(match protocol {
        Protocol::Udp => {
            Object::UdpRoute(Box::new(UdpRoute { metadata, spec: udp(plan, rule), status: None }))
        }
        _ => Object::TcpRoute(Box::new(TcpRoute { metadata, spec: tcp(plan, rule), status: None })),
    })
}

fn tcp(plan: &Plan, rule: &Rule) -> TcpRouteSpec {
    let parent = TcpRouteParentRefs {
        group: Some(String::new()),
        kind: Some("Service".to_owned()),
        name: plan.service.name().to_owned(),
        port: Some(plan.port.into()),
        ..TcpRouteParentRefs::default()
    };
    let backend = |(name, weight): &(String, u64)| TcpRouteRulesBackendRefs {
        name: name.clone(),
        port: Some(plan.port.into()),
        weight: i32::try_from(*weight).ok(),
        ..TcpRouteRulesBackendRefs::default()
    };
    let backend_refs = rule.backends.iter().map(backend).collect();
    TcpRouteSpec {
        parent_refs: Some(vec![parent]),
        rules: vec![TcpRouteRules { backend_refs, ..TcpRouteRules::default() }],
        ..TcpRouteSpec::default()
    }
}

fn udp(plan: &Plan, rule: &Rule) -> UdpRouteSpec {
    let parent = UdpRouteParentRefs {
        group: Some(String::new()),
        kind: Some("Service".to_owned()),
        name: plan.service.name().to_owned(),
        port: Some(plan.port.into()),
        ..UdpRouteParentRefs::default()
    };
    let backend = |(name, weight): &(String, u64)| UdpRouteRulesBackendRefs {
        name: name.clone(),
        port: Some(plan.port.into()),
        weight: i32::try_from(*weight).ok(),
        ..UdpRouteRulesBackendRefs::default()
    };
    let backend_refs = rule.backends.iter().map(backend).collect();
    UdpRouteSpec {
        parent_refs: Some(vec![parent]),
        rules: vec![UdpRouteRules { backend_refs, ..UdpRouteRules::default() }],
        ..UdpRouteSpec::default()
    }
}
