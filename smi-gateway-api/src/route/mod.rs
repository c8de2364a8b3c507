//! From TrafficSplits to routes.

mod grpc;
mod http;
mod l4;
mod limits;
pub(crate) mod matches;
mod plan;

use std::collections::{BTreeMap, BTreeSet};

use smi_policy::{HttpMatch, HttpRouteGroup, ObjectName, RouteGroup};
use smi_split::{Outcome, Port, ServiceName, Split, Splits};
use smi_types::hub;

use crate::cluster::Traffic;
use crate::condition::{Condition, Distinct, PathMatch, Regex};
use crate::finding::{Level, Origin, Verdict};
use crate::migration::World;
use crate::object::{Object, is_label};
use crate::options::Mesh;
use crate::path::{LARGEST_PROGRAM, program_size};
use plan::{MOST_CONDITIONS, Plan, Rule};

/// The largest weight of a backend.
///
/// Source: BackendRef, `weight`.
const LARGEST_WEIGHT: u64 = 1_000_000;
/// Backends of one rule.
const MOST_BACKENDS: usize = 16;

/// Translates all splits, and returns the routes in the order of services and ports.
pub(crate) fn migrate(world: &mut World<'_>) -> Vec<Object> {
    let splits = Splits::from_resources(world.resources, world.semantics.clone());
    world.diagnostics(splits.diagnostics());
    let mut services: BTreeMap<ObjectName, Vec<&Split>> = BTreeMap::new();
    for split in splits.iter() {
        services.entry(split.apex().clone()).or_default().push(split);
    }
    let mut objects = Vec::new();
    for (service, splits) in services {
        let mut known = BTreeMap::new();
        for port in ports(world, &service, &splits) {
            let routes = of_port(world, &service, &splits, &mut known, port);
            if !routes.is_empty() {
                report_others(world, &service, &splits, port.0);
            }
            objects.extend(routes);
        }
    }
    objects
}

/// What a split's matches became, which is the same on all ports of its service.
#[derive(Clone)]
struct Matches {
    conditions: Vec<Condition>,
    /// Where they come from.
    origins: Vec<Origin>,
    /// The worst that was found about them.
    verdict: Verdict,
}

/// The matches of splits, by name.
type Known = BTreeMap<ObjectName, Matches>;

fn origin(split: &Split) -> Origin {
    Origin::new("TrafficSplit", split.name().namespace(), split.name().name())
}

/// The ports of a service with what is spoken there; empty, and reported, if none is known.
fn ports(world: &mut World<'_>, service: &ObjectName, splits: &[&Split]) -> Vec<(Port, Traffic)> {
    const FIELD: &str = "spec.service";
    let is_name = |name: &ObjectName| is_label(name.name()) && is_label(name.namespace());
    let refuse = |world: &mut World<'_>, code, reason: String, by_hand: &str| {
        for split in splits {
            world.report.refused(&origin(split), FIELD, code, reason.clone(), Some(by_hand));
        }
        Vec::new()
    };
    if !is_name(service) {
        let reason = format!("`{service}` is no name of a Service");
        return refuse(world, "service-name", reason, "correct the name");
    }
    if let Some(own) = world.cluster.services.get(service) {
        let mut ports: Vec<(Port, Traffic)> = own
            .ports
            .iter()
            .map(|port| (Port { number: port.number, protocol: port.protocol }, port.traffic()))
            .collect();
        ports.sort_by_key(|(port, _)| *port);
        ports.dedup_by_key(|(port, _)| *port);
        if own.is_headless {
            for split in splits {
                let reason = format!(
                    "`{service}` has no cluster IP, and a mesh may ignore the routes of such Services"
                );
                let by_hand = "give the Service a cluster IP";
                world.report.caveat(&origin(split), FIELD, "headless", reason, Some(by_hand));
            }
        }
        if ports.is_empty() {
            let reason = format!("the Service `{service}` has no ports, so nothing is routed");
            return refuse(world, "no-ports", reason, "give the Service ports");
        }
        return ports;
    }
    if !world.cluster.services.is_empty() {
        let reason = format!("there is no Service `{service}`, so there is nothing to route");
        return refuse(world, "no-service", reason, "add the Service to the manifests");
    }
    // A port that is written behind the name of the service is no more than a hint, but the best.
    let written = splits.iter().find_map(|split| {
        let text = &world.split(split.name())?.service;
        let domain = &world.semantics.cluster_domain;
        ServiceName::parse(text, service.namespace(), domain).ok()?.port()
    });
    let Some(port) = written.or(world.options.assumed_port) else {
        let reason = format!("a route needs the ports of `{service}`, and there is no Service");
        let by_hand = "add the Services to the manifests, or say which port to assume";
        return refuse(world, "unknown-port", reason, by_hand);
    };
    for split in splits {
        let reason = format!("port {port} is assumed, for there is no Service `{service}`");
        let by_hand = "add the Services to the manifests";
        world.report.caveat(&origin(split), FIELD, "assumed-port", reason, Some(by_hand));
    }
    vec![(Port::tcp(port), Traffic::Unknown)]
}

