use crate::identity::{Proof, TrustDomain};

/// What a destination that no TrafficTarget names answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unselected {
    /// Nobody may call it.
    #[default]
    Deny,
    /// Everybody may call it, unauthenticated too: for adopting policies one service at a time.
    Allow,
}

/// Whom a source without namespace names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AbsentSourceNamespace {
    /// The account of that name in the TrafficTarget's own namespace.
    #[default]
    Own,
    /// Nobody.
    Nobody,
}

/// Whether a TrafficTarget may open a destination of another namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForeignDestination {
    /// Such a target grants nothing: only the owner of a service may open it.
    #[default]
    Deny,
    /// It grants as any other.
    Allow,
}

/// Whether a TCPRoute alone admits HTTP requests on its ports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpRequires {
    /// It does; an HTTPRouteGroup restricts further.
    #[default]
    AnyRule,
    /// It does not: HTTP needs an HTTPRouteGroup rule.
    RouteGroup,
}

/// What a rule without `matches` selects of its HTTPRouteGroup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AbsentMatches {
    /// All matches of the group.
    #[default]
    All,
    /// None.
    None,
}

/// How a regular expression is tied to its subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Anchor {
    /// A match begins at the start and need not reach the end.
    Start,
    /// A match covers the whole subject.
    Full,
    /// A match may be anywhere.
    Search,
}

/// What is done to a request's path before it is matched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PathMode {
    /// A path that a server may read in more than one way satisfies no `pathRegex` that constrains
    /// anything.
    #[default]
    Strict,
    /// The path is normalised first, and the normalised path is the one to forward. What stays
    /// ambiguous is treated as under [`Strict`](Self::Strict).
    Normalize,
    /// The caller has normalised already: the path is matched as it stands.
    AsIs,
}

/// How several header fields of one name are matched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RepeatedHeaders {
    /// As one value, joined with `, ` in the order received (RFC 9110 §5.3), `cookie` with `; `
    /// (RFC 9113 §8.2.3).
    #[default]
    Joined,
    /// Each by itself; any one that matches suffices.
    Any,
}

/// Whether the label schemes of an IdentityBinding count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PodLabels {
    /// They speak for nobody: labels are no identity.
    #[default]
    Ignored,
    /// They count for identities whose labels the caller vouches for.
    Vouched,
}

/// Where the traffic of a split without any positive weight goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AllZero {
    /// Nowhere: the caller answers 503.
    #[default]
    NoBackend,
    /// To the apex service's own endpoints.
    Apex,
}

/// How an HTTPRouteGroup's conditions are read. Part of [`Semantics`]; a TrafficSplit's `matches`
/// are read the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct HttpSemantics {
    /// How `pathRegex` is anchored.
    pub path_anchor: Anchor,
    /// What is done to the path before it is matched.
    pub path_mode: PathMode,
    /// How the regex of a header is anchored.
    pub header_anchor: Anchor,
    /// How repeated header fields are matched.
    pub repeated_headers: RepeatedHeaders,
}

impl Default for HttpSemantics {
    fn default() -> Self {
        Self {
            path_anchor: Anchor::Start,
            path_mode: PathMode::default(),
            header_anchor: Anchor::Full,
            repeated_headers: RepeatedHeaders::default(),
        }
    }
}

/// How SMI resources are read, where meshes differ. The default is the specification's reading.
///
/// No option makes an invalid or incomplete resource grant something.
///
/// ```
/// use smi_policy::{Anchor, PathMode, Semantics};
///
/// let spec = Semantics::default();
/// assert_eq!(spec.http.path_anchor, Anchor::Start);
///
/// let mine = Semantics::osm().with_path_mode(PathMode::Normalize);
/// assert_eq!(mine.http.path_anchor, Anchor::Full);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Semantics {
    /// What a destination that no target names answers.
    pub unselected: Unselected,
    /// Whom a source without namespace names.
    pub absent_source_namespace: AbsentSourceNamespace,
    /// Whether a target may open a destination of another namespace.
    pub foreign_destination: ForeignDestination,
    /// Whether HTTP needs an HTTPRouteGroup rule.
    pub http_requires: HttpRequires,
    /// What a rule without `matches` selects.
    pub absent_matches: AbsentMatches,
    /// How HTTP conditions are read.
    pub http: HttpSemantics,
    /// Whether label schemes count.
    pub pod_labels: PodLabels,
    /// The weakest proof of a source's identity that counts.
    pub min_proof: Proof,
    /// Where a split without any positive weight sends its traffic.
    pub all_zero: AllZero,
    /// Namespace of objects that have none.
    pub default_namespace: String,
    /// Domain below which the long names of services end, `cluster.local`.
    pub cluster_domain: String,
    /// Trust domains whose identities name service accounts of this cluster.
    pub trust_domains: Vec<TrustDomain>,
    /// Namespace of Linkerd's control plane, a part of its identities.
    pub linkerd_namespace: String,
}

