use std::collections::BTreeSet;

use serde::Serialize;
use smi_policy::{HttpMatch, HttpSemantics};

use super::grant::{Account, Grant, PortSelection, Source};
use super::headers::{Refusal, exact_values};
use super::pods::is_label_value;
use super::{Memo, kept, network, pods, wanted_name};
use crate::cluster::Labels;
use crate::finding::Origin;
use crate::migration::World;
use crate::object::{Metadata, Object, Other};
use crate::path::{LARGEST_PROGRAM, PathPattern, Tail, dialect, program_size};

const API_VERSION: &str = "cilium.io/v2";
const KIND: &str = "CiliumNetworkPolicy";
/// Labels that Cilium gives to every pod.
const ACCOUNT: &str = "k8s:io.cilium.k8s.policy.serviceaccount";
const NAMESPACE: &str = "k8s:io.kubernetes.pod.namespace";
/// Ports of one rule.
const MOST_PORTS: usize = 40;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    endpoint_selector: Selector,
    ingress: Vec<Ingress>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Selector {
    #[serde(skip_serializing_if = "Labels::is_empty")]
    match_labels: Labels,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Ingress {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    from_endpoints: Vec<Selector>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    to_ports: Vec<ToPorts>,
}

#[derive(Serialize)]
struct ToPorts {
    ports: Vec<Port>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<Rules>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Port {
    port: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_port: Option<u16>,
    protocol: &'static str,
}

#[derive(Clone, Serialize)]
struct Rules {
    http: Vec<HttpRule>,
}

#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct HttpRule {
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    header_matches: Vec<HeaderMatch>,
}

#[derive(Clone, Serialize)]
struct HeaderMatch {
    name: String,
    value: String,
}

/// What an expression became, or why nothing.
type Path = Result<(String, bool), &'static str>;

/// One CiliumNetworkPolicy for each target and destination.
pub(super) fn policies(world: &mut World<'_>, grants: &[Grant]) -> Vec<Object> {
    let mut objects = Vec::new();
    let mut names = world.existing.names(KIND);
    let mut known = Memo::default();
    for grant in grants {
        let from_endpoints = endpoints(world, grant);
        if from_endpoints.is_empty() {
            // An empty list is no condition.
            continue;
        }
        for destination in &grant.destinations {
            let Some(labels) = account_labels(world, destination, &grant.origin) else { continue };
            let to_ports = to_ports(world, &mut known, grant, destination);
            if to_ports.is_empty() || !world.has_room(&grant.origin, from_endpoints.len()) {
                continue;
            }
            let name = names.take(&destination.namespace, &wanted_name(grant, destination));
            let metadata = Metadata::new(&destination.namespace, name, [&grant.origin]);
            let labels = labels.into_iter().filter(|(key, _)| key == ACCOUNT).collect();
            let spec = Spec {
                endpoint_selector: Selector { match_labels: labels },
                ingress: vec![Ingress { from_endpoints: from_endpoints.clone(), to_ports }],
            };
            objects.push(object(metadata, &spec));
        }
        kept(world, &grant.origin, "an ingress rule of the account's pods");
    }
    objects
}

/// A policy that selects the whole namespace, with a rule that allows nothing.
pub(super) fn default_deny(metadata: Metadata) -> Object {
    let everything = Selector { match_labels: Labels::new() };
    object(metadata, &Spec { endpoint_selector: everything, ingress: vec![Ingress::default()] })
}

fn object(metadata: Metadata, spec: &Spec) -> Object {
    Object::Other(Other::new(API_VERSION, KIND, metadata, serde_json::to_value(spec).ok()))
}

fn endpoints(world: &mut World<'_>, grant: &Grant) -> Vec<Selector> {
    let mut endpoints = Vec::new();
    for source in network::unrestricted(world, grant) {
        match source {
            Source::Account(account) => {
                let labels = account_labels(world, account, &grant.origin);
                endpoints.extend(labels.map(|match_labels| Selector { match_labels }));
            }
            Source::Spiffe { trust_domain, path } => {
                let reason = format!("Cilium knows no caller `spiffe://{trust_domain}{path}`");
                let by_hand = Some("name the service account");
                world.report.refused(&grant.origin, "spec.sources", "spiffe", reason, by_hand);
            }
        }
    }
    endpoints
}

fn account_labels(world: &mut World<'_>, account: &Account, origin: &Origin) -> Option<Labels> {
    let Account { namespace, name } = account;
    if !is_label_value(name) {
        let reason = format!("`{name}` is too long for the label in which Cilium has it");
        world.report.refused(origin, "spec", "account-name", reason, None);
        return None;
    }
    let labels = [(NAMESPACE, namespace), (ACCOUNT, name)];
    Some(labels.map(|(key, value)| (key.to_owned(), value.clone())).into())
}

fn to_ports(
    world: &mut World<'_>,
    known: &mut Memo<Path>,
    grant: &Grant,
    destination: &Account,
) -> Vec<ToPorts> {
    let mut to_ports = Vec::new();
    match (&grant.ports, &grant.http) {
        (None, _) => {}
        (Some(ports), None) => to_ports.extend(all_of(ports, "TCP")),
        (Some(ports), Some(matches)) => {
            let http = rules(world, known, grant, matches);
            let ports = match ports {
                PortSelection::Only(ports) => ports.clone(),
                PortSelection::All => known_ports(world, grant, destination),
            };
            let lists = ports.len().div_ceil(MOST_PORTS);
            let values = ports.len().saturating_add(http.len().saturating_mul(lists));
            if !http.is_empty() && world.has_room(&grant.origin, values) {
                to_ports.extend(with_rules(&ports, &Rules { http }));
            }
        }
    }
    let all = [&grant.ports, &grant.udp].into_iter().flatten();
    let listed = all.map(|ports| match ports {
        PortSelection::All => 1,
        PortSelection::Only(ports) => ports.len(),
    });
    if !world.has_room(&grant.origin, listed.sum()) {
        return Vec::new();
    }
    if let Some(udp) = &grant.udp {
        to_ports.extend(all_of(udp, "UDP"));
    }
    to_ports
}

fn all_of(ports: &PortSelection, protocol: &'static str) -> Vec<ToPorts> {
    match ports {
        PortSelection::All => {
            let all = Port { port: "1".to_owned(), end_port: Some(u16::MAX), protocol };
            vec![ToPorts { ports: vec![all], rules: None }]
        }
        PortSelection::Only(ports) => ranges(ports, protocol),
    }
}

/// Ports without conditions on HTTP, with those that follow each other as ranges.
fn ranges(ports: &BTreeSet<u16>, protocol: &'static str) -> Vec<ToPorts> {
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for port in ports.iter().copied() {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(port) => *last = port,
            _ => ranges.push((port, port)),
        }
    }
    let port = |&(first, last): &(u16, u16)| {
        let end_port = (last > first).then_some(last);
        Port { port: first.to_string(), end_port, protocol }
    };
    let to_ports =
        |part: &[(u16, u16)]| ToPorts { ports: part.iter().map(port).collect(), rules: None };
    ranges.chunks(MOST_PORTS).map(to_ports).collect()
}

