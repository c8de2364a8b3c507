use std::collections::BTreeMap;
use std::fmt;
use std::hash::BuildHasher;

use thiserror::Error;

use crate::shards::hasher;
use crate::{ObjectName, SpiffeId, SpiffeIdError};

/// How well an identity is proven. Proofs order by strength.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Proof {
    /// By the address a connection comes from, looked up in an
    /// [`AddressBook`](crate::AddressBook).
    Address,
    /// By a key: a certificate, or a signed token.
    #[default]
    Certificate,
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "address",
            Self::Certificate => "certificate",
        })
    }
}

/// Who somebody is, proven to the enforcing side.
///
/// ```
/// use smi_policy::{Identity, Proof};
///
/// let account = Identity::service_account("shop", "web");
/// let istio = Identity::spiffe("spiffe://cluster.local/ns/shop/sa/web")?;
/// let linkerd = Identity::linkerd("web.shop.serviceaccount.identity.linkerd.cluster.local")?;
/// assert_eq!(istio.proof(), Proof::Certificate);
///
/// let weaker = account.proven_by(Proof::Address);
/// assert_eq!(weaker.to_string(), "shop/web");
///
/// assert!(Identity::spiffe("spiffe://cluster.local").is_err(), "no path");
/// # Ok::<(), smi_policy::IdentityError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub(crate) form: Form,
    pub(crate) pod: Option<Pod>,
    proof: Proof,
    /// The hash of the service account that this names, if it names one in the way that does not
    /// depend on a policy's trust domains: so that no decision hashes it again.
    hash: u64,
}

/// The forms in which identities are presented. Which service account a form names depends on the
/// trust domains, so it is resolved by the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    ServiceAccount(ObjectName),
    Spiffe(SpiffeId),
    /// Linkerd's DNS name, in lower case.
    Linkerd(Box<str>),
}

/// Labels that the caller vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pod {
    pub(crate) namespace: Box<str>,
    pub(crate) labels: BTreeMap<String, String>,
}

/// Why a text is no identity.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// Not a SPIFFE id.
    #[error(transparent)]
    Spiffe(#[from] SpiffeIdError),
    /// Not a DNS name.
    #[error("`{0}` is no Linkerd identity: expected a DNS name of labels joined by dots")]
    Linkerd(String),
}

impl Identity {
    /// The service account `name` of `namespace`.
    pub fn service_account(namespace: impl AsRef<str>, name: impl AsRef<str>) -> Self {
        Self::new(Form::ServiceAccount(ObjectName::new(namespace, name)))
    }

    /// A SPIFFE id, as the URI SAN of a certificate presents it.
    ///
    /// # Errors
    ///
    /// Fails if the text is no SPIFFE id; see [`SpiffeId`]. Treat such a peer as unauthenticated.
    pub fn spiffe(id: &str) -> Result<Self, IdentityError> {
        Ok(Self::new(Form::Spiffe(id.parse()?)))
    }

    /// Linkerd's DNS form, as the DNS SAN of a certificate presents it:
    /// `<account>.<namespace>.serviceaccount.identity.<control plane>.<trust domain>`.
    ///
    /// # Errors
    ///
    /// Fails if the text is no DNS name. Treat such a peer as unauthenticated.
    pub fn linkerd(name: &str) -> Result<Self, IdentityError> {
        let is_label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if name.len() > 253 || !name.split('.').all(is_label) {
            return Err(IdentityError::Linkerd(name.chars().take(128).collect()));
        }
        Ok(Self::new(Form::Linkerd(name.to_ascii_lowercase().into())))
    }

    fn new(form: Form) -> Self {
        let account = match &form {
            Form::ServiceAccount(name) => {
                Some(AccountRef { namespace: name.namespace(), name: name.name() })
            }
            Form::Spiffe(id) => SpiffeForm::Istio.account_of(id),
            Form::Linkerd(_) => None,
        };
        let hash = account.map_or(0, AccountRef::hash);
        Self { form, pod: None, proof: Proof::default(), hash }
    }

