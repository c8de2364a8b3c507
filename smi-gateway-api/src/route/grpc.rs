use gateway_api::grpcroutes::{
    GrpcRoute, GrpcRouteParentRefs, GrpcRouteRules, GrpcRouteRulesBackendRefs,
    GrpcRouteRulesMatches, GrpcRouteRulesMatchesHeaders, GrpcRouteRulesMatchesHeadersType,
    GrpcRouteRulesMatchesMethod, GrpcRouteRulesMatchesMethodType, GrpcRouteSpec,
};

use super::limits;
use super::plan::{Plan, Rule};
use crate::condition::{Condition, HeaderMatch, PathMatch};
use crate::object::{Object, route_metadata};

/// Puts the conditions into the form that a GRPCRoute can say: services, methods and headers.
/// `false`, and nothing is changed, if one can't be.
pub(crate) fn normalize(plan: &mut Plan) -> bool {
    let is_post = |condition: &Condition| condition.method.as_deref().is_none_or(|m| m == "POST");
    if !plan.conditions().all(|own| is_post(own) && method(&own.path).is_some()) {
        return false;
    }
    for condition in plan.rules.iter_mut().flat_map(|rule| &mut rule.conditions) {
        // gRPC has no other method.
        condition.method = None;
    }
    true
}

/// The GRPCRoutes of a plan.
pub(crate) fn routes(plan: &Plan) -> Vec<Object> {
    let origins = plan.origins();
    let namespace = plan.service.namespace();
    let routes = limits::spread(plan.rules.iter().map(|rule| (rule, rule.conditions.clone())));
    let parts = routes.len();
    let route = |(part, rules): (usize, Vec<(&Rule, Vec<Condition>)>)| {
        let name = limits::name(&plan.name, part, parts);
        let rules = rules.into_iter().map(|(own, conditions)| rule(plan, own, &conditions));
        let parent = GrpcRouteParentRefs {
            group: Some(String::new()),
            kind: Some("Service".to_owned()),
            name: plan.service.name().to_owned(),
            port: Some(plan.port.into()),
            ..GrpcRouteParentRefs::default()
        };
        Object::GrpcRoute(Box::new(GrpcRoute {
            metadata: route_metadata(namespace, name, &origins),
            spec: GrpcRouteSpec {
                parent_refs: Some(vec![parent]),
                rules: Some(rules.collect()),
                ..GrpcRouteSpec::default()
            },
            status: None,
        }))
    };
    routes.into_iter().enumerate().map(route).collect()
}

fn rule(plan: &Plan, rule: &Rule, conditions: &[Condition]) -> GrpcRouteRules {
    let backend = |(name, weight): &(String, u64)| GrpcRouteRulesBackendRefs {
        name: name.clone(),
        port: Some(plan.port.into()),
        weight: i32::try_from(*weight).ok(),
        ..GrpcRouteRulesBackendRefs::default()
    };
    let is_open = conditions.iter().all(|own| *own == Condition::default());
    GrpcRouteRules {
        matches: (!is_open).then(|| conditions.iter().map(grpc_match).collect()),
        backend_refs: Some(rule.backends.iter().map(backend).collect()),
        ..GrpcRouteRules::default()
    }
}

fn grpc_match(condition: &Condition) -> GrpcRouteRulesMatches {
    let headers = condition.headers.iter().map(|(name, header)| {
        let (r#type, value) = match header {
            HeaderMatch::Exact(value) => (GrpcRouteRulesMatchesHeadersType::Exact, value.as_str()),
            HeaderMatch::Regex(regex) => {
                (GrpcRouteRulesMatchesHeadersType::RegularExpression, regex.as_str())
            }
        };
        let (name, value) = (name.clone(), value.to_owned());
        GrpcRouteRulesMatchesHeaders { name, r#type: Some(r#type), value }
    });
    GrpcRouteRulesMatches {
        headers: (!condition.headers.is_empty()).then(|| headers.collect()),
        method: method(&condition.path).flatten(),
    }
}

/// A path as service and method; the inner `None` if every path will do, the outer if it can't be
/// said.
fn method(path: &PathMatch) -> Option<Option<GrpcRouteRulesMatchesMethod>> {
    let (service, method) = match path {
        PathMatch::Any => return Some(None),
        PathMatch::Regex(_) => return None,
        PathMatch::Prefix(path) => (path.strip_prefix('/')?, None),
        PathMatch::Exact(path) => {
            let (service, method) = path.strip_prefix('/')?.split_once('/')?;
            (service, Some(method))
        }
    };
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let is_sayable = service.split('.').all(is_word) && method.is_none_or(is_word);
    is_sayable.then(|| {
        Some(GrpcRouteRulesMatchesMethod {
            service: Some(service.to_owned()),
            method: method.map(str::to_owned),
            r#type: Some(GrpcRouteRulesMatchesMethodType::Exact),
        })
    })
}