/// Reports what else has a say in where the requests of a port go.
fn report_others(world: &mut World<'_>, service: &ObjectName, splits: &[&Split], port: Port) {
    const FIELD: &str = "spec.service";
    let others: BTreeSet<String> =
        world.existing.routes_of(service, port.number).map(ToString::to_string).collect();
    let host = format!(
        "{}.{}.svc.{}",
        service.name(),
        service.namespace(),
        world.semantics.cluster_domain
    );
    let profiles = world.existing.of_kinds("linkerd.io", &["ServiceProfile"]);
    let is_linkerd = matches!(world.options.mesh, None | Some(Mesh::Linkerd));
    let profile = profiles.filter(|_| is_linkerd).find(|own| own.name == host).cloned();
    for split in splits {
        let object = origin(split);
        for other in &others {
            let reason = format!(
                "{other} is a route of {port} of `{service}` too: of the matches of both the most \
                 specific counts, of equals that of the older route"
            );
            let by_hand = Some("delete it, or merge the two");
            world.report.caveat(&object, FIELD, "other-route", reason, by_hand);
        }
        if let Some(profile) = &profile {
            let reason = format!("as long as there is {profile}, Linkerd does not look at routes");
            let by_hand = Some("delete it");
            world.report.caveat(&object, FIELD, "service-profile", reason, by_hand);
        }
    }
}

