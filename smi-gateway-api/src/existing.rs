//! What the manifests have already of that which a migration makes: routes and policies that were
//! there before, and that the output neither replaces nor takes into account.

use std::collections::{BTreeMap, BTreeSet};

use smi_policy::ObjectName;
use smi_types::manifest::{Document, Node, Resources, Value};

use crate::finding::Origin;
use crate::object::{Names, ORIGIN};

/// Objects of the manifests that no earlier migration made.
#[derive(Debug, Default)]
pub(crate) struct Existing {
    /// With the API groups in which they are.
    objects: BTreeMap<Origin, BTreeSet<String>>,
    routes: BTreeMap<ObjectName, Vec<Route>>,
    /// Namespaces and names of routes.
    route_names: BTreeSet<(String, String)>,
}

/// A route of a Service.
#[derive(Debug)]
struct Route {
    origin: Origin,
    /// `None`: all ports.
    port: Option<u64>,
}

impl Existing {
    pub(crate) fn read(resources: &Resources) -> Self {
        let mut existing = Self::default();
        for loaded in resources.foreign() {
            existing.add(loaded.document, resources.default_namespace());
        }
        existing
    }

    /// The objects of an API group that are of one of these kinds.
    pub(crate) fn of_kinds(&self, group: &str, kinds: &[&str]) -> impl Iterator<Item = &Origin> {
        let found = self.objects.iter().filter(move |(object, groups)| {
            kinds.contains(&object.kind.as_str()) && groups.contains(group)
        });
        found.map(|(object, _)| object)
    }

    /// The routes of a port of a Service.
    pub(crate) fn routes_of(
        &self,
        service: &ObjectName,
        port: u16,
    ) -> impl Iterator<Item = &Origin> {
        let is_theirs = move |route: &&Route| route.port.is_none_or(|own| own == u64::from(port));
        let routes = self.routes.get(service).into_iter().flatten();
        routes.filter(is_theirs).map(|route| &route.origin)
    }

    /// Whether there is an object of this kind and name, whatever its group.
    pub(crate) fn has(&self, object: &Origin) -> bool {
        self.objects.contains_key(object)
    }

    /// Names for objects of a kind, none of which is there already.
    pub(crate) fn names(&self, kind: &str) -> Names {
        let taken = self.objects.keys().filter(|own| own.kind == kind);
        Names::without(taken.map(|own| (own.namespace.clone(), own.name.clone())))
    }

    /// What the names of the routes of a port begin with.
    pub(crate) fn route_name(&self, service: &ObjectName, port: u16) -> String {
        let mut name = format!("{}-{port}", service.name());
        let is_taken = |name: &str| {
            let first = (service.namespace().to_owned(), name.to_owned());
            let rest = self.route_names.range(first..).map_while(|(namespace, own)| {
                own.strip_prefix(name).filter(|_| *namespace == *service.namespace())
            });
            let mut rest = rest.into_iter();
            rest.any(|rest| matches!(rest, "" | "-udp") || rest.starts_with('.'))
        };
        while is_taken(&name) {
            // A dot, which names of Services never have.
            name.push_str(".smi");
        }
        name
    }

    fn add(&mut self, document: &Document, default_namespace: &str) {
        let (Some(root), Some(name)) = (document.root(), document.name()) else { return };
        let kind = root.get("kind").and_then(Node::as_str).unwrap_or_default();
        let annotations = root.get("metadata").and_then(|meta| meta.get("annotations"));
        if annotations.is_some_and(|own| own.get(ORIGIN).is_some()) {
            // From an earlier migration: the output takes its place.
            return;
        }
        let version = document.api_version().unwrap_or_default();
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let namespace = document.namespace().unwrap_or(default_namespace);
        let origin = Origin::new(kind, namespace, name);
        if kind.ends_with("Route") {
            for (service, port) in parents(root, &origin.namespace) {
                let route = Route { origin: origin.clone(), port };
                self.routes.entry(service).or_default().push(route);
            }
            self.route_names.insert((origin.namespace.clone(), origin.name.clone()));
        }
        self.objects.entry(origin).or_default().insert(group.to_owned());
    }
}

/// The Services that a route has as parents, with the port if it says one.
pub(crate) fn parents(root: Node<'_>, namespace: &str) -> Vec<(ObjectName, Option<u64>)> {
    let parents = root.get("spec").and_then(|spec| spec.get("parentRefs"));
    let parents = parents.and_then(Node::as_sequence).into_iter().flat_map(|own| own.iter());
    let of_service = |parent: Node<'_>| {
        let text = |key| parent.get(key).and_then(Node::as_str);
        let is_service = text("kind") == Some("Service") && text("group") == Some("");
        let name = text("name").filter(|_| is_service)?;
        let port = match parent.get("port").map(|port| port.value()) {
            Some(Value::Number(number)) => number.to_u64(),
            _ => None,
        };
        Some((ObjectName::new(text("namespace").unwrap_or(namespace), name), port))
    };
    parents.filter_map(of_service).collect()
}
