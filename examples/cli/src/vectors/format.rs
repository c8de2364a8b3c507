//! The file format: one suite a line. Unknown keys are errors, so that no expectation is passed
//! over unseen.

use std::collections::BTreeMap;

use serde::Deserialize;
use smi_policy::{
    AbsentMatches, AbsentSourceNamespace, AllZero, Anchor, ForeignDestination, HttpRequires,
    PathMode, PodLabels, RepeatedHeaders, Semantics, TrustDomain, Unselected,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Suite {
    pub(super) name: String,
    pub(super) manifests: String,
    #[serde(default)]
    pub(super) options: Options,
    pub(super) cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Case {
    Split(SplitCase),
    Access(AccessCase),
}

impl Case {
    pub(super) fn note(&self) -> &str {
        match self {
            Self::Split(case) => &case.note,
            Self::Access(case) => &case.note,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessCase {
    pub(super) request: Request,
    pub(super) expect: AccessExpectation,
    #[serde(default)]
    pub(super) note: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessExpectation {
    pub(super) decision: String,
    pub(super) by: Vec<String>,
    pub(super) reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SplitCase {
    pub(super) apex: String,
    #[serde(default)]
    pub(super) request: Option<Request>,
    pub(super) expect: SplitExpectation,
    #[serde(default)]
    pub(super) note: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SplitExpectation {
    pub(super) split: Option<String>,
    pub(super) shares: Shares,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Shares {
    /// `apex` or `no-backend`.
    Nowhere(String),
    /// Service to reduced fraction.
    Of(BTreeMap<String, String>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    #[serde(default)]
    pub(super) source: Option<Peer>,
    #[serde(default)]
    pub(super) destination: Option<Peer>,
    pub(super) port: Option<u16>,
    pub(super) protocol: Option<String>,
    pub(super) method: Option<String>,
    pub(super) path: Option<String>,
    #[serde(default)]
    pub(super) headers: Vec<(String, Value)>,
    #[serde(default)]
    pub(super) authority: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Peer {
    pub(super) service_account: Option<String>,
    pub(super) spiffe: Option<String>,
    pub(super) linkerd: Option<String>,
    pub(super) pod_labels: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Value {
    Text(String),
    Bytes { base64: String },
}

/// The options of a suite; an absent one is the default of [`Semantics`].
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct Options {
    unselected: Option<Action>,
    absent_source_namespace: Option<AbsentNamespace>,
    foreign_destination: Option<Action>,
    http_needs_route_group: bool,
    absent_matches: Option<Selection>,
    path_anchor: Option<AnchorName>,
    path_mode: Option<ModeName>,
    header_anchor: Option<AnchorName>,
    repeated_headers: Option<Repeated>,
    pod_labels: bool,
    all_zero: Option<Zero>,
    default_namespace: Option<String>,
    cluster_domain: Option<String>,
    trust_domains: Option<Vec<String>>,
}

/// Enums whose names are those of the file format.
macro_rules! names {
    ($($name:ident { $($variant:ident),* })*) => {
        $(#[derive(Clone, Copy, Debug, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        enum $name { $($variant),* })*
    };
}

names! {
    Action { Deny, Allow }
    AbsentNamespace { Own, Nobody }
    Selection { All, None }
    AnchorName { Start, Full, Search }
    ModeName { Strict, Normalize, AsIs }
    Repeated { Joined, Any }
    Zero { NoBackend, Apex }
}

impl Options {
    pub(super) fn semantics(&self) -> Semantics {
        let mut semantics = Semantics::default();
        if let Some(Action::Allow) = self.unselected {
            semantics.unselected = Unselected::Allow;
        }
        if let Some(AbsentNamespace::Nobody) = self.absent_source_namespace {
            semantics.absent_source_namespace = AbsentSourceNamespace::Nobody;
        }
        if let Some(Action::Allow) = self.foreign_destination {
            semantics.foreign_destination = ForeignDestination::Allow;
        }
        if self.http_needs_route_group {
            semantics.http_requires = HttpRequires::RouteGroup;
        }
        if let Some(Selection::None) = self.absent_matches {
            semantics.absent_matches = AbsentMatches::None;
        }
        if let Some(anchor) = self.path_anchor {
            semantics.http.path_anchor = anchor.into();
        }
        semantics.http.path_mode = match self.path_mode {
            None | Some(ModeName::Strict) => PathMode::Strict,
            Some(ModeName::Normalize) => PathMode::Normalize,
            Some(ModeName::AsIs) => PathMode::AsIs,
        };
        if let Some(anchor) = self.header_anchor {
            semantics.http.header_anchor = anchor.into();
        }
        if let Some(Repeated::Any) = self.repeated_headers {
            semantics.http.repeated_headers = RepeatedHeaders::Any;
        }
        if self.pod_labels {
            semantics.pod_labels = PodLabels::Vouched;
        }
        if let Some(Zero::Apex) = self.all_zero {
            semantics.all_zero = AllZero::Apex;
        }
        if let Some(namespace) = &self.default_namespace {
            semantics.default_namespace.clone_from(namespace);
        }
        if let Some(domain) = &self.cluster_domain {
            semantics.cluster_domain.clone_from(domain);
        }
        if let Some(domains) = &self.trust_domains {
            semantics.trust_domains = domains.iter().map(|name| TrustDomain::new(name)).collect();
        }
        semantics
    }
}

impl From<AnchorName> for Anchor {
    fn from(name: AnchorName) -> Self {
        match name {
            AnchorName::Start => Self::Start,
            AnchorName::Full => Self::Full,
            AnchorName::Search => Self::Search,
        }
    }
}