fn of_port(
    world: &mut World<'_>,
    service: &ObjectName,
    splits: &[&Split],
    known: &mut Known,
    (port, traffic): (Port, Traffic),
) -> Vec<Object> {
    if traffic == Traffic::Sctp {
        for split in splits {
            let reason = format!("the Gateway API has no routes for SCTP, so {port} is not split");
            let by_hand = "split this port in another way";
            world.report.refused(&origin(split), "spec.service", "sctp", reason, Some(by_hand));
        }
        return Vec::new();
    }
    let is_http = !matches!(traffic, Traffic::Tcp | Traffic::Udp);
    let Some(mut plan) = plan(world, service, splits, known, port, is_http) else {
        return Vec::new();
    };
    if !is_http {
        let route = l4::routes(&plan, port.protocol);
        let split = plan.rules.first().and_then(|rule| rule.split.as_ref());
        if let Some((route, split)) = route.as_ref().zip(split) {
            let reason = format!(
                "the {} of {port} belongs to the Gateway API's experimental channel",
                route.kind()
            );
            let by_hand = Some("install that channel, and see whether your mesh has such routes");
            world.report.caveat(split, "spec.service", "experimental", reason, by_hand);
        }
        return route.into_iter().collect();
    }
    if plan.rules.iter().all(|rule| rule.split.is_none()) {
        return Vec::new();
    }
    if traffic == Traffic::Unknown && !world.cluster.services.is_empty() {
        for split in splits {
            let reason = format!(
                "nothing says what is spoken on {port}; the HTTPRoute splits HTTP, and no opaque TCP"
            );
            let by_hand = "set `appProtocol` on the Service's port";
            let object = origin(split);
            world.report.caveat(&object, "spec.service", "unknown-protocol", reason, Some(by_hand));
        }
    }
    let is_grpc = traffic == Traffic::Grpc && grpc::normalize(&mut plan);
    if plan.settle_precedence(&mut world.report, &mut world.comparisons_left).is_err() {
        for rule in &plan.rules {
            let Some(split) = &rule.split else { continue };
            let reason = format!("the routes would have more than {MOST_CONDITIONS} matches");
            let by_hand = "write fewer matches and methods, or fewer splits of this service";
            world.report.refused(split, "spec.matches", "too-many-matches", reason, Some(by_hand));
        }
        return Vec::new();
    }
    if is_grpc {
        for rule in &plan.rules {
            let Some(split) = &rule.split else { continue };
            let reason = format!("the GRPCRoute routes gRPC on {port}, and no other HTTP");
            let (verdict, level) = (Verdict::Caveat, Level::Info);
            world.report.add(split, "spec.service", verdict, level, "grpc-only", reason, None);
        }
        return grpc::routes(&plan);
    }
    if traffic == Traffic::Grpc {
        for split in splits {
            let reason = format!(
                "an HTTPRoute for the gRPC port {port}, for a GRPCRoute can't say these conditions"
            );
            let (verdict, level) = (Verdict::Exact, Level::Info);
            world.report.add(&origin(split), "spec.matches", verdict, level, "grpc", reason, None);
        }
    }
    settle_verdicts(world, &plan);
    if world.options.mesh == Some(Mesh::Istio) && plan.has_path_regex() {
        // Istio lets every prefix, and so `/`, come before every regular expression.
        if let Some(last) = plan.rules.last_mut() {
            for condition in &mut last.conditions {
                if condition.path == PathMatch::Any {
                    condition.path = PathMatch::Regex(Regex::new("/.*".to_owned()));
                }
            }
        }
    }
    http::routes(&plan)
}

/// A caveat about one match changes what is left for the other splits of the service.
fn settle_verdicts(world: &mut World<'_>, plan: &Plan) {
    let worst = plan.rules.iter().map(|rule| rule.verdict).max().unwrap_or(Verdict::Exact);
    let worst = if plan.has_path_regex() { worst.max(Verdict::Caveat) } else { worst };
    for rule in &plan.rules {
        let Some(split) = rule.split.as_ref().filter(|_| worst > Verdict::Exact) else { continue };
        let reason =
            "what is found about the matches of this service's splits goes for all of them";
        let code = "depends-on-matches";
        world.report.add(split, "spec", Verdict::Caveat, Level::Info, code, reason, None);
    }
}

/// The rules of a service on one port; `None`, and reported, if one can't be said.
fn plan(
    world: &mut World<'_>,
    service: &ObjectName,
    splits: &[&Split],
    known: &mut Known,
    port: Port,
    is_http: bool,
) -> Option<Plan> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut is_sayable = true;
    let is_last = |rule: &Rule| rule.conditions.iter().any(|own| *own == Condition::default());
    for split in splits {
        if rules.last().is_some_and(is_last) {
            let reason = "an earlier split takes all requests, here and there";
            let (object, verdict, level) = (origin(split), Verdict::Exact, Level::Warning);
            world.report.add(&object, "spec", verdict, level, "never-reached", reason, None);
            continue;
        }
        let Matches { conditions, mut origins, verdict } = match split.is_conditional() {
            true if !is_http => {
                let reason = format!("the split is for HTTP requests, of which {port} has none");
                let (object, verdict, level) = (origin(split), Verdict::Exact, Level::Info);
                world.report.add(&object, "spec.matches", verdict, level, "not-http", reason, None);
                continue;
            }
            true => match known.get(split.name()) {
                Some(known) => known.clone(),
                None => {
                    let matches = matches_of(world, split);
                    known.insert(split.name().clone(), matches.clone());
                    matches
                }
            },
            false => {
                let conditions = vec![Condition::default()];
                Matches { conditions, origins: Vec::new(), verdict: Verdict::Exact }
            }
        };
        if conditions.is_empty() {
            continue;
        }
        match backends(world, service, split, port) {
            Some(backends) => {
                let split = origin(split);
                origins.push(split.clone());
                let split = Some(split);
                rules.push(Rule { split, origins, conditions, backends, verdict });
            }
            None => is_sayable = false,
        }
    }
    if !rules.iter().any(is_last) {
        // What SMI does without saying: the rest stays with the service itself.
        let backends = vec![(service.name().to_owned(), 1)];
        let conditions = vec![Condition::default()];
        let (origins, verdict) = (Vec::new(), Verdict::Exact);
        rules.push(Rule { split: None, origins, conditions, backends, verdict });
    }
    let name = world.existing.route_name(service, port.number);
    is_sayable.then(|| Plan { service: service.clone(), port: port.number, name, rules })
}

