//! What the engine works on: SMI resources without API versions and without Kubernetes.
//!
//! A part that could not be read has a place of its own here (`Unreadable`, `None`), because it
//! still counts: it grants nothing, and positions in diagnostics stay those of the manifest.

use std::collections::BTreeMap;

use crate::ObjectName;

/// A TrafficTarget: who may call a destination, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficTarget {
    /// Its namespace and name.
    pub name: ObjectName,
    /// Whom it opens.
    pub destination: Subject,
    /// A further condition on the port, from `destination.port` of v1alpha1 and v1alpha2.
    pub port: PortCondition,
    /// Whom it admits. Nobody, if empty.
    pub sources: Vec<Subject>,
    /// What it admits them to. Nothing, if empty.
    pub rules: Vec<Rule>,
}

impl TrafficTarget {
    /// A target that opens the service account `destination` of its own namespace to nobody yet.
    ///
    /// ```
    /// use smi_policy::{ObjectName, Rule, Subject, TrafficTarget};
    ///
    /// let target = TrafficTarget::new(ObjectName::new("shop", "web-to-cart"), "cart")
    ///     .source(Subject::service_account("shop", "web"))
    ///     .rule(Rule::tcp_route("cart-port"));
    /// assert_eq!(target.sources.len(), 1);
    /// ```
    pub fn new(name: ObjectName, destination: impl Into<String>) -> Self {
        let destination = Subject::ServiceAccount { namespace: None, name: destination.into() };
        Self { name, destination, port: PortCondition::Any, sources: Vec::new(), rules: Vec::new() }
    }

    /// Adds a source.
    #[must_use]
    pub fn source(mut self, source: Subject) -> Self {
        self.sources.push(source);
        self
    }

    /// Adds a rule.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }
}

/// A subject of a TrafficTarget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A service account.
    ServiceAccount {
        /// Its namespace; `None` is the target's own, unless the semantics say otherwise.
        namespace: Option<String>,
        /// Its name, compared exactly.
        name: String,
    },
    /// Whomever an IdentityBinding speaks for.
    IdentityBinding {
        /// Namespace of the binding; `None` is the target's own, unless the semantics say otherwise.
        namespace: Option<String>,
        /// Name of the binding.
        name: String,
    },
    /// A subject that could not be understood: as a source it names nobody, as a destination it
    /// voids the target.
    Unreadable,
}

impl Subject {
    /// The service account `name` of `namespace`.
    pub fn service_account(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self::ServiceAccount { namespace: Some(namespace.into()), name: name.into() }
    }

    /// Whomever the IdentityBinding `name` of `namespace` speaks for.
    pub fn identity_binding(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self::IdentityBinding { namespace: Some(namespace.into()), name: name.into() }
    }
}

/// `destination.port` of a v1alpha1 or v1alpha2 TrafficTarget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PortCondition {
    /// No condition.
    #[default]
    Any,
    /// Only this TCP port.
    Only(u16),
    /// A port that could not be read: voids the target.
    Unreadable,
}

/// A rule of a TrafficTarget: a reference to routes of the target's namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it refers to.
    pub kind: RuleKind,
    /// Name of the route object.
    pub name: String,
    /// Names of the selected matches of an HTTPRouteGroup; empty selects what
    /// [`AbsentMatches`](crate::AbsentMatches) says.
    pub matches: Vec<String>,
}

impl Rule {
    /// A rule of all matches of an HTTPRouteGroup.
    pub fn http_route_group(name: impl Into<String>) -> Self {
        Self { kind: RuleKind::HttpRouteGroup, name: name.into(), matches: Vec::new() }
    }

    /// A rule of a TCPRoute.
    pub fn tcp_route(name: impl Into<String>) -> Self {
        Self { kind: RuleKind::TcpRoute, name: name.into(), matches: Vec::new() }
    }

    /// A rule of a UDPRoute.
    pub fn udp_route(name: impl Into<String>) -> Self {
        Self { kind: RuleKind::UdpRoute, name: name.into(), matches: Vec::new() }
    }

    /// Selects a match of the group by name.
    #[must_use]
    pub fn select(mut self, name: impl Into<String>) -> Self {
        self.matches.push(name.into());
        self
    }
}

/// The kind a rule refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleKind {
    /// An HTTPRouteGroup.
    HttpRouteGroup,
    /// A TCPRoute.
    TcpRoute,
    /// A UDPRoute.
    UdpRoute,
    /// A kind, or a rule, that could not be understood: voids the target.
    Unreadable,
}

/// An HTTPRouteGroup: alternative conditions on HTTP requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRouteGroup {
    /// Its namespace and name.
    pub name: ObjectName,
    /// The conditions, OR-ed. `None` keeps the place of a match that could not be read.
    pub matches: Vec<Option<HttpMatch>>,
}

impl HttpRouteGroup {
    /// A group without matches.
    pub fn new(name: ObjectName) -> Self {
        Self { name, matches: Vec::new() }
    }

    /// Adds a match.
    #[must_use]
    pub fn with(mut self, http_match: HttpMatch) -> Self {
        self.matches.push(Some(http_match));
        self
    }
}

/// One match of an HTTPRouteGroup: conditions that are AND-ed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct HttpMatch {
    /// The name by which rules select it.
    pub name: Option<String>,
    /// RE2 regular expression for the path. Absent or empty: any path.
    pub path_regex: Option<String>,
    /// Methods, exact. Empty, or with an element `*`: all.
    pub methods: Vec<String>,
    /// Names (compared without ASCII case) and RE2 regular expressions of headers that must all be
    /// there.
    pub headers: Vec<(String, String)>,
}

impl HttpMatch {
    /// A match without conditions: every request.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }

    /// Sets the regular expression for the path.
    #[must_use]
    pub fn path_regex(mut self, regex: impl Into<String>) -> Self {
        self.path_regex = Some(regex.into());
        self
    }

    /// Adds a method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.methods.push(method.into());
        self
    }

    /// Adds a condition on a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, regex: impl Into<String>) -> Self {
        self.headers.push((name.into(), regex.into()));
        self
    }
}

/// A TCPRoute or a UDPRoute: a set of ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortRoute {
    /// Its namespace and name.
    pub name: ObjectName,
    /// The ports.
    pub ports: Ports,
}

/// A set of ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ports {
    /// Every port.
    All,
    /// These ports; none, if empty.
    Only(Vec<u16>),
}

/// An IdentityBinding: other identities that a subject may stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityBinding {
    /// Its namespace and name.
    pub name: ObjectName,
    /// Whom it speaks for, OR-ed; `None` if it could not be read: nobody.
    pub schemes: Option<Schemes>,
}

/// The schemes of an [`IdentityBinding`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schemes {
    /// A service account of the binding's namespace.
    pub service_account: Option<String>,
    /// SPIFFE ids, with or without `spiffe://`.
    pub spiffe_identities: Vec<String>,
    /// Labels of pods of the binding's namespace.
    pub pod_label_selector: Option<LabelSelector>,
}

/// A Kubernetes label selector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector {
    /// Labels that must be there with these values.
    pub match_labels: BTreeMap<String, String>,
    /// Further requirements, AND-ed.
    pub match_expressions: Vec<LabelRequirement>,
}

/// A requirement of a [`LabelSelector`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelRequirement {
    /// The label.
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`; any other makes the selector select nobody.
    pub operator: String,
    /// Values for `In` and `NotIn`.
    pub values: Vec<String>,
}