    /// Says how well this is proven; [`Proof::Certificate`] unless said otherwise.
    #[must_use]
    pub fn proven_by(mut self, proof: Proof) -> Self {
        self.proof = proof;
        self
    }

    /// Adds the labels of the peer's pod, which the caller vouches for. They count only under
    /// [`PodLabels::Vouched`](crate::PodLabels::Vouched).
    #[must_use]
    pub fn with_pod_labels<K: Into<String>, V: Into<String>>(
        mut self,
        namespace: impl Into<Box<str>>,
        labels: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let labels = labels.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        self.pod = Some(Pod { namespace: namespace.into(), labels });
        self
    }

    /// How well this is proven.
    pub fn proof(&self) -> Proof {
        self.proof
    }
}

/// A SPIFFE id that was read already.
impl From<SpiffeId> for Identity {
    fn from(id: SpiffeId) -> Self {
        Self::new(Form::Spiffe(id))
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            Form::ServiceAccount(name) => name.fmt(f),
            Form::Spiffe(id) => id.fmt(f),
            Form::Linkerd(name) => f.write_str(name),
        }
    }
}

/// A trust domain whose identities name service accounts of this cluster.
///
/// ```
/// use smi_policy::{Semantics, TrustDomain};
///
/// let semantics = Semantics::default().with_trust_domains(vec![
///     TrustDomain::new("cluster.local"),
///     TrustDomain::osm("osm.example"),
/// ]);
/// assert_eq!(semantics.trust_domains.len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustDomain {
    name: Box<str>,
    form: SpiffeForm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SpiffeForm {
    Istio,
    Osm,
}

impl TrustDomain {
    /// A trust domain whose SPIFFE ids have Istio's form, `/ns/<namespace>/sa/<account>`.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_ascii_lowercase().into(), form: SpiffeForm::Istio }
    }

    /// A trust domain whose SPIFFE ids have OSM's form, `/<account>/<namespace>`, instead.
    pub fn osm(name: &str) -> Self {
        Self { form: SpiffeForm::Osm, ..Self::new(name) }
    }

    /// The name, in lower case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Namespace and name of the service account that `id` names in this trust domain, if any.
    pub(crate) fn account_of<'i>(&self, id: &'i SpiffeId) -> Option<AccountRef<'i>> {
        if id.trust_domain() != &*self.name {
            return None;
        }
        self.form.account_of(id)
    }
}

impl SpiffeForm {
    /// Namespace and name of the service account that an id of this form names.
    fn account_of(self, id: &SpiffeId) -> Option<AccountRef<'_>> {
        let mut segments = id.path().split('/').skip(1);
        let account = match self {
            SpiffeForm::Istio => {
                let ("ns", namespace) = (segments.next()?, segments.next()?) else { return None };
                let ("sa", name) = (segments.next()?, segments.next()?) else { return None };
                AccountRef { namespace, name }
            }
            SpiffeForm::Osm => {
                let (name, namespace) = (segments.next()?, segments.next()?);
                AccountRef { namespace, name }
            }
        };
        segments.next().is_none().then_some(account)
    }
}

/// A service account, borrowed from the identity that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AccountRef<'i> {
    pub(crate) namespace: &'i str,
    pub(crate) name: &'i str,
}

impl AccountRef<'_> {
    pub(crate) fn hash(self) -> u64 {
        hasher().hash_one((self.namespace, self.name))
    }
}

/// Resolves identities to service accounts, by the configured trust domains.
#[derive(Clone, Debug)]
pub(crate) struct Resolver {
    trust_domains: Box<[TrustDomain]>,
    /// What follows account and namespace in Linkerd's names, with its leading dot.
    linkerd_suffixes: Box<[Box<str>]>,
    /// Whether ids of some trust domain have another form than Istio's.
    has_other_forms: bool,
}

