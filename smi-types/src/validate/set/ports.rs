use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::manifest::{Document, Node, Resources, Value};

/// The Services of a set and their ports.
pub(super) struct Services {
    ports: BTreeMap<(String, String), BTreeSet<Port>>,
}

/// A port of a Service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Port {
    number: u16,
    protocol: String,
}

impl Services {
    /// The Services among the manifests; nothing if there is none, as they are elsewhere then.
    pub(super) fn new(resources: &Resources) -> Option<Self> {
        let mut found = None;
        for loaded in resources.foreign() {
            let document = loaded.document;
            let kind = document.root().and_then(|root| root.get("kind")).and_then(Node::as_str);
            if document.api_version() != Some("v1") || kind != Some("Service") {
                continue;
            }
            let services: &mut BTreeMap<_, _> = found.get_or_insert_default();
            let namespace = document.namespace().unwrap_or(resources.default_namespace());
            if let Some(name) = document.name() {
                services.insert((namespace.to_owned(), name.to_owned()), ports(document));
            }
        }
        found.map(|ports| Self { ports })
    }

    /// The ports of a Service; nothing if there is no such Service.
    pub(super) fn ports(&self, name: &(String, String)) -> Option<&BTreeSet<Port>> {
        self.ports.get(name)
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "port {}/{}", self.number, self.protocol)
    }
}

fn ports(document: &Document) -> BTreeSet<Port> {
    let spec = document.root().and_then(|root| root.get("spec"));
    let ports = spec.and_then(|spec| spec.get("ports")).and_then(Node::as_sequence);
    ports.into_iter().flat_map(|ports| ports.iter()).filter_map(port).collect()
}

fn port(entry: Node<'_>) -> Option<Port> {
    let Value::Number(number) = entry.get("port")?.value() else { return None };
    let number = u16::try_from(number.to_u64()?).ok().filter(|number| *number > 0)?;
    let protocol = match entry.get("protocol").map(Node::value) {
        None | Some(Value::Null | Value::String("")) => "TCP",
        Some(Value::String(protocol)) => protocol,
        Some(_) => return None,
    };
    Some(Port { number, protocol: protocol.to_owned() })
}