/// The matches of a split, as far as they can be said.
fn matches_of(world: &mut World<'_>, split: &Split) -> Matches {
    let mut conditions = Distinct::default();
    let mut origins = Vec::new();
    let mut worst = Verdict::Exact;
    for group in split.route_groups() {
        let (namespace, name) = (group.name().namespace(), group.name().name());
        let group_origin = Origin::new("HTTPRouteGroup", namespace, name);
        let http = world.semantics.http;
        for (place, http_match) in world.matches(group.name()) {
            if !world.is_usable(group.name(), &http_match) {
                continue;
            }
            let report = &mut world.report;
            let translated = matches::translate(&http_match, &http, &group_origin, place, report);
            worst = worst.max(translated.verdict);
            large_programs(world, &group_origin, place, &translated.conditions);
            translated.conditions.into_iter().for_each(|own| conditions.insert(own));
            if conditions.len() > MOST_CONDITIONS {
                // It is refused, whatever comes behind.
                break;
            }
        }
        origins.push(group_origin);
    }
    let conditions = conditions.into_vec();
    let object = origin(split);
    if conditions.is_empty() {
        let (verdict, code, reason) = match worst {
            Verdict::NotExpressible => (
                Verdict::NotExpressible,
                "no-matches",
                "none of its matches can be said, so it is left out",
            ),
            _ => (Verdict::Exact, "never-applies", "no request meets it, here or there"),
        };
        let level = if verdict == Verdict::Exact { Level::Info } else { Level::Error };
        world.report.add(&object, "spec.matches", verdict, level, code, reason, None);
    } else if worst == Verdict::NotExpressible {
        let reason = "some of its matches can't be said; these requests are not split";
        let by_hand = Some("see the findings about the HTTPRouteGroups");
        world.report.narrowed(&object, "spec.matches", "missing-matches", reason, by_hand);
    }
    Matches { conditions, origins, verdict: worst }
}

/// Reports expressions that Cilium's proxy refuses unless it is told otherwise.
fn large_programs(world: &mut World<'_>, group: &Origin, place: usize, conditions: &[Condition]) {
    if world.options.mesh != Some(Mesh::Cilium) {
        return;
    }
    let sizes = conditions.iter().flat_map(Condition::regexes).filter_map(program_size);
    let size = sizes.max().unwrap_or_default();
    if size > LARGEST_PROGRAM {
        let reason = format!(
            "an expression makes a program of about {size} instructions, and Envoy takes \
             {LARGEST_PROGRAM}"
        );
        let by_hand = "raise `re2.max_program_size.error_level` of Cilium's Envoy, or write a simpler \
                       expression";
        let field = format!("spec.matches[{place}]");
        world.report.caveat(group, field, "regex-size", reason, Some(by_hand));
    }
}

