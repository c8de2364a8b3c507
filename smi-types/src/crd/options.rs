//! Which definitions are wanted.

use super::CustomResourceDefinition;
use super::assemble;
use super::webhook::ConversionWebhook;
use crate::api::{Kind, Version};
use crate::specs::v1alpha4::HeaderForm;

/// Which CustomResourceDefinitions are wanted: a profile, and the choices within it.
///
/// # Examples
///
/// Definitions for a new cluster:
///
/// ```
/// use smi_types::api::Kind;
/// use smi_types::crd::CrdOptions;
///
/// let definition = CrdOptions::strict().definition(Kind::TrafficSplit);
/// let versions: Vec<_> = definition.spec.versions.iter().map(|v| (&*v.name, v.served)).collect();
/// assert_eq!(
///     versions,
///     [("v1alpha4", true), ("v1alpha3", false), ("v1alpha2", false), ("v1alpha1", false)],
/// );
/// ```
///
/// With a webhook that converts, all versions are served:
///
/// ```
/// use smi_types::api::Kind;
/// use smi_types::crd::{ConversionWebhook, CrdOptions};
///
/// let webhook = ConversionWebhook::service("smi-system", "smi-webhook");
/// let definition =
///     CrdOptions::strict().conversion_webhook(webhook).definition(Kind::TrafficSplit);
/// assert!(definition.spec.versions.iter().all(|version| version.served));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrdOptions {
    pub(super) profile: Profile,
    pub(super) subjects: Subjects,
    pub(super) header_form: HeaderForm,
    pub(super) webhook: Option<ConversionWebhook>,
}

/// How much the definitions ask of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// As the published definitions of SMI: their versions, names, printer columns, required
    /// fields and enumerations. For clusters that have objects made for those definitions.
    Official,
    /// All versions, and everything the specification asks for that a schema can say. For new
    /// clusters.
    #[default]
    Strict,
}

/// What the subjects of a TrafficTarget may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Subjects {
    /// Service accounts. TrafficTargets are stored as v1alpha3, the newest version that is no
    /// draft.
    #[default]
    ServiceAccounts,
    /// Service accounts and IdentityBindings. TrafficTargets are stored as v1alpha4, which is a
    /// draft on the main branch of the specification.
    IdentityBindings,
}

impl CrdOptions {
    /// The profile [`Strict`](Profile::Strict), which is the default.
    pub fn strict() -> Self {
        Self::default()
    }

    /// The profile [`Official`](Profile::Official).
    pub fn official() -> Self {
        Self { profile: Profile::Official, ..Self::default() }
    }

    /// Sets what the subjects of a TrafficTarget may be.
    #[must_use]
    pub fn subjects(self, subjects: Subjects) -> Self {
        Self { subjects, ..self }
    }

    /// Sets the form in which HTTPRouteGroups have their headers. A structural schema can't offer
    /// a choice.
    #[must_use]
    pub fn header_form(self, header_form: HeaderForm) -> Self {
        Self { header_form, ..self }
    }

    /// Sets the webhook that converts between the versions, so that all of them are served.
    ///
    /// Without one, only the stored version is. Between versions of different shape, an API
    /// server that doesn't ask a webhook keeps the metadata and drops the rest, without a word.
    #[must_use]
    pub fn conversion_webhook(self, webhook: ConversionWebhook) -> Self {
        Self { webhook: Some(webhook), ..self }
    }

    /// The version in which a kind is stored.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::api::{Kind, Version};
    /// use smi_types::crd::{CrdOptions, Subjects};
    ///
    /// let options = CrdOptions::strict();
    /// assert_eq!(options.storage_version(Kind::TcpRoute), Version::V1alpha4);
    /// assert_eq!(options.storage_version(Kind::TrafficTarget), Version::V1alpha3);
    ///
    /// let options = options.subjects(Subjects::IdentityBindings);
    /// assert_eq!(options.storage_version(Kind::TrafficTarget), Version::V1alpha4);
    /// ```
    pub const fn storage_version(&self, kind: Kind) -> Version {
        match (kind, self.subjects) {
            (Kind::TrafficTarget, Subjects::ServiceAccounts) => Version::V1alpha3,
            _ => Version::V1alpha4,
        }
    }

    /// The versions of a kind that its definition has, oldest first.
    ///
    /// The official definitions lack TCPRoute before v1alpha4, TrafficSplit v1alpha1 and, unless
    /// the draft is asked for, TrafficTarget v1alpha4.
    pub const fn versions(&self, kind: Kind) -> &'static [Version] {
        use Version::{V1alpha1, V1alpha2, V1alpha3, V1alpha4};
        match (self.profile, kind) {
            (Profile::Official, Kind::TrafficTarget) => match self.subjects {
                Subjects::ServiceAccounts => &[V1alpha1, V1alpha2, V1alpha3],
                Subjects::IdentityBindings => &Version::ALL,
            },
            (Profile::Official, Kind::TcpRoute) => &[V1alpha4],
            (Profile::Official, Kind::TrafficSplit) => &[V1alpha2, V1alpha3, V1alpha4],
            _ => kind.versions(),
        }
    }

    /// The definition of a kind, newest version first.
    ///
    /// There is no official definition of IdentityBinding; in the official profile it is one
    /// without bounds.
    pub fn definition(&self, kind: Kind) -> CustomResourceDefinition {
        assemble::definition(self, kind)
    }

    /// All definitions of the profile.
    ///
    /// In the strict profile those are all six; in the official one IdentityBinding is among them
    /// only if the subjects of a TrafficTarget may be one.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::crd::CrdOptions;
    ///
    /// assert_eq!(CrdOptions::strict().definitions().len(), 6);
    /// assert_eq!(CrdOptions::official().definitions().len(), 5);
    /// ```
    pub fn definitions(&self) -> Vec<CustomResourceDefinition> {
        let without_bindings =
            self.profile == Profile::Official && self.subjects == Subjects::ServiceAccounts;
        Kind::ALL
            .into_iter()
            .filter(|kind| *kind != Kind::IdentityBinding || !without_bindings)
            .map(|kind| self.definition(kind))
            .collect()
    }
}