/// Ports on which requests have to meet one of these rules.
fn with_rules(ports: &BTreeSet<u16>, rules: &Rules) -> Vec<ToPorts> {
    let ports: Vec<u16> = ports.iter().copied().collect();
    let port = |port: &u16| Port { port: port.to_string(), end_port: None, protocol: "TCP" };
    let to_ports = |ports: &[u16]| ToPorts {
        ports: ports.iter().map(port).collect(),
        rules: Some(rules.clone()),
    };
    ports.chunks(MOST_PORTS).map(to_ports).collect()
}

/// Conditions on HTTP need ports: those on which the pods are known to receive.
fn known_ports(world: &mut World<'_>, grant: &Grant, destination: &Account) -> BTreeSet<u16> {
    let selectors = pods::selectors(world, destination, &grant.origin);
    super::known_ports(world, &grant.origin, &destination.namespace, &selectors)
}

fn rules(
    world: &mut World<'_>,
    known: &mut Memo<Path>,
    grant: &Grant,
    matches: &[(smi_policy::ObjectName, HttpMatch)],
) -> Vec<HttpRule> {
    let mut rules = Vec::new();
    for (group, http_match) in matches {
        match http_rules(http_match, &world.semantics.http, known) {
            Ok((of_match, is_exact)) => {
                large_programs(world, grant, &of_match, group, http_match);
                rules.extend(of_match);
                super::joined_headers(world, &grant.origin, http_match);
                if !is_exact {
                    let reason = format!("match `{group}#{}`", super::match_name(http_match));
                    super::narrowed_path(world, &grant.origin, &reason);
                }
            }
            Err((field, code, reason)) => {
                let name = super::match_name(http_match);
                let reason = format!("match `{group}#{name}`, {field}: {reason}");
                let by_hand = Some("write the condition so that the mesh can say it");
                world.report.refused(&grant.origin, "spec.rules", code, reason, by_hand);
            }
        }
    }
    rules
}

