use std::collections::BTreeSet;
use std::rc::Rc;

use ipnet::IpNet;
use serde::Serialize;
use serde_json::Value;
use smi_policy::{HttpMatch, HttpSemantics, PathMode, PathShape};

use super::grant::{Account, Grant, PortSelection, Source};
use super::headers::{Refusal, exact_values};
use super::{Memo, joined_headers, kept, network, no_udp, pods, wanted_name};
use crate::cluster::Labels;
use crate::migration::World;
use crate::object::{Metadata, Object, Other};
use crate::path::PathPattern;

const API_VERSION: &str = "security.istio.io/v1";
const KIND: &str = "AuthorizationPolicy";
/// Where policies apply to the whole mesh, unless Istio was installed otherwise.
pub(super) const ROOT_NAMESPACE: &str = "istio-system";

/// Rules of one policy, and callers of one rule. Policies that allow are OR-ed, as rules are.
const MOST_RULES: usize = 512;
const MOST_CALLERS: usize = 512;

#[derive(Serialize)]
struct Spec {
    selector: Selector,
    action: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Selector {
    match_labels: Labels,
}

#[derive(Serialize)]
struct Rule {
    from: Vec<From>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    to: Vec<To>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    when: Vec<When>,
}

#[derive(Clone, Serialize)]
struct From {
    source: Callers,
}

/// Both have to hold.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Callers {
    principals: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ip_blocks: Vec<String>,
}

#[derive(Serialize)]
struct To {
    operation: Operation,
}

#[derive(Clone, Default, PartialEq, Serialize)]
struct Operation {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ports: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    methods: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    paths: Vec<String>,
}

#[derive(Serialize)]
struct When {
    key: String,
    values: Vec<String>,
}

/// One AuthorizationPolicy for each target and workload.
pub(super) fn policies(world: &mut World<'_>, grants: &[Grant]) -> Vec<Object> {
    let mut objects = Vec::new();
    let mut names = world.existing.names(KIND);
    let mut known = Memo::default();
    for grant in grants {
        no_udp(world, grant);
        let rules = rules(world, &mut known, grant);
        if rules.is_empty() {
            continue;
        }
        let values: usize = rules.iter().map(Parts::values).sum();
        for destination in &grant.destinations {
            if destination.namespace == ROOT_NAMESPACE {
                let reason = "policies of Istio's root namespace select pods of all namespaces";
                let by_hand = Some("move the workload, or write the policy by hand");
                let field = "spec.destination";
                world.report.refused(&grant.origin, field, "root-namespace", reason, by_hand);
                continue;
            }
            for labels in pods::selectors(world, destination, &grant.origin) {
                if !world.has_room(&grant.origin, values) {
                    break;
                }
                for part in rules.chunks(MOST_RULES) {
                    let name = names.take(&destination.namespace, &wanted_name(grant, destination));
                    let metadata = Metadata::new(&destination.namespace, name, [&grant.origin]);
                    let spec = Spec {
                        selector: Selector { match_labels: labels.clone() },
                        action: "ALLOW",
                        rules: part.iter().map(Parts::rule).collect(),
                    };
                    objects.push(object(metadata, &spec));
                }
            }
        }
        kept(world, &grant.origin, "an ALLOW policy of the pods");
    }
    objects
}

/// A policy that selects the whole namespace and has no rules: it allows nothing.
pub(super) fn default_deny(metadata: Metadata) -> Object {
    let empty = Value::Object(serde_json::Map::new());
    Object::Other(Other::new(API_VERSION, KIND, metadata, Some(empty)))
}

fn object(metadata: Metadata, spec: &Spec) -> Object {
    let spec = serde_json::to_value(spec).ok();
    Object::Other(Other::new(API_VERSION, KIND, metadata, spec))
}

/// What an expression became, or why nothing.
type Paths = Result<Vec<String>, (&'static str, &'static str)>;

struct Parts {
    from: Rc<[From]>,
    operation: Operation,
    headers: Vec<(String, String)>,
}

impl Parts {
    fn values(&self) -> usize {
        let Operation { ports, methods, paths } = &self.operation;
        let callers = self.from.iter().map(|from| from.source.principals.len());
        ports.len() + methods.len() + paths.len() + callers.sum::<usize>()
    }

    fn rule(&self) -> Rule {
        let operation = self.operation.clone();
        let is_open = operation == Operation::default();
        let when = |(name, value): &(String, String)| When {
            key: format!("request.headers[{name}]"),
            values: vec![value.clone()],
        };
        Rule {
            from: self.from.to_vec(),
            to: if is_open { Vec::new() } else { vec![To { operation }] },
            when: self.headers.iter().map(when).collect(),
        }
    }
}

