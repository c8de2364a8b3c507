//! What the manifests besides SMI's say of the cluster: Services and workloads.

use std::collections::{BTreeMap, BTreeSet};

use smi_policy::ObjectName;
use smi_split::Protocol;
use smi_types::manifest::{Document, Node, Resources, Value};

use crate::finding::Origin;

/// Labels of pods, or of a selector; annotations too.
pub(crate) type Labels = BTreeMap<String, String>;

#[derive(Debug, Default)]
pub(crate) struct Cluster {
    pub(crate) services: BTreeMap<ObjectName, Service>,
    /// Pods and what makes pods, by namespace.
    pub(crate) workloads: Vec<Workload>,
    /// Those in which there is a Service, a workload or a ServiceAccount, and those that are among
    /// the manifests themselves.
    pub(crate) namespaces: BTreeSet<String>,
    /// Those of them that are among the manifests themselves.
    pub(crate) written: BTreeMap<String, Written>,
}

/// What a Namespace of the manifests carries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    pub(crate) labels: Labels,
    pub(crate) annotations: Labels,
}

#[derive(Debug, Default)]
pub(crate) struct Service {
    /// Empty if it selects nothing.
    pub(crate) selector: Labels,
    pub(crate) ports: Vec<ServicePort>,
    /// It has no address of its own.
    pub(crate) is_headless: bool,
}

#[derive(Debug)]
pub(crate) struct ServicePort {
    pub(crate) number: u16,
    pub(crate) protocol: Protocol,
    pub(crate) target: Target,
    hint: Option<String>,
}

#[derive(Debug)]
pub(crate) enum Target {
    Number(u16),
    Name(String),
}

/// What is spoken on a port, as far as its Service tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Traffic {
    Http,
    Grpc,
    Tcp,
    Udp,
    Sctp,
    /// Nothing tells.
    Unknown,
}

#[derive(Debug)]
pub(crate) struct Workload {
    /// The object that says so.
    pub(crate) origin: Origin,
    pub(crate) namespace: String,
    pub(crate) account: String,
    /// What selects its pods, if it says.
    pub(crate) selector: Labels,
    /// What its pods carry.
    pub(crate) labels: Labels,
    pub(crate) annotations: Labels,
    /// Its pods have the network of their node.
    pub(crate) is_on_host: bool,
    /// Number and name of TCP container ports.
    pub(crate) ports: Vec<(u16, Option<String>)>,
}

impl Cluster {
    pub(crate) fn read(resources: &Resources) -> Self {
        let mut cluster = Self::default();
        for loaded in resources.foreign() {
            cluster.add(loaded.document, resources.default_namespace());
        }
        cluster
    }

    /// TCP ports on which pods with these labels are known to receive.
    pub(crate) fn ports_of(&self, namespace: &str, pods: &Labels) -> BTreeSet<u16> {
        let here =
            |workload: &&Workload| workload.namespace == namespace && has(&workload.labels, pods);
        let containers: Vec<&(u16, Option<String>)> =
            self.workloads.iter().filter(here).flat_map(|workload| &workload.ports).collect();
        let mut ports: BTreeSet<u16> = containers.iter().map(|(number, _)| *number).collect();
        for port in self.service_ports(namespace, pods) {
            match (&port.target, port.protocol) {
                (Target::Number(number), Protocol::Tcp) => {
                    ports.insert(*number);
                }
                (Target::Name(name), Protocol::Tcp) => {
                    let named = containers.iter().filter(|(_, own)| own.as_ref() == Some(name));
                    ports.extend(named.map(|(number, _)| *number));
                }
                _ => {}
            }
        }
        ports
    }

    /// Ports of pods with these labels of which a Service says that something else than HTTP is spoken
    /// there.
    pub(crate) fn opaque_ports(&self, namespace: &str, pods: &Labels) -> BTreeSet<u16> {
        let ports = self.service_ports(namespace, pods);
        let opaque = ports.filter(|own| own.traffic() == Traffic::Tcp);
        let number = |own: &ServicePort| match own.target {
            Target::Number(number) => Some(number),
            Target::Name(_) => None,
        };
        opaque.filter_map(number).collect()
    }

    /// The ports of the Services whose pods may have these labels.
    fn service_ports(&self, namespace: &str, pods: &Labels) -> impl Iterator<Item = &ServicePort> {
        let theirs = self.services.iter().filter(move |(name, service)| {
            name.namespace() == namespace
                && !service.selector.is_empty()
                && (has(pods, &service.selector) || has(&service.selector, pods))
        });
        theirs.flat_map(|(_, service)| &service.ports)
    }