/// The backends of a split on a port; `None`, and reported, if they can't be said.
fn backends(
    world: &mut World<'_>,
    service: &ObjectName,
    split: &Split,
    port: Port,
) -> Option<Vec<(String, u64)>> {
    const FIELD: &str = "spec.backends";
    let object = origin(split);
    let mut backends: Vec<(String, u64)> = match split.outcome(Some(port)) {
        Outcome::Backends(backends) => {
            let weights = backends.picker().weights().as_slice().iter().copied();
            let names = backends.leaves().iter().map(|leaf| leaf.service().name().to_owned());
            names.zip(weights).collect()
        }
        Outcome::Apex => vec![(service.name().to_owned(), 1)],
        Outcome::NoBackend => {
            let reason = format!(
                "no backend gets anything on {port}; SMI answers 503, a gateway may answer 500"
            );
            let code = "no-backend";
            world.report.caveat(&object, FIELD, code, reason, None);
            Vec::new()
        }
    };
    if backends.iter().any(|(_, weight)| *weight > LARGEST_WEIGHT) {
        let reason =
            format!("reduced, a weight is still above {LARGEST_WEIGHT}; nothing is rounded");
        let by_hand = "choose weights with a common factor";
        world.report.refused(&object, FIELD, "weight-too-large", reason, Some(by_hand));
        return None;
    }
    if let Some((name, _)) = backends.iter().find(|(name, _)| !is_label(name)) {
        let reason = format!("`{}` is no name of a Service", name.escape_debug());
        world.report.refused(&object, FIELD, "service-name", reason, Some("correct the name"));
        return None;
    }
    if backends.len() > MOST_BACKENDS {
        let reason =
            format!("a rule has at most {MOST_BACKENDS} backends, here are {}", backends.len());
        let by_hand = "merge backends behind a Service";
        world.report.refused(&object, FIELD, "too-many-backends", reason, Some(by_hand));
        return None;
    }
    // Those that get nothing yet stay visible: a roll-out is going to raise them.
    let mut left_out = 0;
    for idle in idle(world, split, port) {
        let is_new = !backends.iter().any(|(name, _)| *name == idle);
        if is_new && backends.len() < MOST_BACKENDS {
            backends.push((idle, 0));
        } else if is_new {
            left_out += 1;
        }
    }
    if left_out > 0 {
        let reason = format!(
            "a rule has at most {MOST_BACKENDS} backends, so that {left_out} of weight 0 are left out"
        );
        let (verdict, level) = (Verdict::Exact, Level::Warning);
        let by_hand = Some("put them in when they are to get something");
        world.report.add(&object, FIELD, verdict, level, "idle-backends", reason, by_hand);
    }
    if backends.is_empty() {
        backends.push((service.name().to_owned(), 0));
    }
    world.report.exact(&object, FIELD, "the same shares");
    Some(backends)
}

/// Backends of weight 0 that have the port.
fn idle(world: &World<'_>, split: &Split, port: Port) -> BTreeSet<String> {
    let Some(resource) = world.split(split.name()) else { return BTreeSet::new() };
    let (namespace, domain) = (split.name().namespace(), &world.semantics.cluster_domain);
    let name = |backend: &hub::Backend| {
        let name = ServiceName::parse(&backend.service, namespace, domain).ok()?;
        let service = name.service();
        let own = world.cluster.services.get(service);
        let has_port = world.cluster.services.is_empty()
            || own.is_some_and(|own| {
                own.ports
                    .iter()
                    .any(|own| own.number == port.number && own.protocol == port.protocol)
            });
        let is_usable = service.namespace() == namespace && is_label(service.name()) && has_port;
        is_usable.then(|| service.name().to_owned())
    };
    resource.backends.iter().filter(|backend| backend.weight.is_zero()).filter_map(name).collect()
}

impl World<'_> {
    /// The readable matches of a group, with their positions.
    fn matches(&self, group: &ObjectName) -> Vec<(usize, HttpMatch)> {
        let Some(resource) = self.group(group) else { return Vec::new() };
        let resource = HttpRouteGroup::from_hub(resource, &self.semantics.default_namespace);
        let matches = resource.matches.into_iter().enumerate();
        matches.filter_map(|(place, http_match)| Some((place, http_match?))).collect()
    }

    /// Whether the engine takes a match.
    fn is_usable(&self, group: &ObjectName, http_match: &HttpMatch) -> bool {
        let alone = HttpRouteGroup::new(group.clone()).with(http_match.clone());
        RouteGroup::compile(&alone, &self.semantics.http, &mut Vec::new()).is_usable()
    }
}
