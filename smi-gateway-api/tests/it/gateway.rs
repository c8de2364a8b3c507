//! The routing rules of the Gateway API, as HTTPRouteRule, GRPCRouteRule, TCPRoute and UDPRoute
//! document them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::request::{Request, covers};

/// Where an implementation puts matches with a regular expression for the path, which the Gateway
/// API leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RegexRank {
    /// Below all prefixes, longer expressions first.
    BelowPrefixes,
    /// Above all prefixes, all alike.
    AbovePrefixes,
}

/// The routes of a kind that have this port of a service as their parent.
fn attached<'o>(
    objects: &'o [Value],
    kind: &'o str,
    service: &'o str,
    port: u16,
) -> impl Iterator<Item = &'o Value> {
    let is_parent = move |parent: &Value| {
        parent["group"] == ""
            && parent["kind"] == "Service"
            && parent["name"] == service
            && parent["port"] == port
    };
    objects.iter().filter(move |object| {
        object["apiVersion"].as_str().unwrap().starts_with("gateway.networking.k8s.io/")
            && object["kind"] == kind
            && object["spec"]["parentRefs"].as_array().unwrap().iter().any(is_parent)
    })
}

fn weights(rule: &Value, port: u16) -> BTreeMap<String, u64> {
    let mut weights = BTreeMap::new();
    for backend in rule["backendRefs"].as_array().unwrap() {
        assert_eq!(backend["port"], port);
        *weights.entry(backend["name"].as_str().unwrap().to_owned()).or_insert(0) +=
            backend["weight"].as_u64().unwrap();
    }
    weights
}

/// The rule of these routes that takes a request: the most specific match counts, then the name of
/// the route (all are of the same age), then the order of its rules.
fn best<'o, R: Ord>(
    routes: impl Iterator<Item = &'o Value>,
    rank: impl Fn(&Value) -> Option<R>,
) -> Option<&'o Value> {
    let mut candidates = Vec::new();
    for route in routes {
        let name = route["metadata"]["name"].as_str().unwrap();
        for (place, rule) in route["spec"]["rules"].as_array().unwrap().iter().enumerate() {
            let everything = vec![Value::Null];
            for own in rule["matches"].as_array().unwrap_or(&everything) {
                candidates.extend(rank(own).map(|rank| ((Reverse(rank), name, place), rule)));
            }
        }
    }
    let best = candidates.into_iter().min_by(|(a, _), (b, _)| a.cmp(b));
    best.map(|(_, rule)| rule)
}

/// The weights of the rule that takes a request: by name of the service. `None`: no rule does.
pub(crate) fn route(
    objects: &[Value],
    service: &str,
    port: u16,
    request: &Request,
    regexes: RegexRank,
) -> Option<BTreeMap<String, u64>> {
    let routes = attached(objects, "HTTPRoute", service, port);
    best(routes, |own| rank(own, request, regexes)).map(|rule| weights(rule, port))
}

/// The same for a request of gRPC.
pub(crate) fn grpc_route(
    objects: &[Value],
    service: &str,
    port: u16,
    request: &Request,
) -> Option<BTreeMap<String, u64>> {
    let (called, method) = request.path().strip_prefix('/')?.split_once('/')?;
    let rank = |own: &Value| {
        let regex = own["method"]["type"] == "RegularExpression";
        let condition = |key: &str, text: &str| match own["method"][key].as_str() {
            None => Some(0),
            Some(value) if regex => covers(value, text).then_some(value.len()),
            Some(value) => (value == text).then_some(value.len()),
        };
        let (service, method) = (condition("service", called)?, condition("method", method)?);
        Some((service, method, headers(own, request)?))
    };
    best(attached(objects, "GRPCRoute", service, port), rank).map(|rule| weights(rule, port))
}

/// The weights of a TCPRoute or UDPRoute; `None`: there is none.
pub(crate) fn opaque_route(
    objects: &[Value],
    kind: &str,
    service: &str,
    port: u16,
) -> Option<BTreeMap<String, u64>> {
    let mut routes = attached(objects, kind, service, port);
    let rules = routes.next()?["spec"]["rules"].as_array().unwrap();
    assert!(routes.next().is_none() && rules.len() == 1, "one rule of one route counts");
    Some(weights(&rules[0], port))
}

/// How specifically a match takes the request; `None` if it does not.
fn rank(own: &Value, request: &Request, regexes: RegexRank) -> Option<impl Ord + Copy + use<>> {
    let path = request.path();
    let value = own["path"]["value"].as_str().unwrap_or("/");
    let (is_match, class, length) = match own["path"]["type"].as_str().unwrap_or("PathPrefix") {
        "Exact" => (path == value, 9, 0),
        "PathPrefix" => {
            let prefix = value.trim_end_matches('/');
            let rest = path.strip_prefix(prefix);
            let is_match = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            (is_match && path.starts_with('/'), 5, value.len())
        }
        "RegularExpression" => match regexes {
            RegexRank::BelowPrefixes => (covers(value, path), 1, value.len()),
            RegexRank::AbovePrefixes => (covers(value, path), 7, 0),
        },
        other => panic!("{other}"),
    };
    if !is_match || own["method"].as_str().is_some_and(|method| method != request.method) {
        return None;
    }
    Some((class, length, own["method"].is_string(), headers(own, request)?))
}

/// How many conditions on headers a match has; `None` if the request does not meet them.
fn headers(own: &Value, request: &Request) -> Option<usize> {
    let no_headers = Vec::new();
    let headers = own["headers"].as_array().unwrap_or(&no_headers);
    let all = headers.iter().all(|header| {
        let value = header["value"].as_str().unwrap();
        let found = request.joined(header["name"].as_str().unwrap(), ", ");
        found.is_some_and(|found| match header["type"].as_str().unwrap_or("Exact") {
            "Exact" => found == value,
            _ => covers(value, &found),
        })
    });
    all.then_some(headers.len())
}