impl Resolver {
    pub(crate) fn new(trust_domains: &[TrustDomain], linkerd_namespace: &str) -> Self {
        let suffix = |domain: &TrustDomain| {
            format!(".serviceaccount.identity.{linkerd_namespace}.{}", domain.name)
                .to_ascii_lowercase()
                .into()
        };
        Self {
            trust_domains: trust_domains.into(),
            linkerd_suffixes: trust_domains.iter().map(suffix).collect(),
            has_other_forms: trust_domains.iter().any(|d| d.form != SpiffeForm::Istio),
        }
    }

    /// The service account that `identity` names, if it names one of this cluster.
    #[inline]
    pub(crate) fn account<'i>(&self, identity: &'i Identity) -> Option<AccountRef<'i>> {
        match &identity.form {
            Form::ServiceAccount(name) => {
                Some(AccountRef { namespace: name.namespace(), name: name.name() })
            }
            Form::Spiffe(id) => self.account_of(id),
            Form::Linkerd(name) => self.linkerd_suffixes.iter().find_map(|suffix| {
                let (account, namespace) = name.strip_suffix(&**suffix)?.rsplit_once('.')?;
                (!account.is_empty()).then_some(AccountRef { namespace, name: account })
            }),
        }
    }

    /// Whether it names one.
    #[inline]
    pub(crate) fn has_account(&self, identity: &Identity) -> bool {
        matches!(identity.form, Form::ServiceAccount(_)) || self.account(identity).is_some()
    }

    /// The hash of that service account.
    #[inline]
    pub(crate) fn hash_of(&self, identity: &Identity, account: AccountRef<'_>) -> u64 {
        match &identity.form {
            Form::ServiceAccount(_) => identity.hash,
            Form::Spiffe(_) if !self.has_other_forms => identity.hash,
            Form::Spiffe(_) | Form::Linkerd(_) => account.hash(),
        }
    }

    /// The service account that a SPIFFE id names, if it names one of this cluster.
    pub(crate) fn account_of<'i>(&self, id: &'i SpiffeId) -> Option<AccountRef<'i>> {
        self.trust_domains.iter().find_map(|domain| domain.account_of(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(identity: &Identity) -> Option<String> {
        let domains = [TrustDomain::new("Cluster.Local"), TrustDomain::osm("osm.example")];
        let resolver = Resolver::new(&domains, "linkerd");
        resolver.account(identity).map(|a| format!("{}/{}", a.namespace, a.name))
    }

    #[test]
    fn spiffe_ids_name_accounts_in_the_form_of_their_trust_domain() {
        let of = |id: &str| account(&Identity::spiffe(id).unwrap());
        assert_eq!(of("spiffe://cluster.local/ns/shop/sa/web").as_deref(), Some("shop/web"));
        assert_eq!(of("spiffe://osm.example/web/shop").as_deref(), Some("shop/web"));
        assert_eq!(of("spiffe://cluster.local/web/shop"), None);
        assert_eq!(of("spiffe://osm.example/ns/shop/sa/web"), None);
        assert_eq!(of("spiffe://cluster.local/ns/shop/sa/web/x"), None);
        assert_eq!(of("spiffe://other.example/ns/shop/sa/web"), None);
        assert_eq!(of("spiffe://cluster.local/NS/shop/sa/web"), None);
    }

    #[test]
    fn linkerd_names_may_have_dots_in_the_account() {
        let of = |name: &str| account(&Identity::linkerd(name).unwrap());
        let suffix = "serviceaccount.identity.linkerd.cluster.local";
        assert_eq!(of(&format!("web.shop.{suffix}")).as_deref(), Some("shop/web"));
        assert_eq!(of(&format!("a.b.shop.{suffix}")).as_deref(), Some("shop/a.b"));
        assert_eq!(of(&format!("Web.Shop.{suffix}")).as_deref(), Some("shop/web"));
        assert_eq!(of(&format!("shop.{suffix}")), None);
        assert_eq!(of("web.shop.serviceaccount.identity.linkerd.evil.local"), None);
        assert!(Identity::linkerd("web..shop").is_err());
    }
}