fn rules(world: &mut World<'_>, known: &mut Memo<Paths>, grant: &Grant) -> Vec<Parts> {
    let Some(ports) = &grant.ports else { return Vec::new() };
    let from = callers(world, grant);
    if from.is_empty() {
        // An empty list would let in everybody.
        let reason = "without a trust domain no caller has a name";
        let field = "spec.sources";
        world.report.refused(&grant.origin, field, "no-trust-domain", reason, None);
        return Vec::new();
    }
    let ports: Vec<String> = match ports {
        PortSelection::All => Vec::new(),
        PortSelection::Only(ports) => ports.iter().map(u16::to_string).collect(),
    };
    let open = Operation { ports, ..Operation::default() };
    let Some(matches) = &grant.http else {
        let rule = |from: &Rc<[From]>| {
            let (from, operation) = (from.clone(), open.clone());
            Parts { from, operation, headers: Vec::new() }
        };
        return from.iter().map(rule).collect();
    };
    // Before anything is built: matches times ports.
    if !world.has_room(&grant.origin, matches.len().saturating_mul(open.ports.len())) {
        return Vec::new();
    }
    let mut rules = Vec::new();
    for (group, http_match) in matches {
        match operation(http_match, &world.semantics.http, known, &open) {
            Ok((operation, headers)) => {
                joined_headers(world, &grant.origin, http_match);
                rules.extend(from.iter().map(|from| {
                    let (operation, headers) = (operation.clone(), headers.clone());
                    Parts { from: from.clone(), operation, headers }
                }));
            }
            Err((field, code, reason)) => {
                let name = http_match.name.as_deref().unwrap_or_default();
                let reason = format!("match `{group}#{}`, {field}: {reason}", name.escape_debug());
                let by_hand = match code {
                    "unclean-path" => {
                        "set Istio's pathNormalization to DECODE_AND_MERGE_SLASHES, and migrate \
                         with the path mode `as-is`"
                    }
                    _ => "write the condition so that the mesh can say it",
                };
                world.report.refused(&grant.origin, "spec.rules", code, reason, Some(by_hand));
            }
        }
    }
    rules
}

/// Who may call: one entry for all those that may call from the same networks, as many as a rule
/// takes.
fn callers(world: &mut World<'_>, grant: &Grant) -> Vec<Rc<[From]>> {
    let groups = network::grouped(world, grant);
    let from = |(networks, sources): (BTreeSet<IpNet>, Vec<&Source>)| {
        let principals: Vec<String> =
            sources.into_iter().flat_map(|source| principals(world, source)).collect();
        let ip_blocks = networks.iter().map(ToString::to_string).collect();
        (!principals.is_empty()).then_some(From { source: Callers { principals, ip_blocks } })
    };
    let all: Vec<From> = groups.into_iter().filter_map(from).collect();
    all.chunks(MOST_CALLERS).map(Rc::from).collect()
}

fn principals(world: &World<'_>, source: &Source) -> Vec<String> {
    match source {
        Source::Account(Account { namespace, name }) => {
            let domains = world.semantics.trust_domains.iter();
            domains.map(|domain| format!("{}/ns/{namespace}/sa/{name}", domain.name())).collect()
        }
        Source::Spiffe { trust_domain, path } => vec![format!("{trust_domain}{path}")],
    }
}

fn operation(
    http_match: &HttpMatch,
    http: &HttpSemantics,
    known: &mut Memo<Paths>,
    open: &Operation,
) -> Result<(Operation, Vec<(String, String)>), Refusal> {
    let paths = match http_match.path_regex.as_deref().filter(|text| !text.is_empty()) {
        None => Vec::new(),
        Some(text) => known
            .get(text, || paths(text, http))
            .map_err(|(code, reason)| ("pathRegex".to_owned(), code, reason))?,
    };
    let listed = &http_match.methods;
    let all = listed.is_empty() || listed.iter().any(|method| method == "*");
    let methods = if all { Vec::new() } else { listed.clone() };
    if methods.iter().any(|method| !is_token(method)) {
        return Err(("methods".to_owned(), "method", "this is no name of a method"));
    }
    let headers = exact_values(http_match, http)?;
    let mut operation = Operation { methods, paths, ..open.clone() };
    // Without any condition on HTTP a rule would admit opaque connections too.
    if operation.methods.is_empty() && operation.paths.is_empty() && headers.is_empty() {
        operation.paths.push("/*".to_owned());
    }
    Ok((operation, headers))
}

/// The paths in Istio's notation: exact, or a prefix with an asterisk.
fn paths(text: &str, http: &HttpSemantics) -> Paths {
    let complex = ("too-complex", "the expression is too complex to be analysed");
    let pattern = PathPattern::new(text, http).map_err(|_| complex)?.ok_or(complex)?;
    if pattern.is_unconstrained {
        return Ok(vec!["/*".to_owned()]);
    }
    let shapes = match &pattern.shape {
        PathShape::Other => pattern.alternatives().ok_or((
            "path-regex",
            "the mesh can match whole paths and prefixes, and no regular expressions",
        ))?,
        shape => vec![shape.clone()],
    };
    let is_normal = http.path_mode == PathMode::AsIs;
    let mut paths = Vec::new();
    for shape in shapes {
        match shape {
            PathShape::Nothing => return Err(("matches-nothing", "no path matches it")),
            // An asterisk at the end would make it a prefix.
            PathShape::Exact(path) if !path.ends_with('*') => paths.push(path),
            _ if !is_normal || pattern.is_utf8 => {
                return Err((
                    "unclean-path",
                    "a prefix lets paths pass that SMI takes for ambiguous (`//`, `..`, `%2f`)",
                ));
            }
            PathShape::Everything => paths.push("/*".to_owned()),
            PathShape::TextPrefix(prefix) => paths.push(format!("{prefix}*")),
            PathShape::SegmentPrefix(prefix) => {
                paths.push(format!("{prefix}/*"));
                paths.push(prefix);
            }
            _ => return Err(complex),
        }
    }
    let is_plain = |path: &String| {
        let body = path.strip_suffix('*').unwrap_or(path);
        body.bytes().all(|byte| (b'!'..=b'~').contains(&byte)) && !body.contains(['*', '{', '}'])
    };
    if !paths.iter().all(is_plain) || paths.iter().any(String::is_empty) {
        return Err(("path-value", "the mesh would read this path differently"));
    }
    Ok(paths)
}

/// A method as RFC 9110 has it, without an asterisk, which Istio would take for a wildcard.
fn is_token(method: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'+-.^_`|~".contains(&byte);
    !method.is_empty() && method.bytes().all(is_token)
}
