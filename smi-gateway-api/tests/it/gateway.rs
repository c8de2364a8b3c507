//! The routing rules of the Gateway API, as HTTPRouteRule documents them.

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

/// The weights of the rule that takes a request: by name of the service. `None`: no rule does.
pub(crate) fn route(
    objects: &[Value],
    service: &str,
    port: u16,
    request: &Request,
    regexes: RegexRank,
) -> Option<BTreeMap<String, u64>> {
    let mut candidates = Vec::new();
    let routes = objects.iter().filter(|object| {
        object["kind"] == "HTTPRoute" && object["apiVersion"] == "gateway.networking.k8s.io/v1"
    });
    for route in routes {
        let is_parent = route["spec"]["parentRefs"].as_array().unwrap().iter().any(|parent| {
            parent["group"] == ""
                && parent["kind"] == "Service"
                && parent["name"] == service
                && parent["port"] == port
        });
        if !is_parent {
            continue;
        }
        let name = route["metadata"]["name"].as_str().unwrap();
        for (place, rule) in route["spec"]["rules"].as_array().unwrap().iter().enumerate() {
            let everything = vec![Value::Null];
            for own in rule["matches"].as_array().unwrap_or(&everything) {
                if let Some(rank) = rank(own, request, regexes) {
                    candidates.push(((Reverse(rank), name, place), rule));
                }
            }
        }
    }
    let (_, rule) = candidates.into_iter().min_by(|(a, _), (b, _)| a.cmp(b))?;
    let mut weights = BTreeMap::new();
    for backend in rule["backendRefs"].as_array().unwrap() {
        assert_eq!(backend["port"], port);
        *weights.entry(backend["name"].as_str().unwrap().to_owned()).or_insert(0) +=
            backend["weight"].as_u64().unwrap();
    }
    Some(weights)
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
    all.then_some((class, length, own["method"].is_string(), headers.len()))
}
