use std::collections::BTreeMap;

use gateway_api::httproutes::{
    HttpRoute, HttpRouteRules, HttpRouteRulesBackendRefs, HttpRouteRulesMatches,
    HttpRouteRulesMatchesHeadersType, HttpRouteRulesMatchesPathType,
};
use serde_json::Value;

use crate::condition::{Condition, HeaderMatch, PathMatch, Regex};
use crate::finding::Origin;
use crate::object::is_label;

/// One match of a route, and where its requests go.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) origin: Origin,
    pub(super) condition: Condition,
    pub(super) backends: Vec<(String, u64)>,
    /// Of equally specific matches the least counts: the oldest route, then its name, then the
    /// place in it.
    pub(super) age: (bool, Option<String>, String, usize),
}

/// Field, code and reason.
pub(super) type Refusal = (String, &'static str, String);

/// The matches of a route of a service with this port.
///
/// # Errors
///
/// The first thing that SMI can't say.
pub(super) fn read(
    route: &HttpRoute,
    origin: &Origin,
    port: Option<i32>,
) -> Result<Vec<Entry>, Refusal> {
    let created = route.metadata.creation_timestamp.as_ref();
    let created = created.and_then(|time| serde_json::to_value(time).ok());
    let created = created.as_ref().and_then(Value::as_str).map(str::to_owned);
    let name = format!("{}/{}", origin.namespace, origin.name);
    let mut entries = Vec::new();
    for (place, rule) in route.spec.rules.iter().flatten().enumerate() {
        let field = format!("spec.rules[{place}]");
        let backends = backends(rule, origin, &field, port)?;
        let matches = rule.matches.as_deref().unwrap_or_default();
        let all = [HttpRouteRulesMatches::default()];
        let matches = if matches.is_empty() { all.as_slice() } else { matches };
        for (index, own) in matches.iter().enumerate() {
            let condition = condition(own, &format!("{field}.matches[{index}]"))?;
            let age = (created.is_none(), created.clone(), name.clone(), place);
            let (origin, backends) = (origin.clone(), backends.clone());
            entries.push(Entry { origin, condition, backends, age });
        }
    }
    if entries.is_empty() {
        let reason = "the route has no rules".to_owned();
        return Err(("spec.rules".to_owned(), "no-rules", reason));
    }
    Ok(entries)
}

fn backends(
    rule: &HttpRouteRules,
    origin: &Origin,
    field: &str,
    port: Option<i32>,
) -> Result<Vec<(String, u64)>, Refusal> {
    let refused = |field: String, code, reason: &str| Err((field, code, reason.to_owned()));
    if rule.filters.as_ref().is_some_and(|filters| !filters.is_empty()) {
        return refused(format!("{field}.filters"), "filters", "a TrafficSplit has no filters");
    }
    if rule.timeouts.is_some() {
        return refused(format!("{field}.timeouts"), "timeouts", "a TrafficSplit has no timeouts");
    }
    let mut weights: Vec<(String, u64)> = Vec::new();
    for (index, backend) in rule.backend_refs.iter().flatten().enumerate() {
        let field = format!("{field}.backendRefs[{index}]");
        if backend.filters.as_ref().is_some_and(|filters| !filters.is_empty()) {
            return refused(field, "filters", "a backend of a TrafficSplit has no filters");
        }
        if !is_own_service(backend, origin) {
            let reason = "backends of a TrafficSplit are Services of the same namespace";
            return refused(field, "backend", reason);
        }
        if backend.port.is_none() || backend.port != port {
            let reason = "a backend of a TrafficSplit gets traffic on the port of the service";
            return refused(field, "port", reason);
        }
        if !is_label(&backend.name) {
            return refused(field, "service-name", "this is no name of a Service");
        }
        let Ok(weight) = u64::try_from(backend.weight.unwrap_or(1)) else {
            return refused(field, "weight", "a weight below zero");
        };
        match weights.iter_mut().find(|(name, _)| *name == backend.name) {
            Some((_, sum)) => *sum += weight,
            None => weights.push((backend.name.clone(), weight)),
        }
    }
    if weights.is_empty() {
        let reason = "without backends a route refuses requests, a TrafficSplit does not";
        return refused(format!("{field}.backendRefs"), "no-backends", reason);
    }
    Ok(weights)
}

fn is_own_service(backend: &HttpRouteRulesBackendRefs, origin: &Origin) -> bool {
    backend.group.as_deref().unwrap_or_default().is_empty()
        && backend.kind.as_deref().unwrap_or("Service") == "Service"
        && backend.namespace.as_ref().is_none_or(|namespace| *namespace == origin.namespace)
}

fn condition(own: &HttpRouteRulesMatches, field: &str) -> Result<Condition, Refusal> {
    if own.query_params.as_ref().is_some_and(|params| !params.is_empty()) {
        let reason = "an HTTPRouteGroup has no condition on the query".to_owned();
        return Err((format!("{field}.queryParams"), "query", reason));
    }
    let path = own.path.clone().unwrap_or_default();
    let value = path.value.unwrap_or_else(|| "/".to_owned());
    let path = match path.r#type {
        Some(HttpRouteRulesMatchesPathType::Exact) => PathMatch::Exact(value),
        Some(HttpRouteRulesMatchesPathType::RegularExpression) => {
            PathMatch::Regex(Regex::new(value))
        }
        Some(HttpRouteRulesMatchesPathType::PathPrefix) | None => {
            match value.trim_end_matches('/') {
                "" => PathMatch::Any,
                prefix => PathMatch::Prefix(prefix.to_owned()),
            }
        }
    };
    let mut headers = BTreeMap::new();
    for (index, header) in own.headers.iter().flatten().enumerate() {
        let name = header.name.to_ascii_lowercase();
        if name == "host" {
            let reason = "a route compares a header, SMI takes it for the authority".to_owned();
            return Err((format!("{field}.headers[{index}]"), "authority", reason));
        }
        let value = header.value.clone();
        let value = match header.r#type {
            Some(HttpRouteRulesMatchesHeadersType::RegularExpression) => {
                HeaderMatch::Regex(Regex::new(value))
            }
            Some(HttpRouteRulesMatchesHeadersType::Exact) | None => HeaderMatch::Exact(value),
        };
        // Of one name twice the first counts, says HTTPHeaderMatch.
        headers.entry(name).or_insert(value);
    }
    let method = own.method.as_ref().and_then(|method| serde_json::to_value(method).ok());
    let method = method.as_ref().and_then(Value::as_str).map(str::to_owned);
    Ok(Condition { path, method, headers })
}