    fn add(&mut self, document: &Document, default_namespace: &str) {
        let Some(root) = document.root() else { return };
        let namespace = document.namespace().unwrap_or(default_namespace);
        let kind = root.get("kind").and_then(Node::as_str).unwrap_or_default();
        let template = at(root, &["spec", "template"]);
        let selector = || labels(at(root, &["spec", "selector", "matchLabels"]));
        let workload = |template, selector| {
            let name = document.name().unwrap_or_default();
            Workload::read(Origin::new(kind, namespace, name), template, selector)
        };
        match (document.api_version().unwrap_or_default(), kind) {
            ("v1", "Namespace") => {
                let Some(name) = document.name() else { return };
                let of = |key| labels(at(root, &["metadata", key]));
                let written = Written { labels: of("labels"), annotations: of("annotations") };
                self.namespaces.insert(name.to_owned());
                self.written.insert(name.to_owned(), written);
                return;
            }
            ("v1", "ServiceAccount") => {}
            ("v1", "Service") => {
                let Some(name) = document.name() else { return };
                self.services.insert(ObjectName::new(namespace, name), Service::read(root));
            }
            ("v1", "Pod") => {
                self.workloads.push(workload(Some(root), Labels::new()));
            }
            ("apps/v1", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
            | ("batch/v1", "Job") => {
                self.workloads.push(workload(template, selector()));
            }
            ("batch/v1", "CronJob") => {
                let template = at(root, &["spec", "jobTemplate", "spec", "template"]);
                self.workloads.push(workload(template, Labels::new()));
            }
            // Whatever else makes pods in this way, such as a Rollout of Argo.
            _ if template.is_some_and(|own| at(own, &["spec", "containers"]).is_some()) => {
                self.workloads.push(workload(template, selector()));
            }
            _ => return,
        }
        self.namespaces.insert(namespace.to_owned());
    }
}

impl Service {
    fn read(root: Node<'_>) -> Self {
        let listed = at(root, &["spec", "ports"]).and_then(Node::as_sequence);
        let ports = listed.into_iter().flat_map(|ports| ports.iter()).filter_map(ServicePort::read);
        let text = |key| at(root, &["spec", key]).and_then(Node::as_str);
        Self {
            selector: labels(at(root, &["spec", "selector"])),
            ports: ports.collect(),
            is_headless: text("clusterIP") == Some("None") || text("type") == Some("ExternalName"),
        }
    }
}

impl ServicePort {
    fn read(port: Node<'_>) -> Option<Self> {
        let number = port.get("port").and_then(number)?;
        let text = |key: &str| port.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
        let protocol = match text("protocol") {
            None | Some("TCP") => Protocol::Tcp,
            Some("UDP") => Protocol::Udp,
            Some("SCTP") => Protocol::Sctp,
            Some(_) => return None,
        };
        let target = match port.get("targetPort") {
            Some(target) => match (self::number(target), target.as_str()) {
                (Some(number), _) => Target::Number(number),
                (None, Some(name)) if !name.is_empty() => Target::Name(name.to_owned()),
                _ => Target::Number(number),
            },
            None => Target::Number(number),
        };
        let by_name = text("name").map(|name| name.split('-').next().unwrap_or(name));
        let hint = text("appProtocol").or(by_name).map(str::to_ascii_lowercase);
        Some(Self { number, protocol, target, hint })
    }

    /// What `appProtocol`, or else the first word of the port's name, says.
    pub(crate) fn traffic(&self) -> Traffic {
        match self.protocol {
            Protocol::Udp => return Traffic::Udp,
            Protocol::Sctp => return Traffic::Sctp,
            Protocol::Tcp => {}
        }
        match self.hint.as_deref() {
            Some("http" | "http2" | "kubernetes.io/h2c" | "kubernetes.io/ws" | "ws" | "web") => {
                Traffic::Http
            }
            Some("grpc") => Traffic::Grpc,
            Some(
                "tcp" | "tls" | "https" | "kubernetes.io/wss" | "wss" | "mongo" | "mysql"
                | "postgres" | "postgresql" | "redis" | "kafka" | "amqp" | "smtp",
            ) => Traffic::Tcp,
            _ => Traffic::Unknown,
        }
    }
}

impl Workload {
    fn read(origin: Origin, template: Option<Node<'_>>, selector: Labels) -> Self {
        let field = |path: &[&str]| template.and_then(|template| at(template, path));
        let name = |key: &str| field(&["spec", key]).and_then(Node::as_str);
        let account = name("serviceAccountName").or_else(|| name("serviceAccount"));
        let account = account.filter(|name| !name.is_empty()).unwrap_or("default").to_owned();
        let mut ports = Vec::new();
        let containers = field(&["spec", "containers"]).and_then(Node::as_sequence);
        for container in containers.into_iter().flat_map(|containers| containers.iter()) {
            let listed = container.get("ports").and_then(Node::as_sequence);
            for port in listed.into_iter().flat_map(|ports| ports.iter()) {
                let protocol = port.get("protocol").and_then(Node::as_str).unwrap_or("TCP");
                let number = port.get("containerPort").and_then(number);
                let name = port.get("name").and_then(Node::as_str).map(str::to_owned);
                ports.extend(number.filter(|_| protocol == "TCP").map(|number| (number, name)));
            }
        }
        Self {
            namespace: origin.namespace.clone(),
            origin,
            account,
            selector,
            labels: labels(field(&["metadata", "labels"])),
            annotations: labels(field(&["metadata", "annotations"])),
            is_on_host: field(&["spec", "hostNetwork"])
                .is_some_and(|own| matches!(own.value(), Value::Bool(true))),
            ports,
        }
    }
}

/// Whether these labels have all of those.
pub(crate) fn has(labels: &Labels, wanted: &Labels) -> bool {
    wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
}

fn labels(node: Option<Node<'_>>) -> Labels {
    let entries = node.and_then(Node::as_mapping).into_iter().flat_map(|labels| labels.iter());
    let text = |(key, value): (&str, Node<'_>)| Some((key.to_owned(), value.as_str()?.to_owned()));
    entries.filter_map(text).collect()
}

fn at<'d>(node: Node<'d>, path: &[&str]) -> Option<Node<'d>> {
    path.iter().try_fold(node, |node, key| node.get(key))
}

fn number(node: Node<'_>) -> Option<u16> {
    let Value::Number(number) = node.value() else { return None };
    u16::try_from(number.to_u64()?).ok().filter(|number| *number > 0)
}
