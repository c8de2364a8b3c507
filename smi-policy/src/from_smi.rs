//! The one place where SMI's API objects enter the engine.

use smi_types::api::Kind;
use smi_types::hub;
use smi_types::manifest::{Document, Node, Resources, Value};
use smi_types::validate::{PatternCheck, PatternFault};

use crate::builder::PolicyBuilder;
use crate::diagnostic::ObjectKind;
use crate::name::ObjectName;
use crate::pattern::{Limits, Pattern};
use crate::policy::Policy;
use crate::resource::{
    HttpMatch, HttpRouteGroup, IdentityBinding, LabelRequirement, LabelSelector, PortCondition,
    PortRoute, Ports, Rule, RuleKind, Schemes, Subject, TrafficTarget,
};
use crate::semantics::{Anchor, Semantics};

impl Policy {
    /// Compiles a policy from manifests of any API version.
    ///
    /// Objects without namespace are in the default namespace of `resources`. A TrafficTarget that
    /// could not be read grants nothing, and closes its namespace as
    /// [`PolicyBuilder::unreadable_traffic_target`] says.
    ///
    /// ```
    /// use smi_policy::{HttpRequest, Identity, Policy, Request, Semantics};
    /// use smi_types::manifest::{Manifest, Resources};
    ///
    /// let mut resources = Resources::new("shop");
    /// resources.add("web.yaml", Manifest::read("
    /// apiVersion: specs.smi-spec.io/v1alpha1
    /// kind: HTTPRouteGroup
    /// metadata: {name: api}
    /// matches: [{name: read, pathRegex: /items, methods: [GET]}]
    /// ---
    /// apiVersion: access.smi-spec.io/v1alpha3
    /// kind: TrafficTarget
    /// metadata: {name: web-to-cart}
    /// spec:
    ///   destination: {kind: ServiceAccount, name: cart}
    ///   sources: [{kind: ServiceAccount, name: web}]
    ///   rules: [{kind: HTTPRouteGroup, name: api}]
    /// "));
    /// let policy = Policy::from_resources(&resources, Semantics::default());
    ///
    /// let web = Identity::service_account("shop", "web");
    /// let cart = Identity::service_account("shop", "cart");
    /// let get = HttpRequest::new("GET", "/items/7");
    /// assert!(policy.authorize(&Request::http(Some(&web), &cart, 8080, get)).is_allowed());
    /// ```
    #[must_use]
    pub fn from_resources(resources: &Resources, semantics: Semantics) -> Self {
        PolicyBuilder::from_resources(resources, semantics).compile()
    }
}

impl PolicyBuilder {
    /// Collects manifests of any API version, as [`Policy::from_resources`] does.
    ///
    /// ```
    /// use smi_policy::{Audit, PolicyBuilder, Semantics};
    /// use smi_types::manifest::Resources;
    ///
    /// let resources = Resources::new("shop");
    /// let audit = Audit::new(PolicyBuilder::from_resources(&resources, Semantics::default()));
    /// assert!(audit.matrix().accesses.is_empty());
    /// ```
    pub fn from_resources(resources: &Resources, semantics: Semantics) -> Self {
        let semantics = semantics.with_default_namespace(resources.default_namespace().to_owned());
        let mut builder = Self::new(semantics);
        for object in resources.objects() {
            builder = builder.object(object);
        }
        for unreadable in resources.undecodable() {
            builder = builder.undecodable(unreadable.document, resources.default_namespace());
        }
        builder
    }

    /// Adds an object of any API version, lifted from wherever it was read. A TrafficSplit is no
    /// matter of access and passed over.
    pub fn object(self, object: &hub::Object) -> Self {
        let name = |meta: &hub::Meta| object_name(meta, &self.semantics.default_namespace);
        match object {
            hub::Object::TrafficTarget(target) => {
                let target = traffic_target(name(&target.meta), target);
                self.traffic_target(target)
            }
            hub::Object::IdentityBinding(binding) => {
                let binding = identity_binding(name(&binding.meta), binding);
                self.identity_binding(binding)
            }
            hub::Object::HttpRouteGroup(group) => {
                let group = http_route_group(name(&group.meta), group);
                self.http_route_group(group)
            }
            hub::Object::TcpRoute(route) => {
                let route = port_route(name(&route.meta), route);
                self.tcp_route(route)
            }
            hub::Object::UdpRoute(route) => {
                let route = port_route(name(&route.meta), route);
                self.udp_route(route)
            }
            hub::Object::TrafficSplit(_) => self,
        }
    }
}

impl PolicyBuilder {
    fn undecodable(mut self, document: &Document, default_namespace: &str) -> Self {
        let namespace = namespace_of(document, default_namespace);
        let kind = match document.kind() {
            None | Some(Kind::TrafficSplit) => return self,
            Some(Kind::TrafficTarget) => {
                self = self.unreadable_traffic_target(namespace);
                ObjectKind::TrafficTarget
            }
            Some(Kind::IdentityBinding) => ObjectKind::IdentityBinding,
            Some(Kind::HttpRouteGroup) => ObjectKind::HttpRouteGroup,
            Some(Kind::TcpRoute) => ObjectKind::TcpRoute,
            Some(Kind::UdpRoute) => ObjectKind::UdpRoute,
        };
        match (namespace, document.name()) {
            (Some(namespace), Some(name)) => {
                self.unreadable_object(kind, ObjectName::new(namespace, name))
            }
            _ => self,
        }
    }
}

