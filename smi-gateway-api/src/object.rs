use std::collections::BTreeMap;

use gateway_api::experimental::tcproutes::TcpRoute;
use gateway_api::experimental::udproutes::UdpRoute;
use gateway_api::grpcroutes::GrpcRoute;
use gateway_api::httproutes::HttpRoute;
use k8s_openapi_028::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use serde_json::Value;

use crate::finding::Origin;

/// The annotation that names what an object was made from: `TrafficSplit shop/canary, …`.
pub(crate) const ORIGIN: &str = "smi-spec.io/migrated-from";

/// How many origins an annotation lists: an API server takes 256 KiB of annotations.
const MOST_ORIGINS: usize = 100;

/// Of a name that is wanted; an API server takes 253 characters.
const LONGEST_WANTED: usize = 240;

/// An object of the output.
///
/// It serializes as the manifest that an API server takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Object {
    /// `gateway.networking.k8s.io/v1`.
    HttpRoute(Box<HttpRoute>),
    /// `gateway.networking.k8s.io/v1`.
    GrpcRoute(Box<GrpcRoute>),
    /// `gateway.networking.k8s.io/v1alpha2`, of the experimental channel.
    TcpRoute(Box<TcpRoute>),
    /// `gateway.networking.k8s.io/v1alpha2`, of the experimental channel.
    UdpRoute(Box<UdpRoute>),
    /// An object of a kind that the Gateway API has no types for.
    Other(Other),
}

impl Object {
    /// `apiVersion`.
    pub fn api_version(&self) -> &str {
        match self {
            Self::HttpRoute(_) | Self::GrpcRoute(_) => "gateway.networking.k8s.io/v1",
            Self::TcpRoute(_) | Self::UdpRoute(_) => "gateway.networking.k8s.io/v1alpha2",
            Self::Other(other) => other.api_version,
        }
    }

    /// `kind`.
    pub fn kind(&self) -> &str {
        match self {
            Self::HttpRoute(_) => "HTTPRoute",
            Self::GrpcRoute(_) => "GRPCRoute",
            Self::TcpRoute(_) => "TCPRoute",
            Self::UdpRoute(_) => "UDPRoute",
            Self::Other(other) => other.kind,
        }
    }

    /// `metadata.namespace`; empty for what belongs to no namespace.
    pub fn namespace(&self) -> &str {
        match self {
            Self::Other(other) => other.metadata.namespace.as_deref().unwrap_or_default(),
            _ => {
                self.route_metadata().and_then(|meta| meta.namespace.as_deref()).unwrap_or_default()
            }
        }
    }

    /// `metadata.name`.
    pub fn name(&self) -> &str {
        match self {
            Self::Other(other) => &other.metadata.name,
            _ => self.route_metadata().and_then(|meta| meta.name.as_deref()).unwrap_or_default(),
        }
    }

    fn route_metadata(&self) -> Option<&ObjectMeta> {
        match self {
            Self::HttpRoute(route) => Some(&route.metadata),
            Self::GrpcRoute(route) => Some(&route.metadata),
            Self::TcpRoute(route) => Some(&route.metadata),
            Self::UdpRoute(route) => Some(&route.metadata),
            Self::Other(_) => None,
        }
    }
}

/// An object of a mesh, or of SMI, as an API server takes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Other {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata,
    #[serde(skip_serializing_if = "Option::is_none")]
    spec: Option<Value>,
}

impl Other {
    pub(crate) fn new(
        api_version: &'static str,
        kind: &'static str,
        metadata: Metadata,
        spec: Option<Value>,
    ) -> Self {
        Self { api_version, kind, metadata, spec }
    }
}

/// `metadata` of an object of the output.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Metadata {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
}

impl Metadata {
    pub(crate) fn new<'o>(
        namespace: &str,
        name: String,
        origins: impl IntoIterator<Item = &'o Origin>,
    ) -> Self {
        let annotations = [(ORIGIN.to_owned(), origin_text(origins))].into();
        let (namespace, labels) = (Some(namespace.to_owned()), BTreeMap::new());
        Self { name, namespace, labels, annotations }
    }
}

pub(crate) fn route_metadata<'o>(
    namespace: &str,
    name: String,
    origins: impl IntoIterator<Item = &'o Origin>,
) -> ObjectMeta {
    ObjectMeta {
        name: Some(name),
        namespace: Some(namespace.to_owned()),
        annotations: Some([(ORIGIN.to_owned(), origin_text(origins))].into()),
        ..ObjectMeta::default()
    }
}

fn origin_text<'o>(origins: impl IntoIterator<Item = &'o Origin>) -> String {
    let mut names: Vec<String> = origins.into_iter().map(ToString::to_string).collect();
    names.sort();
    names.dedup();
    let more = names.len().saturating_sub(MOST_ORIGINS);
    names.truncate(MOST_ORIGINS);
    match more {
        0 => names.join(", "),
        _ => format!("{}, and {more} more", names.join(", ")),
    }
}

/// Whether an API server takes this as the name of an object: a DNS subdomain (RFC 1123).
pub(crate) fn is_name(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label)
}

/// Whether an API server takes this as the name of a namespace or Service: a DNS label (RFC 1123).
pub(crate) fn is_label(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| is_inner(byte) || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Names of objects of one kind, each given once.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// How often each was asked for, or made.
    taken: BTreeMap<(String, String), u64>,
}

impl Names {
    /// Names, none of which is one of these.
    pub(crate) fn without(taken: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { taken: taken.into_iter().map(|own| (own, 1)).collect() }
    }

    /// The wanted name, or one like it that is free. A name that is too long for an API server is
    /// cut.
    pub(crate) fn take(&mut self, namespace: &str, wanted: &str) -> String {
        // Names here are ASCII, and a cut leaves room for the number.
        let wanted: String = wanted.chars().take(LONGEST_WANTED).collect();
        let key = (namespace.to_owned(), wanted.trim_end_matches(['.', '-']).to_owned());
        let mut number = self.taken.get(&key).copied().unwrap_or_default();
        let name = loop {
            number += 1;
            let name = match number {
                1 => key.1.clone(),
                _ => format!("{}.{number}", key.1),
            };
            let made = (namespace.to_owned(), name.clone());
            if number == 1 || !self.taken.contains_key(&made) {
                self.taken.entry(made).or_insert(1);
                break name;
            }
        };
        self.taken.insert(key, number);
        name
    }
}
