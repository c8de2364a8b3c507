//! What both sides are asked about: a set of resources, the semantics, and owned requests.

use std::collections::BTreeMap;
use std::fmt;

use smi_policy::{
    Connect, HttpRouteGroup, IdentityBinding, ObjectName, PortRoute, Proof, Semantics,
    TrafficTarget, Transport, TrustDomain,
};

/// A set of resources and the semantics they are read with.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// Every option but the trust domains.
    pub(crate) options: Semantics,
    /// The trust domains, kept readable here: the engine's type hides the form.
    pub(crate) trust_domains: Vec<(&'static str, IdForm)>,
    /// The resources in the order in which they are given. Of one key the last counts.
    pub(crate) resources: Vec<Resource>,
    /// TrafficTargets of which only the namespace could be read, or not even that.
    pub(crate) unreadable_targets: Vec<Option<String>>,
}

/// How SPIFFE ids of a trust domain name service accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdForm {
    /// `/ns/<namespace>/sa/<account>`.
    Istio,
    /// `/<account>/<namespace>`.
    Osm,
}

/// A resource of any kind.
#[derive(Clone, Debug)]
pub(crate) enum Resource {
    Target(TrafficTarget),
    Group(HttpRouteGroup),
    Tcp(PortRoute),
    Udp(PortRoute),
    Binding(IdentityBinding),
}

impl Resource {
    /// Kind and name: two resources with one key are one object.
    pub(crate) fn key(&self) -> (u8, &ObjectName) {
        match self {
            Self::Target(target) => (0, &target.name),
            Self::Group(group) => (1, &group.name),
            Self::Tcp(route) => (2, &route.name),
            Self::Udp(route) => (3, &route.name),
            Self::Binding(binding) => (4, &binding.name),
        }
    }
}

impl World {
    /// The semantics, complete with the trust domains.
    pub(crate) fn semantics(&self) -> Semantics {
        let domains = self.trust_domains.iter().map(|(name, form)| match form {
            IdForm::Istio => TrustDomain::new(name),
            IdForm::Osm => TrustDomain::osm(name),
        });
        self.options.clone().with_trust_domains(domains.collect())
    }

    /// The same world with other resources.
    pub(crate) fn with(&self, resources: Vec<Resource>) -> Self {
        Self { resources, ..self.clone() }
    }

    /// The TrafficTargets that count: of each name the last.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &TrafficTarget> {
        self.resources.iter().enumerate().filter_map(|(index, resource)| match resource {
            Resource::Target(target) => {
                let replaced = self
                    .resources
                    .iter()
                    .skip(index + 1)
                    .any(|later| later.key() == resource.key());
                (!replaced).then_some(target)
            }
            _ => None,
        })
    }

    /// The IdentityBindings that count: of each name the last.
    pub(crate) fn bindings(&self) -> impl Iterator<Item = &IdentityBinding> {
        self.resources.iter().filter_map(|resource| match resource {
            Resource::Binding(binding) => {
                self.binding(binding.name.namespace(), binding.name.name())
            }
            _ => None,
        })
    }

    /// The HTTPRouteGroup of this name.
    pub(crate) fn group(&self, namespace: &str, name: &str) -> Option<&HttpRouteGroup> {
        self.last(|resource| match resource {
            Resource::Group(group) => is(&group.name, namespace, name).then_some(group),
            _ => None,
        })
    }

    /// The TCPRoute of this name.
    pub(crate) fn tcp_route(&self, namespace: &str, name: &str) -> Option<&PortRoute> {
        self.last(|resource| match resource {
            Resource::Tcp(route) => is(&route.name, namespace, name).then_some(route),
            _ => None,
        })
    }

    /// The UDPRoute of this name.
    pub(crate) fn udp_route(&self, namespace: &str, name: &str) -> Option<&PortRoute> {
        self.last(|resource| match resource {
            Resource::Udp(route) => is(&route.name, namespace, name).then_some(route),
            _ => None,
        })
    }

    /// The IdentityBinding of this name.
    pub(crate) fn binding(&self, namespace: &str, name: &str) -> Option<&IdentityBinding> {
        self.last(|resource| match resource {
            Resource::Binding(binding) => is(&binding.name, namespace, name).then_some(binding),
            _ => None,
        })
    }

    fn last<'w, T>(&'w self, find: impl Fn(&'w Resource) -> Option<&'w T>) -> Option<&'w T> {
        self.resources.iter().rev().find_map(find)
    }
}

fn is(object: &ObjectName, namespace: &str, name: &str) -> bool {
    object.namespace() == namespace && object.name() == name
}

/// A question.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) source: Option<Peer>,
    pub(crate) destination: Peer,
    pub(crate) port: u16,
    pub(crate) traffic: Traffic,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Traffic {
    Http(Http),
    Tcp,
    Udp,
}

/// An HTTP request.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    pub(crate) method: String,
    pub(crate) target: Bytes,
    pub(crate) authority: Option<Bytes>,
    pub(crate) headers: Vec<(String, Bytes)>,
    pub(crate) transport: Transport,
    pub(crate) connect: Connect,
}

/// Who calls or is called.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) id: PeerId,
    pub(crate) proof: Proof,
    /// Namespace and labels of the pod, vouched for by the caller.
    pub(crate) labels: Option<(String, BTreeMap<String, String>)>,
}

/// The form in which an identity is presented.
#[derive(Clone, Debug)]
pub(crate) enum PeerId {
    /// Namespace and name.
    Account(String, String),
    /// A text that may or may not be a SPIFFE id.
    Spiffe(String),
    /// A DNS name that may or may not be one of Linkerd's.
    Linkerd(String),
}

/// Bytes that print as text, so that a failing case can be read.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for Bytes {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

/// An answer, reduced to what engine and model must agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) verdict: Verdict,
    /// Every target that gives this verdict by itself, sorted; empty for a denial.
    pub(crate) by: Vec<ObjectName>,
    pub(crate) why: Why,
}

/// Verdicts, the more generous the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Deny,
    HttpOnly,
    Allow,
}

/// The reasons that `semantics` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Targets give the verdict.
    Targets,
    /// Allowed, because no target names the destination.
    Unselected,
    /// Denied, because the source has no proven identity.
    Unauthenticated,
    /// Denied, because the source's identity is not proven well enough.
    WeakProof,
    /// Denied, because nobody knows who could open the destination.
    UnknownDestination,
    /// Denied, and an unclean path decided that.
    UncleanPath,
    /// Denied for any other reason.
    Denied,
}