/// Reports expressions that the proxy refuses unless it is told otherwise, and with them all
/// policies of the pods.
///
/// Source: cilium/cilium#41314.
fn large_programs(
    world: &mut World<'_>,
    grant: &Grant,
    rules: &[HttpRule],
    group: &smi_policy::ObjectName,
    http_match: &HttpMatch,
) {
    let texts = rules.iter().flat_map(|rule| [&rule.method, &rule.path]).flatten();
    let size = texts.filter_map(|text| program_size(text)).max().unwrap_or_default();
    if size > LARGEST_PROGRAM {
        let reason = format!(
            "match `{group}#{}`: the expression makes a program of about {size} instructions, and \
             Envoy takes {LARGEST_PROGRAM}; Cilium then drops all policies of the pods, which \
             closes them",
            super::match_name(http_match)
        );
        let by_hand = "raise `re2.max_program_size.error_level` of Cilium's Envoy, write a simpler \
                       expression, or migrate with the path mode `as-is`";
        let (origin, field) = (&grant.origin, "spec.rules");
        world.report.caveat(origin, field, "regex-size", reason, Some(by_hand));
    }
}

fn http_rules(
    http_match: &HttpMatch,
    http: &HttpSemantics,
    known: &mut Memo<Path>,
) -> Result<(Vec<HttpRule>, bool), Refusal> {
    let (path, is_exact) = match http_match.path_regex.as_deref().filter(|text| !text.is_empty()) {
        None => (None, true),
        Some(text) => {
            let refused = |reason| ("pathRegex".to_owned(), "too-complex", reason);
            let (path, is_exact) = known.get(text, || path(text, http)).map_err(refused)?;
            (Some(path), is_exact)
        }
    };
    let header_matches: Vec<HeaderMatch> = exact_values(http_match, http)?
        .into_iter()
        .map(|(name, value)| HeaderMatch { name, value })
        .collect();
    let listed = &http_match.methods;
    let all = listed.is_empty() || listed.iter().any(|method| method == "*");
    let methods: Vec<Option<String>> = match all {
        true => vec![None],
        false => listed.iter().map(|method| Some(dialect::literal(method))).collect(),
    };
    let rule = |method: Option<String>| HttpRule {
        method,
        path: path.clone(),
        header_matches: header_matches.clone(),
    };
    Ok((methods.into_iter().filter(|m| m.as_deref() != Some("")).map(rule).collect(), is_exact))
}

/// An expression for a path with its query, and whether all that SMI lets pass meets it.
fn path(text: &str, http: &HttpSemantics) -> Path {
    // Cilium matches path and query as one text, so that expressions must not run from one into the
    // other, whatever the proxy does to paths.
    let pattern = PathPattern::new(text, http).ok().flatten();
    let pattern = pattern.ok_or("the expression is too complex to be analysed")?;
    let clean = pattern
        .clean_regex(Tail::Query)
        .ok_or("the expression can't be kept to paths that are unambiguous")?;
    let is_exact = clean.is_exact && !pattern.is_utf8;
    let is_open = pattern.is_unconstrained;
    Ok((if is_open { clean.text } else { with_query(&clean.text) }, is_exact))
}

/// The end of the path is where the query begins.
fn with_query(path: &str) -> String {
    match dialect::is_alternation(path) {
        true => format!("(?:{path})(?:\\?.*)?"),
        false => format!("{path}(?:\\?.*)?"),
    }
}
