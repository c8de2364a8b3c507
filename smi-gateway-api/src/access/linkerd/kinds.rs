use std::collections::BTreeSet;

use ipnet::IpNet;
use serde::Serialize;

use crate::access::grant::Account;
use crate::cluster::{Labels, Written};
use crate::condition::{Condition, HeaderMatch, PathMatch};
use crate::finding::Origin;
use crate::object::{Metadata, Object, Other};

const GROUP: &str = "policy.linkerd.io";
/// The annotation of pods and namespaces for what no Server selects.
pub(in crate::access) const DEFAULT_POLICY: &str = "config.linkerd.io/default-inbound-policy";
/// Where kubectl keeps what it applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ServerSpec {
    pod_selector: PodSelector,
    port: u16,
    proxy_protocol: &'static str,
    access_policy: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PodSelector {
    match_labels: Labels,
}

#[derive(Serialize)]
struct Reference {
    group: &'static str,
    kind: &'static str,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HttpRouteSpec {
    parent_refs: Vec<Reference>,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
struct Rule {
    matches: Vec<Match>,
}

#[derive(Serialize)]
struct Match {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<Typed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers: Vec<Header>,
}

#[derive(Serialize)]
struct Typed {
    r#type: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Header {
    name: String,
    r#type: &'static str,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthorizationPolicySpec {
    target_ref: Reference,
    required_authentication_refs: Vec<Reference>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MeshTlsSpec {
    identity_refs: Vec<IdentityRef>,
}

#[derive(Serialize)]
struct IdentityRef {
    kind: &'static str,
    namespace: String,
    name: String,
}

#[derive(Serialize)]
struct NetworkSpec {
    networks: Vec<Network>,
}

#[derive(Serialize)]
struct Network {
    cidr: String,
}

/// Matches of one rule, and rules of one route: less than Linkerd's definition lets pass.
const MOST_MATCHES: usize = 8;
pub(super) const MOST_RULES: usize = 16;
pub(super) const MOST_MATCHES_OF_ROUTE: usize = MOST_MATCHES * MOST_RULES;

/// What a Server says of its port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// The proxy is to find out.
    Unknown,
    /// It is not to look.
    Opaque,
}

pub(super) fn server(
    metadata: Metadata,
    match_labels: Labels,
    port: u16,
    protocol: Protocol,
) -> Object {
    let spec = ServerSpec {
        pod_selector: PodSelector { match_labels },
        port,
        proxy_protocol: match protocol {
            Protocol::Unknown => "unknown",
            Protocol::Opaque => "opaque",
        },
        access_policy: "deny",
    };
    object("policy.linkerd.io/v1beta3", "Server", metadata, &spec)
}

/// An HTTPRoute of a Server.
pub(super) fn http_route(metadata: Metadata, server: &str, conditions: &[Condition]) -> Object {
    let rule =
        |conditions: &[Condition]| Rule { matches: conditions.iter().map(http_match).collect() };
    let spec = HttpRouteSpec {
        parent_refs: vec![Reference { group: GROUP, kind: "Server", name: server.to_owned() }],
        rules: conditions.chunks(MOST_MATCHES).map(rule).collect(),
    };
    object("policy.linkerd.io/v1beta3", "HTTPRoute", metadata, &spec)
}

/// Lets those in whom all these authentications of the same namespace know.
pub(super) fn authorization(
    metadata: Metadata,
    target: (&'static str, &str),
    authentications: &[(&'static str, &str)],
) -> Object {
    let reference = |(kind, name): (&'static str, &str)| Reference {
        group: GROUP,
        kind,
        name: name.to_owned(),
    };
    let spec = AuthorizationPolicySpec {
        target_ref: reference(target),
        required_authentication_refs: authentications.iter().copied().map(reference).collect(),
    };
    object("policy.linkerd.io/v1alpha1", "AuthorizationPolicy", metadata, &spec)
}

pub(super) fn mesh_tls(metadata: Metadata, accounts: &BTreeSet<Account>) -> Object {
    let identity = |account: &Account| IdentityRef {
        kind: "ServiceAccount",
        namespace: account.namespace.clone(),
        name: account.name.clone(),
    };
    let spec = MeshTlsSpec { identity_refs: accounts.iter().map(identity).collect() };
    object("policy.linkerd.io/v1alpha1", "MeshTLSAuthentication", metadata, &spec)
}

pub(super) fn network(metadata: Metadata, networks: &BTreeSet<IpNet>) -> Object {
    let network = |own: &IpNet| Network { cidr: own.to_string() };
    let spec = NetworkSpec { networks: networks.iter().map(network).collect() };
    object("policy.linkerd.io/v1alpha1", "NetworkAuthentication", metadata, &spec)
}

/// The annotation of the namespace that denies what no Server opens.
///
/// What else the Namespace carries is written again: `kubectl apply` takes away what it applied
/// before and no longer finds, such as the annotation that lets Linkerd into the pods.
pub(in crate::access) fn default_deny(
    namespace: &str,
    written: Option<&Written>,
    origins: &[Origin],
) -> Object {
    let mut metadata = Metadata::new(namespace, namespace.to_owned(), origins);
    metadata.namespace = None;
    if let Some(Written { labels, annotations }) = written {
        metadata.labels.clone_from(labels);
        let kept = annotations.iter().filter(|(key, _)| *key != LAST_APPLIED);
        for (key, value) in kept {
            metadata.annotations.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    metadata.annotations.insert(DEFAULT_POLICY.to_owned(), "deny".to_owned());
    Object::Other(Other::new("v1", "Namespace", metadata, None))
}

fn object<S: Serialize>(
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata,
    spec: &S,
) -> Object {
    Object::Other(Other::new(api_version, kind, metadata, serde_json::to_value(spec).ok()))
}

fn http_match(condition: &Condition) -> Match {
    let path = match &condition.path {
        PathMatch::Any => None,
        PathMatch::Exact(path) => Some(("Exact", path.as_str())),
        PathMatch::Prefix(path) => Some(("PathPrefix", path.as_str())),
        PathMatch::Regex(regex) => Some(("RegularExpression", regex.as_str())),
    };
    let header = |(name, header): (&String, &HeaderMatch)| {
        let (r#type, value) = match header {
            HeaderMatch::Exact(value) => ("Exact", value.as_str()),
            HeaderMatch::Regex(regex) => ("RegularExpression", regex.as_str()),
        };
        Header { name: name.clone(), r#type, value: value.to_owned() }
    };
    Match {
        path: path.map(|(r#type, value)| Typed { r#type, value: value.to_owned() }),
        method: condition.method.clone(),
        headers: condition.headers.iter().map(header).collect(),
    }
}
