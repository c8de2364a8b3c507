//! The way back: HTTPRoutes with a Service as parent become TrafficSplits and HTTPRouteGroups.

mod entry;
mod json;
mod smi;

use std::collections::BTreeMap;

use gateway_api::httproutes::HttpRoute;
use smi_policy::ObjectName;
use smi_split::Splits;
use smi_types::manifest::Node;

use crate::condition::Condition;
use crate::existing;
use crate::finding::{Level, Origin, Verdict};
use crate::migration::World;
use crate::object::{Object, is_label, is_name};
use entry::Entry;

/// API groups whose routes send requests to Services.
const GROUPS: [&str; 2] = ["gateway.networking.k8s.io/", "policy.linkerd.io/"];
/// The versions of HTTPRoutes that are read.
const VERSIONS: [&str; 2] = ["gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1beta1"];

/// The routes of one service.
#[derive(Default)]
struct Routed {
    entries: Vec<Entry>,
    origins: Vec<Origin>,
    /// One of the routes can't be said, so none can: what is left would mean something else.
    is_refused: bool,
}

/// Translates all HTTPRoutes, and names them, and the other routes, which are refused.
pub(crate) fn migrate(world: &mut World<'_>) -> (Vec<Object>, Vec<Origin>) {
    // Of the same route twice the last counts.
    let mut routes: BTreeMap<Origin, Node<'_>> = BTreeMap::new();
    for loaded in world.resources.foreign() {
        let document = loaded.document;
        let version = document.api_version().unwrap_or_default();
        let is_known = GROUPS.iter().any(|group| version.starts_with(group));
        let Some(root) = document.root().filter(|_| is_known) else { continue };
        let kind = root.get("kind").and_then(Node::as_str).unwrap_or_default();
        if kind.ends_with("Route") {
            let namespace = document.namespace().unwrap_or(world.resources.default_namespace());
            let name = document.name().unwrap_or_default();
            routes.insert(Origin::new(kind, namespace, name), root);
        }
    }
    let mut services: BTreeMap<ObjectName, Routed> = BTreeMap::new();
    for (origin, root) in &routes {
        match read(origin, *root) {
            Ok((route, lost)) => one(world, &mut services, origin, &route, lost),
            Err((code, reason)) => {
                world.report.refused(origin, "", code, reason, None);
                for (service, _) in existing::parents(*root, &origin.namespace) {
                    services.entry(service).or_default().is_refused = true;
                }
            }
        }
    }
    let splits = Splits::from_resources(world.resources, world.semantics.clone());
    let mut objects = Vec::new();
    for (service, routed) in services {
        objects.extend(of_service(world, &splits, &service, routed));
    }
    (objects, routes.into_keys().collect())
}

/// An HTTPRoute, and the first of its fields that would be lost; or code and reason why not.
fn read(
    origin: &Origin,
    root: Node<'_>,
) -> Result<(HttpRoute, Option<String>), (&'static str, String)> {
    let version = root.get("apiVersion").and_then(Node::as_str).unwrap_or_default();
    if origin.kind != "HTTPRoute" || !VERSIONS.contains(&version) {
        let reason = format!(
            "a TrafficSplit is made of HTTPRoutes of `{}`, and this is a {} of `{}`",
            VERSIONS.join("` or `"),
            origin.kind,
            version.escape_debug()
        );
        return Err(("kind", reason));
    }
    if !is_label(&origin.namespace) || !is_name(&origin.name) {
        return Err(("name", "its name is none that an API server takes".to_owned()));
    }
    let json = json::of(root);
    let route = serde_json::from_value::<HttpRoute>(json.clone())
        .map_err(|error| ("unreadable", format!("it is no HTTPRoute: {error}")))?;
    let lost = json::lost(&json, &route);
    Ok((route, lost))
}

