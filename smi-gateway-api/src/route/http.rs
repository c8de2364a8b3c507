use gateway_api::httproutes::{
    HttpRoute, HttpRouteParentRefs, HttpRouteRules, HttpRouteRulesBackendRefs,
    HttpRouteRulesMatches, HttpRouteRulesMatchesHeaders, HttpRouteRulesMatchesHeadersType,
    HttpRouteRulesMatchesMethod, HttpRouteRulesMatchesPath, HttpRouteRulesMatchesPathType,
    HttpRouteSpec,
};

use super::limits;
use super::plan::{Plan, Rule};
use crate::condition::{Condition, HeaderMatch, PathMatch};
use crate::object::{Object, route_metadata};

/// The HTTPRoutes of a plan.
pub(crate) fn routes(plan: &Plan) -> Vec<Object> {
    let origins = plan.origins();
    let namespace = plan.service.namespace();
    let rules = plan.rules.iter().map(|rule| (rule, rule.conditions.clone()));
    let routes = limits::spread(rules);
    let parts = routes.len();
    let route = |(part, rules): (usize, Vec<(&Rule, Vec<Condition>)>)| {
        let name = limits::name(&plan.name, part, parts);
        let rules = rules.into_iter().map(|(own, conditions)| rule(plan, own, &conditions));
        Object::HttpRoute(Box::new(HttpRoute {
            metadata: route_metadata(namespace, name, &origins),
            spec: HttpRouteSpec {
                parent_refs: Some(vec![parent(plan)]),
                rules: Some(rules.collect()),
                ..HttpRouteSpec::default()
            },
            status: None,
        }))
    };
    routes.into_iter().enumerate().map(route).collect()
}

fn parent(plan: &Plan) -> HttpRouteParentRefs {
    HttpRouteParentRefs {
        // The core group, written out, for absent it would be the Gateway API's.
        group: Some(String::new()),
        kind: Some("Service".to_owned()),
        name: plan.service.name().to_owned(),
        port: Some(plan.port.into()),
        ..HttpRouteParentRefs::default()
    }
}

fn rule(plan: &Plan, rule: &Rule, conditions: &[Condition]) -> HttpRouteRules {
    let backend = |(name, weight): &(String, u64)| HttpRouteRulesBackendRefs {
        name: name.clone(),
        port: Some(plan.port.into()),
        weight: i32::try_from(*weight).ok(),
        ..HttpRouteRulesBackendRefs::default()
    };
    let is_open = conditions.iter().all(|own| *own == Condition::default());
    HttpRouteRules {
        matches: (!is_open).then(|| conditions.iter().map(http_match).collect()),
        backend_refs: Some(rule.backends.iter().map(backend).collect()),
        ..HttpRouteRules::default()
    }
}

fn http_match(condition: &Condition) -> HttpRouteRulesMatches {
    use HttpRouteRulesMatchesPathType::{Exact, PathPrefix, RegularExpression};
    let is_open = *condition == Condition::default();
    let path = match &condition.path {
        // What would be assumed anyway, so that the match is not empty.
        PathMatch::Any => is_open.then_some((PathPrefix, "/")),
        PathMatch::Exact(path) => Some((Exact, path.as_str())),
        PathMatch::Prefix(path) => Some((PathPrefix, path.as_str())),
        PathMatch::Regex(regex) => Some((RegularExpression, regex.as_str())),
    };
    let path = path.map(|(r#type, value)| HttpRouteRulesMatchesPath {
        r#type: Some(r#type),
        value: Some(value.to_owned()),
    });
    let headers = condition.headers.iter().map(|(name, header)| {
        let (r#type, value) = match header {
            HeaderMatch::Exact(value) => (HttpRouteRulesMatchesHeadersType::Exact, value.as_str()),
            HeaderMatch::Regex(regex) => {
                (HttpRouteRulesMatchesHeadersType::RegularExpression, regex.as_str())
            }
        };
        let (name, value) = (name.clone(), value.to_owned());
        HttpRouteRulesMatchesHeaders { name, r#type: Some(r#type), value }
    });
    HttpRouteRulesMatches {
        headers: (!condition.headers.is_empty()).then(|| headers.collect()),
        method: condition.method.as_deref().and_then(method),
        path,
        query_params: None,
    }
}

/// Conditions have no other methods: see [`METHODS`](super::matches::METHODS).
fn method(name: &str) -> Option<HttpRouteRulesMatchesMethod> {
    use HttpRouteRulesMatchesMethod as Method;
    Some(match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "CONNECT" => Method::Connect,
        "OPTIONS" => Method::Options,
        "TRACE" => Method::Trace,
        "PATCH" => Method::Patch,
        _ => return None,
    })
}