/// Patterns are valid that the engine can use within these limits.
///
/// ```
/// use smi_policy::Limits;
/// use smi_types::Manifest;
/// use smi_types::validate::Validator;
///
/// let manifest = Manifest::read("
/// apiVersion: specs.smi-spec.io/v1alpha4
/// kind: HTTPRouteGroup
/// metadata: {name: web}
/// spec: {matches: [{pathRegex: '/(?!admin).*'}]}
/// ");
/// let limits = Limits::default();
/// let problems = Validator::new().patterns(&limits).manifest(&manifest);
/// assert_eq!(
///     problems[0].message(),
///     "`(?!` at byte 1: RE2 has no look-around, so the match is ignored"
/// );
/// assert_eq!(problems[0].help(), Some("list what is allowed, as separate matches"));
/// ```
impl PatternCheck for Limits {
    fn check(&self, pattern: &str) -> Result<(), PatternFault> {
        let compiled =
            Pattern::parse(pattern, self).and_then(|pattern| pattern.compile(Anchor::Start, self));
        compiled
            .map(drop)
            .map_err(|error| PatternFault::new(error.to_string()).with_help(error.help()))
    }
}

impl HttpRouteGroup {
    /// An HTTPRouteGroup of any API version, for engines other than the policy's. One without
    /// namespace is in `default_namespace`.
    pub fn from_hub(group: &hub::HttpRouteGroup, default_namespace: &str) -> Self {
        http_route_group(object_name(&group.meta, default_namespace), group)
    }
}

/// The namespace of a document that could not be read; `None` if even that could not.
fn namespace_of<'d>(document: &'d Document, default_namespace: &'d str) -> Option<&'d str> {
    let metadata = document.root()?.get("metadata");
    match metadata.map(Node::value) {
        None | Some(Value::Null) => Some(default_namespace),
        Some(Value::Mapping(metadata)) => match metadata.get("namespace").map(Node::value) {
            None | Some(Value::Null | Value::String("")) => Some(default_namespace),
            Some(Value::String(namespace)) => Some(namespace),
            Some(_) => None,
        },
        Some(_) => None,
    }
}

fn object_name(meta: &hub::Meta, default_namespace: &str) -> ObjectName {
    let namespace = meta.namespace.as_deref().unwrap_or(default_namespace);
    ObjectName::new(namespace, meta.name.as_str())
}

fn traffic_target(name: ObjectName, target: &hub::TrafficTarget) -> TrafficTarget {
    TrafficTarget {
        name,
        destination: subject(&target.destination),
        port: match target.port {
            hub::PortCondition::Any => PortCondition::Any,
            hub::PortCondition::Only(port) => PortCondition::Only(port),
            hub::PortCondition::Unreadable => PortCondition::Unreadable,
        },
        sources: target.sources.iter().map(subject).collect(),
        rules: target.rules.iter().map(rule).collect(),
    }
}

fn subject(subject: &hub::Subject) -> Subject {
    match subject.clone() {
        hub::Subject::ServiceAccount { namespace, name } => {
            Subject::ServiceAccount { namespace, name }
        }
        hub::Subject::IdentityBinding { namespace, name } => {
            Subject::IdentityBinding { namespace, name }
        }
        hub::Subject::Unreadable => Subject::Unreadable,
    }
}

fn rule(rule: &hub::Rule) -> Rule {
    let kind = match rule.kind {
        hub::RuleKind::HttpRouteGroup => RuleKind::HttpRouteGroup,
        hub::RuleKind::TcpRoute => RuleKind::TcpRoute,
        hub::RuleKind::UdpRoute => RuleKind::UdpRoute,
        hub::RuleKind::Unreadable => RuleKind::Unreadable,
    };
    Rule { kind, name: rule.name.clone(), matches: rule.matches.clone() }
}

fn http_route_group(name: ObjectName, group: &hub::HttpRouteGroup) -> HttpRouteGroup {
    let http_match = |http_match: &hub::HttpMatch| {
        let hub::HttpMatch { name, path_regex, methods, headers } = http_match.clone();
        HttpMatch { name, path_regex, methods, headers: headers.into_iter().collect() }
    };
    let matches = group.matches.iter().map(|entry| entry.as_ref().map(http_match)).collect();
    HttpRouteGroup { name, matches }
}

fn port_route(name: ObjectName, route: &hub::PortRoute) -> PortRoute {
    let ports = match &route.ports {
        hub::Ports::All => Ports::All,
        hub::Ports::Only(ports) => Ports::Only(ports.clone()),
        hub::Ports::Unreadable => Ports::Only(Vec::new()),
    };
    PortRoute { name, ports }
}

fn identity_binding(name: ObjectName, binding: &hub::IdentityBinding) -> IdentityBinding {
    let selector = |selector: &hub::LabelSelector| LabelSelector {
        match_labels: selector.match_labels.clone(),
        match_expressions: selector.match_expressions.iter().map(requirement).collect(),
    };
    let schemes = Schemes {
        service_account: binding.service_account.clone(),
        spiffe_identities: binding.spiffe_identities.clone(),
        pod_label_selector: binding.pod_label_selector.as_ref().map(selector),
    };
    IdentityBinding { name, schemes: Some(schemes) }
}

fn requirement(requirement: &hub::LabelRequirement) -> LabelRequirement {
    let hub::LabelRequirement { key, operator, values } = requirement.clone();
    LabelRequirement { key, operator, values }
}