fn one(
    world: &mut World<'_>,
    services: &mut BTreeMap<ObjectName, Routed>,
    origin: &Origin,
    route: &HttpRoute,
    lost: Option<String>,
) {
    let mut refusal = lost.map(|field| {
        let reason = format!("`{field}` is a field that this program does not know");
        (field, "unknown-field", reason)
    });
    if route.spec.hostnames.as_ref().is_some_and(|hostnames| !hostnames.is_empty()) {
        let reason = "a TrafficSplit has no hostnames".to_owned();
        refusal = Some(("spec.hostnames".to_owned(), "hostnames", reason));
    }
    let parents = route.spec.parent_refs.iter().flatten();
    for (place, parent) in parents.enumerate() {
        let field = format!("spec.parentRefs[{place}]");
        let is_service = parent.group.as_deref() == Some("")
            && parent.kind.as_deref() == Some("Service")
            && parent.section_name.is_none();
        let namespace = parent.namespace.as_deref().unwrap_or(&origin.namespace);
        if !is_service || namespace != origin.namespace {
            let reason = "SMI splits traffic to Services of the same namespace only";
            world.report.refused(origin, field, "parent", reason, None);
            continue;
        }
        if !is_label(&parent.name) {
            let reason = format!("`{}` is no name of a Service", parent.name.escape_debug());
            world.report.refused(origin, field, "service-name", reason, None);
            continue;
        }
        let service = ObjectName::new(namespace, parent.name.as_str());
        let routed = services.entry(service.clone()).or_default();
        routed.origins.push(origin.clone());
        if let Some((field, code, reason)) = &refusal {
            world.report.refused(origin, field.as_str(), code, reason.as_str(), None);
            routed.is_refused = true;
            continue;
        }
        let port = match port(world, origin, &field, &service, parent.port) {
            Some(port) => port,
            None => {
                routed.is_refused = true;
                continue;
            }
        };
        match entry::read(route, origin, port) {
            Ok(entries) => routed.entries.extend(entries),
            Err((field, code, reason)) => {
                world.report.refused(origin, field, code, reason, None);
                routed.is_refused = true;
            }
        }
    }
}

/// The port of the service that the route is for; the inner `None` if nothing tells. A split is for
/// all ports, so there must be no other.
fn port(
    world: &mut World<'_>,
    origin: &Origin,
    field: &str,
    service: &ObjectName,
    wanted: Option<i32>,
) -> Option<Option<i32>> {
    let Some(own) = world.cluster.services.get(service) else {
        if wanted.is_some() {
            let reason = format!(
                "a split is for all ports of `{service}`, which is not among the manifests"
            );
            let by_hand = Some("see that the Service has no other port");
            world.report.caveat(origin, field, "assumed-port", reason, by_hand);
        }
        return Some(wanted);
    };
    let numbers: Vec<i32> = own.ports.iter().map(|port| port.number.into()).collect();
    match (numbers.as_slice(), wanted) {
        ([only], None) => Some(Some(*only)),
        ([only], Some(wanted)) if *only == wanted => Some(Some(wanted)),
        _ => {
            let reason = format!("a split is for all ports of `{service}`, the route is not");
            world.report.refused(origin, field, "port", reason, None);
            None
        }
    }
}

fn of_service(
    world: &mut World<'_>,
    splits: &Splits,
    service: &ObjectName,
    routed: Routed,
) -> Vec<Object> {
    let Routed { mut entries, mut origins, is_refused } = routed;
    origins.sort();
    origins.dedup();
    if is_refused {
        for origin in &origins {
            let reason = format!("a route of `{service}` can't be said, so none of them is");
            world.report.refused(origin, "spec", "refused", reason, None);
        }
        return Vec::new();
    }
    // The Gateway API's order: the most specific match first, then the oldest route.
    entries.sort_by(|a, b| b.condition.rank().cmp(&a.condition.rank()).then(a.age.cmp(&b.age)));
    let is_rest = |entry: &Entry| entry.condition == Condition::default();
    let Some(rest) = entries.iter().position(is_rest) else {
        for origin in &origins {
            let reason = format!(
                "requests that meet no match are refused by the route; a split leaves them to \
                 `{service}`"
            );
            let by_hand = Some("add a rule without matches");
            world.report.refused(origin, "spec.rules", "no-rest", reason, by_hand);
        }
        return Vec::new();
    };
    // What stands behind the rule for the rest is never reached.
    entries.truncate(rest + 1);
    if entries.iter().any(|entry| entry.condition.has_path_regex()) {
        for origin in &origins {
            let reason = "where regular expressions stand is left to implementations; here they \
                          come before prefixes";
            let (verdict, level) = (Verdict::Caveat, Level::Info);
            let code = "implementation-specific";
            world.report.add(origin, "spec.rules", verdict, level, code, reason, None);
        }
    }
    match smi::objects(world, service, &entries) {
        Ok(objects) => {
            report_others(world, splits, service, &origins);
            for origin in &origins {
                world.report.exact(origin, "spec", "the same shares");
            }
            objects
        }
        Err((field, code, reason)) => {
            for origin in &origins {
                world.report.refused(origin, field.as_str(), code, reason.as_str(), None);
            }
            Vec::new()
        }
    }
}

/// Reports splits of the service that were there before: they have a say too.
fn report_others(world: &mut World<'_>, splits: &Splits, service: &ObjectName, origins: &[Origin]) {
    for other in splits.of_apex(service) {
        let (namespace, name) = (other.name().namespace(), other.name().name());
        let other = Origin::new("TrafficSplit", namespace, name);
        for origin in origins {
            let reason = format!(
                "{other} splits `{service}` too: of several splits the oldest that a request meets \
                 counts"
            );
            let by_hand = Some("delete it");
            world.report.caveat(origin, "spec", "other-split", reason, by_hand);
        }
    }
}
