use std::fmt;

use crate::identity::Identity;
use crate::labels::Selector;
use crate::name::ObjectName;
use crate::resource::{LabelRequirement, LabelSelector};
use crate::spiffe::SpiffeId;

/// Somebody that a policy speaks of. Prints as text for people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Party {
    /// A service account: `shop/web`.
    Account(ObjectName),
    /// Who presents this SPIFFE id.
    Spiffe(SpiffeId),
    /// Pods of this namespace with these labels, in `kubectl`'s notation.
    Pods {
        /// Their namespace.
        namespace: Box<str>,
        /// The labels or the selector: `app=web,tier in (a,b)`.
        labels: String,
    },
    /// Any service account of this namespace that the policy does not name; `None`: of a namespace
    /// that it does not name either.
    Other(Option<Box<str>>),
    /// A peer whose identity is not proven.
    Unauthenticated,
    /// Everybody, unauthenticated too.
    Anyone,
}

impl Party {
    /// An identity of this party, where one says it all: a service account or a SPIFFE id.
    ///
    /// ```
    /// use smi_policy::{ObjectName, Party};
    ///
    /// let web = Party::Account(ObjectName::new("shop", "web"));
    /// assert_eq!(web.identity().map(|identity| identity.to_string()).as_deref(), Some("shop/web"));
    /// assert!(Party::Anyone.identity().is_none());
    /// ```
    pub fn identity(&self) -> Option<Identity> {
        match self {
            Self::Account(name) => Some(Identity::service_account(name.namespace(), name.name())),
            Self::Spiffe(id) => Some(Identity::from(id.clone())),
            Self::Pods { .. } | Self::Other(_) | Self::Unauthenticated | Self::Anyone => None,
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(name) => name.fmt(f),
            Self::Spiffe(id) => id.fmt(f),
            Self::Pods { namespace, labels } => write!(f, "pods of {namespace} with {labels}"),
            Self::Other(Some(namespace)) => write!(f, "any other account of {namespace}"),
            Self::Other(None) => f.write_str("any other account"),
            Self::Unauthenticated => f.write_str("an unauthenticated peer"),
            Self::Anyone => f.write_str("anyone"),
        }
    }
}

/// A party as the engine knows it: what an identity can be found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Key {
    Account(ObjectName),
    Spiffe(SpiffeId),
    /// Position among the selectors of the model.
    Selector(usize),
}

/// The label selector of a binding that counts.
#[derive(Clone, Debug)]
pub(super) struct PodSelector {
    pub(super) namespace: Box<str>,
    pub(super) resource: LabelSelector,
    pub(super) selector: std::sync::Arc<Selector>,
}

impl PodSelector {
    pub(super) fn party(&self) -> Party {
        Party::Pods { namespace: self.namespace.clone(), labels: selector_text(&self.resource) }
    }
}

/// A party with an identity that stands for it in examples.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) party: Party,
    /// `None`: unauthenticated.
    pub(super) identity: Option<Identity>,
}

impl Peer {
    pub(super) fn account(name: &ObjectName) -> Self {
        let party = Party::Account(name.clone());
        Self { identity: party.identity(), party }
    }

    pub(super) fn spiffe(id: &SpiffeId) -> Self {
        let party = Party::Spiffe(id.clone());
        Self { identity: party.identity(), party }
    }

    pub(super) fn unauthenticated() -> Self {
        Self { party: Party::Unauthenticated, identity: None }
    }

    /// Somebody whom no policy names: namespaces and accounts have no such names in Kubernetes.
    pub(super) fn other(namespace: Option<&str>) -> Self {
        let identity = Identity::service_account(namespace.unwrap_or(NOBODY), NOBODY);
        Self { party: Party::Other(namespace.map(Into::into)), identity: Some(identity) }
    }

    /// Pods of an account that is not named.
    pub(super) fn pods(namespace: &str, labels: &[(String, String)]) -> Self {
        let text = labels.iter().map(|(key, value)| format!("{key}={value}"));
        let text = text.collect::<Vec<_>>().join(",");
        let identity = Identity::service_account(namespace, NOBODY)
            .with_pod_labels(namespace, labels.iter().cloned());
        Self {
            party: Party::Pods { namespace: namespace.into(), labels: text },
            identity: Some(identity),
        }
    }
}

/// The name of what nobody names.
const NOBODY: &str = "(any-other)";

/// A selector in `kubectl`'s notation.
fn selector_text(selector: &LabelSelector) -> String {
    let equal = selector.match_labels.iter().map(|(key, value)| format!("{key}={value}"));
    let others = selector.match_expressions.iter().map(|requirement| {
        let LabelRequirement { key, operator, values } = requirement;
        match operator.as_str() {
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "DoesNotExist" => format!("!{key}"),
            _ => key.clone(),
        }
    });
    equal.chain(others).collect::<Vec<_>>().join(",")
}
