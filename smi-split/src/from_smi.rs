//! The one place where manifests, SMI's and of Services, enter the splitter.

use smi_policy::{Diagnostic, HttpRouteGroup, ObjectKind, ObjectName, Semantics};
use smi_types::hub;
use smi_types::manifest::{Document, Node, Resources, Value};
use smi_types::quantity::{Quantity, RatioError};

use crate::service::{PortFault, unreadable};
use crate::{
    Backend, MatchRef, Port, Protocol, Service, ServicePort, Splits, SplitsBuilder, TargetPort,
    TrafficSplit,
};

impl Splits {
    /// Compiles splits from manifests of any API version.
    ///
    /// Objects without namespace are in the default namespace of `resources`. A TrafficSplit that
    /// could not be read splits nothing. If there is any Service among the manifests, all are taken
    /// to be there, and ports are checked.
    ///
    /// ```
    /// use smi_policy::Semantics;
    /// use smi_split::{Call, ObjectName, Outcome, Splits};
    /// use smi_types::manifest::{Manifest, Resources};
    ///
    /// let mut resources = Resources::new("shop");
    /// resources.add("canary.yaml", Manifest::read("
    /// apiVersion: split.smi-spec.io/v1alpha1
    /// kind: TrafficSplit
    /// metadata: {name: canary}
    /// spec:
    ///   service: website
    ///   backends:
    ///   - {service: website-v1, weight: 1}
    ///   - {service: website-v2, weight: 500m}
    /// "));
    /// let splits = Splits::from_resources(&resources, Semantics::default());
    ///
    /// let website = ObjectName::new("shop", "website");
    /// let Outcome::Backends(backends) = splits.select(&Call::to(&website)).outcome() else {
    ///     return;
    /// };
    /// let shares: Vec<String> = backends.shares().map(|(_, share)| share.to_string()).collect();
    /// assert_eq!(shares, ["2/3", "1/3"]);
    /// ```
    #[must_use]
    pub fn from_resources(resources: &Resources, semantics: Semantics) -> Self {
        let semantics = semantics.with_default_namespace(resources.default_namespace().to_owned());
        Self::builder(semantics).resources(resources).compile()
    }
}

impl SplitsBuilder {
    /// Adds the TrafficSplits, HTTPRouteGroups and Services of manifests of any API version, for
    /// splits that are [replaced](Self::compile_after) when the manifests change.
    ///
    /// Objects without namespace are in the default namespace of the builder's semantics.
    ///
    /// ```
    /// use smi_policy::Semantics;
    /// use smi_split::Splits;
    /// use smi_types::manifest::{Manifest, Resources};
    ///
    /// let split = |weight| {
    ///     format!(
    ///         "apiVersion: split.smi-spec.io/v1alpha4
    /// kind: TrafficSplit
    /// metadata: {{name: canary, namespace: shop}}
    /// spec: {{service: website, backends: [{{service: website-v1, weight: {weight}}}]}}"
    ///     )
    /// };
    /// let mut splits = Splits::builder(Semantics::default()).compile();
    /// for weight in [1, 2] {
    ///     let mut resources = Resources::default();
    ///     resources.add("canary.yaml", Manifest::read(&split(weight)));
    ///     let next = Splits::builder(Semantics::default()).resources(&resources);
    ///     splits = next.compile_after(&splits);
    ///     assert_eq!(splits.iter().count(), 1);
    /// }
    /// ```
    pub fn resources(mut self, resources: &Resources) -> Self {
        for object in resources.objects() {
            self = self.object(object);
        }
        for foreign in resources.foreign() {
            self = self.foreign(foreign.document);
        }
        self
    }

    /// Adds an object of any API version, lifted from wherever it was read. Only TrafficSplits and
    /// HTTPRouteGroups concern splits; others are passed over.
    pub fn object(self, object: &hub::Object) -> Self {
        match object {
            hub::Object::TrafficSplit(split) => self.hub_split(split),
            hub::Object::HttpRouteGroup(group) => {
                let group = HttpRouteGroup::from_hub(group, &self.semantics.default_namespace);
                self.http_route_group(group)
            }
            hub::Object::TrafficTarget(_)
            | hub::Object::IdentityBinding(_)
            | hub::Object::TcpRoute(_)
            | hub::Object::UdpRoute(_) => self,
        }
    }

    fn hub_split(mut self, split: &hub::TrafficSplit) -> Self {
        let namespace = split.meta.namespace.as_deref();
        let namespace = namespace.unwrap_or(&self.semantics.default_namespace);
        let name = ObjectName::new(namespace, split.meta.name.as_str());
        match traffic_split(name.clone(), split) {
            Ok(split) => self.traffic_split(split),
            Err(error) => {
                let (kind, message) =
                    (ObjectKind::TrafficSplit, format!("{error}; the split is void"));
                let (field, code) = ("spec.backends", "weights-too-large");
                self.diagnostics.push(Diagnostic::error(kind, &name, field, code, message));
                // The last of a name counts, so an earlier one does so no more.
                self.splits.remove(&name);
                self
            }
        }
    }

