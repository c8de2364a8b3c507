//! Groups, versions and kinds of SMI: one table.

use std::fmt;

/// An API group of SMI whose kinds are custom resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// `access.smi-spec.io`
    Access,
    /// `specs.smi-spec.io`
    Specs,
    /// `split.smi-spec.io`
    Split,
}

impl Group {
    /// All groups.
    pub const ALL: [Self; 3] = [Self::Access, Self::Specs, Self::Split];

    /// The group as `apiVersion` spells it: `access.smi-spec.io`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access.smi-spec.io",
            Self::Specs => "specs.smi-spec.io",
            Self::Split => "split.smi-spec.io",
        }
    }

    /// The group of this name, if it is one of SMI.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.as_str() == name)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An API version of SMI. Versions order by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// `v1alpha1`
    V1alpha1,
    /// `v1alpha2`
    V1alpha2,
    /// `v1alpha3`
    V1alpha3,
    /// `v1alpha4`
    V1alpha4,
}

impl Version {
    /// All versions, oldest first.
    pub const ALL: [Self; 4] = [Self::V1alpha1, Self::V1alpha2, Self::V1alpha3, Self::V1alpha4];

    /// The version as `apiVersion` spells it: `v1alpha4`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1alpha1 => "v1alpha1",
            Self::V1alpha2 => "v1alpha2",
            Self::V1alpha3 => "v1alpha3",
            Self::V1alpha4 => "v1alpha4",
        }
    }

    /// The version of this name, if it is one of SMI.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.as_str() == name)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A kind of SMI whose objects are custom resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Who may call whom.
    TrafficTarget,
    /// Other identities that a subject may stand for.
    IdentityBinding,
    /// Conditions on HTTP requests.
    HttpRouteGroup,
    /// A set of TCP ports.
    TcpRoute,
    /// A set of UDP ports.
    UdpRoute,
    /// How the traffic of a service is split.
    TrafficSplit,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::TrafficTarget,
        Self::IdentityBinding,
        Self::HttpRouteGroup,
        Self::TcpRoute,
        Self::UdpRoute,
        Self::TrafficSplit,
    ];

    /// The kind as manifests spell it: `HTTPRouteGroup`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TrafficTarget => "TrafficTarget",
            Self::IdentityBinding => "IdentityBinding",
            Self::HttpRouteGroup => "HTTPRouteGroup",
            Self::TcpRoute => "TCPRoute",
            Self::UdpRoute => "UDPRoute",
            Self::TrafficSplit => "TrafficSplit",
        }
    }

    /// The kind of this name, compared exactly.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The group that the kind belongs to.
    pub const fn group(self) -> Group {
        match self {
            Self::TrafficTarget | Self::IdentityBinding => Group::Access,
            Self::HttpRouteGroup | Self::TcpRoute | Self::UdpRoute => Group::Specs,
            Self::TrafficSplit => Group::Split,
        }
    }

    /// The versions in which the kind exists, oldest first.
    pub const fn versions(self) -> &'static [Version] {
        match self {
            Self::IdentityBinding | Self::UdpRoute => &[Version::V1alpha4],
            _ => &Version::ALL,
        }
    }

    /// The resource name that URLs and `kubectl` use: `httproutegroups`.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::TrafficTarget => "traffictargets",
            Self::IdentityBinding => "identitybindings",
            Self::HttpRouteGroup => "httproutegroups",
            Self::TcpRoute => "tcproutes",
            Self::UdpRoute => "udproutes",
            Self::TrafficSplit => "trafficsplits",
        }
    }

    /// The resource name for one object: `httproutegroup`.
    pub const fn singular(self) -> &'static str {
        match self {
            Self::TrafficTarget => "traffictarget",
            Self::IdentityBinding => "identitybinding",
            Self::HttpRouteGroup => "httproutegroup",
            Self::TcpRoute => "tcproute",
            Self::UdpRoute => "udproute",
            Self::TrafficSplit => "trafficsplit",
        }
    }

    /// The short names that `kubectl` knows. The one of IdentityBinding is ours, because no
    /// official CRD has the kind.
    pub const fn short_names(self) -> &'static [&'static str] {
        match self {
            Self::TrafficTarget => &["tt"],
            Self::IdentityBinding => &["ib"],
            Self::HttpRouteGroup => &["htr"],
            Self::TcpRoute => &["tr"],
            Self::UdpRoute => &["ur"],
            Self::TrafficSplit => &["ts"],
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