impl Default for Semantics {
    fn default() -> Self {
        Self {
            unselected: Unselected::default(),
            absent_source_namespace: AbsentSourceNamespace::default(),
            foreign_destination: ForeignDestination::default(),
            http_requires: HttpRequires::default(),
            absent_matches: AbsentMatches::default(),
            http: HttpSemantics::default(),
            pod_labels: PodLabels::default(),
            min_proof: Proof::Address,
            all_zero: AllZero::default(),
            default_namespace: "default".to_owned(),
            cluster_domain: "cluster.local".to_owned(),
            trust_domains: vec![TrustDomain::new("cluster.local")],
            linkerd_namespace: "linkerd".to_owned(),
        }
    }
}

impl Semantics {
    /// The specification's reading, which is the default.
    pub fn spec() -> Self {
        Self::default()
    }

    /// Open Service Mesh and its successor FSM.
    pub fn osm() -> Self {
        Self {
            absent_source_namespace: AbsentSourceNamespace::Nobody,
            http_requires: HttpRequires::RouteGroup,
            absent_matches: AbsentMatches::None,
            http: HttpSemantics { path_anchor: Anchor::Full, ..HttpSemantics::default() },
            ..Self::default()
        }
    }

    /// Traefik Mesh, formerly Maesh.
    pub fn traefik_mesh() -> Self {
        Self {
            absent_source_namespace: AbsentSourceNamespace::Nobody,
            foreign_destination: ForeignDestination::Allow,
            http: HttpSemantics {
                header_anchor: Anchor::Search,
                repeated_headers: RepeatedHeaders::Any,
                ..HttpSemantics::default()
            },
            ..Self::default()
        }
    }

    /// NGINX Service Mesh.
    pub fn nginx() -> Self {
        Self {
            foreign_destination: ForeignDestination::Allow,
            http: HttpSemantics {
                path_anchor: Anchor::Search,
                header_anchor: Anchor::Search,
                repeated_headers: RepeatedHeaders::Any,
                ..HttpSemantics::default()
            },
            ..Self::default()
        }
    }

    /// Linkerd with its SMI extension.
    pub fn linkerd() -> Self {
        Self {
            http: HttpSemantics {
                path_anchor: Anchor::Full,
                repeated_headers: RepeatedHeaders::Any,
                ..HttpSemantics::default()
            },
            all_zero: AllZero::Apex,
            ..Self::default()
        }
    }
}

/// One consuming setter for each option.
macro_rules! setters {
    ($($(#[$doc:meta])* $setter:ident => $($field:ident).+ : $type:ty;)*) => {
        impl Semantics {
            $($(#[$doc])*
            #[must_use]
            pub fn $setter(mut self, value: $type) -> Self {
                self.$($field).+ = value;
                self
            })*
        }
    };
}

setters! {
    /// Sets what a destination that no target names answers.
    with_unselected => unselected: Unselected;
    /// Sets whom a source without namespace names.
    with_absent_source_namespace => absent_source_namespace: AbsentSourceNamespace;
    /// Sets whether a target may open a destination of another namespace.
    with_foreign_destination => foreign_destination: ForeignDestination;
    /// Sets whether HTTP needs an HTTPRouteGroup rule.
    with_http_requires => http_requires: HttpRequires;
    /// Sets what a rule without `matches` selects.
    with_absent_matches => absent_matches: AbsentMatches;
    /// Sets how `pathRegex` is anchored.
    with_path_anchor => http.path_anchor: Anchor;
    /// Sets what is done to a path before it is matched.
    with_path_mode => http.path_mode: PathMode;
    /// Sets how the regex of a header is anchored.
    with_header_anchor => http.header_anchor: Anchor;
    /// Sets how repeated header fields are matched.
    with_repeated_headers => http.repeated_headers: RepeatedHeaders;
    /// Sets whether label schemes count.
    with_pod_labels => pod_labels: PodLabels;
    /// Sets the weakest proof that counts.
    with_min_proof => min_proof: Proof;
    /// Sets where a split without any positive weight sends its traffic.
    with_all_zero => all_zero: AllZero;
    /// Sets the namespace of objects that have none.
    with_default_namespace => default_namespace: String;
    /// Sets the domain below which the long names of services end.
    with_cluster_domain => cluster_domain: String;
    /// Sets the trust domains whose identities name service accounts of this cluster.
    with_trust_domains => trust_domains: Vec<TrustDomain>;
    /// Sets the namespace of Linkerd's control plane.
    with_linkerd_namespace => linkerd_namespace: String;
}