    /// Adds a document if it is a Service.
    fn foreign(mut self, document: &Document) -> Self {
        let kind = document.root().and_then(|root| root.get("kind")).and_then(Node::as_str);
        if document.api_version() != Some("v1") || kind != Some("Service") {
            return self;
        }
        self = self.services_known();
        let mut report = Vec::new();
        let service = service(document, &self.semantics.default_namespace, &mut report);
        self.diagnostics.append(&mut report);
        match service {
            Some(service) => self.service(service),
            None => self,
        }
    }
}

fn traffic_split(name: ObjectName, split: &hub::TrafficSplit) -> Result<TrafficSplit, RatioError> {
    // Quantities are ratios, so any common factor serves to make them whole. Entries of one service
    // are not added up yet, so they need not fit together.
    let quantities: Vec<&Quantity> = split.backends.iter().map(|backend| &backend.weight).collect();
    let weights = Quantity::wide_ratios(&quantities)?;
    let backends = split.backends.iter().zip(weights);
    let backend = |(backend, weight): (&hub::Backend, u128)| Backend {
        service: backend.service.clone(),
        weight,
    };
    let match_ref = |reference: &hub::MatchRef| match reference {
        hub::MatchRef::HttpRouteGroup(name) => MatchRef::HttpRouteGroup(name.clone()),
        hub::MatchRef::Unreadable => MatchRef::Unreadable,
    };
    Ok(TrafficSplit {
        name,
        service: split.service.clone(),
        backends: backends.map(backend).collect(),
        matches: split.matches.iter().map(match_ref).collect(),
        creation_timestamp: split.meta.creation_timestamp.clone(),
    })
}

/// Reads a Service as an API server does; what it would refuse is left out and reported.
fn service(
    document: &Document,
    default_namespace: &str,
    report: &mut Vec<Diagnostic>,
) -> Option<Service> {
    let metadata = field(document.root(), "metadata");
    let name = field(metadata, "name").and_then(Node::as_str).unwrap_or_default();
    let (namespace, is_text) = match field(metadata, "namespace").map(Node::value) {
        None | Some(Value::String("")) => (default_namespace, true),
        Some(Value::String(namespace)) => (namespace, true),
        Some(_) => (default_namespace, false),
    };
    let own_name = ObjectName::new(namespace, name);
    for (field, is_sound) in [("metadata.name", !name.is_empty()), ("metadata.namespace", is_text)]
    {
        if !is_sound {
            let message = "expected a text; the Service is ignored";
            report.push(unreadable(&own_name, field, message));
            return None;
        }
    }

    let mut ports = Vec::new();
    let listed = field(field(document.root(), "spec"), "ports");
    match listed.map(|listed| (listed, listed.as_sequence())) {
        None => {}
        Some((_, Some(listed))) => {
            for (index, entry) in listed.iter().enumerate() {
                match service_port(entry) {
                    Ok(port) => ports.push(port),
                    Err(fault) => report.push(fault.report(&own_name, index)),
                }
            }
        }
        Some((_, None)) => {
            let message = "expected a list; the Service has no ports";
            report.push(unreadable(&own_name, "spec.ports", message));
        }
    }
    Some(Service { name: own_name, ports })
}

fn service_port(entry: Node<'_>) -> Result<ServicePort, PortFault> {
    let number = field(Some(entry), "port").and_then(port_number).ok_or(PortFault::NUMBER)?;
    let protocol = match field(Some(entry), "protocol").map(Node::value) {
        None => Some(Protocol::Tcp),
        Some(Value::String(text)) => Protocol::parse(text),
        Some(_) => None,
    };
    let protocol = protocol.ok_or(PortFault::PROTOCOL)?;
    let target = match field(Some(entry), "targetPort").map(|node| (node, node.value())) {
        // Kubernetes takes 0 and the empty name for absent.
        None | Some((_, Value::String(""))) => TargetPort::Number(number),
        Some((_, Value::String(name))) => TargetPort::Name(name.to_owned()),
        Some((_, Value::Number(zero))) if zero.to_u64() == Some(0) => TargetPort::Number(number),
        Some((node, _)) => TargetPort::Number(port_number(node).ok_or(PortFault::TARGET)?),
    };
    Ok(ServicePort { port: Port { number, protocol }, target })
}

fn port_number(node: Node<'_>) -> Option<u16> {
    let Value::Number(number) = node.value() else { return None };
    u16::try_from(number.to_u64()?).ok().filter(|number| *number > 0)
}

/// A field; `None` if it is absent or null, which is the same.
fn field<'d>(node: Option<Node<'d>>, key: &str) -> Option<Node<'d>> {
    node?.get(key).filter(|node| !node.is_null())
}
