//! The rules of Envoy's own RBAC filter from SMI manifests, as Open Service Mesh reads them.
//!
//! It shares the reader of manifests with the engine, and nothing else.

use serde_json::{Map, Value, json};
use smi_types::Manifest;
use smi_types::hub::{
    HttpMatch, HttpRouteGroup, Object, PortRoute, Ports, Rule, RuleKind, Subject, TrafficTarget,
};

use crate::worlds::INVALID;

/// The filter's settings for one route: who may call `default/server`.
pub(crate) fn per_route(manifests: &str) -> Value {
    let manifest = Manifest::read(manifests);
    let objects: Vec<&Object> = manifest.objects().collect();
    let mut policies = Map::new();
    for object in &objects {
        let Object::TrafficTarget(target) = object else { continue };
        if let Some(policy) = policy(target, &objects) {
            policies.insert(target.meta.name.to_string(), policy);
        }
    }
    json!({
        "envoy.filters.http.rbac": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBACPerRoute",
            "rbac": {"rules": {"action": "ALLOW", "policies": policies}},
        },
    })
}

/// The filter, which lets nobody pass where no route says otherwise.
pub(crate) fn filter() -> Value {
    json!({
        "name": "envoy.filters.http.rbac",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
            "rules": {"action": "ALLOW"},
        },
    })
}

/// `None` if the target grants nothing.
fn policy(target: &TrafficTarget, objects: &[&Object]) -> Option<Value> {
    let Subject::ServiceAccount { name, .. } = &target.destination else { return None };
    if &**name != "server" || target.rules.iter().any(|rule| rule.kind == RuleKind::Unreadable) {
        return None;
    }
    let principals: Vec<Value> = target.sources.iter().filter_map(principal).collect();

    let of = |kind| target.rules.iter().filter(move |rule| rule.kind == kind);
    let http: Vec<Value> =
        of(RuleKind::HttpRouteGroup).flat_map(|rule| matches(rule, objects)).collect();
    if principals.is_empty() || http.is_empty() {
        return None;
    }
    let mut both = vec![any_of(http)];
    if of(RuleKind::TcpRoute).next().is_some() {
        let ports: Vec<Value> =
            of(RuleKind::TcpRoute).flat_map(|rule| ports(rule, objects)).collect();
        if ports.is_empty() {
            return None;
        }
        both.push(any_of(ports));
    }
    Some(json!({"principals": principals, "permissions": [all_of(both)]}))
}

fn principal(source: &Subject) -> Option<Value> {
    let Subject::ServiceAccount { namespace: Some(namespace), name } = source else { return None };
    let uri = format!("spiffe://cluster.local/ns/{namespace}/sa/{name}");
    Some(json!({"authenticated": {"principal_name": {"exact": uri}}}))
}

fn matches(rule: &Rule, objects: &[&Object]) -> Vec<Value> {
    let is_named = |object: &&&Object| matches!(object, Object::HttpRouteGroup(group) if *group.meta.name == *rule.name);
    let Some(Object::HttpRouteGroup(HttpRouteGroup { matches, .. })) =
        objects.iter().find(is_named)
    else {
        return Vec::new();
    };
    let is_selected = |m: &&HttpMatch| {
        let name = m.name.as_deref().unwrap_or_default();
        rule.matches.iter().any(|selected| &**selected == name)
    };
    matches.iter().flatten().filter(is_selected).filter_map(permission).collect()
}

fn permission(http: &HttpMatch) -> Option<Value> {
    let mut all = Vec::new();
    if let Some(pattern) = http.path_regex.as_deref().filter(|pattern| !pattern.is_empty()) {
        if INVALID.contains(&pattern) {
            return None;
        }
        all.push(json!({"url_path": {"path": {"safe_regex": {"regex": pattern}}}}));
    }
    if !http.methods.is_empty() && !http.methods.iter().any(|method| &**method == "*") {
        let methods = http.methods.iter();
        all.push(any_of(methods.map(|m| header(":method", json!({"exact": m}))).collect()));
    }
    for (name, pattern) in &http.headers {
        let name = if name.eq_ignore_ascii_case("host") { ":authority" } else { name };
        all.push(header(name, json!({"safe_regex": {"regex": pattern}})));
    }
    Some(all_of(all))
}

fn ports(rule: &Rule, objects: &[&Object]) -> Vec<Value> {
    let is_named =
        |object: &&&Object| matches!(object, Object::TcpRoute(r) if *r.meta.name == *rule.name);
    match objects.iter().find(is_named) {
        Some(Object::TcpRoute(PortRoute { ports: Ports::All, .. })) => vec![json!({"any": true})],
        Some(Object::TcpRoute(PortRoute { ports: Ports::Only(ports), .. })) => {
            ports.iter().map(|port| json!({"destination_port": port})).collect()
        }
        _ => Vec::new(),
    }
}

fn header(name: &str, value: Value) -> Value {
    json!({"header": {"name": name, "string_match": value}})
}

fn any_of(rules: Vec<Value>) -> Value {
    json!({"or_rules": {"rules": rules}})
}

fn all_of(rules: Vec<Value>) -> Value {
    if rules.is_empty() { json!({"any": true}) } else { json!({"and_rules": {"rules": rules}}) }
}
