//! The names of a kind and the columns of `kubectl get`.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceColumnDefinition, CustomResourceDefinitionNames,
};

use super::Profile;
use crate::api::{Kind, Version};
use crate::hub::wire_path;

/// The name of the definition itself: plural and group.
pub(crate) const fn definition(kind: Kind) -> &'static str {
    match kind {
        Kind::TrafficTarget => "traffictargets.access.smi-spec.io",
        Kind::IdentityBinding => "identitybindings.access.smi-spec.io",
        Kind::HttpRouteGroup => "httproutegroups.specs.smi-spec.io",
        Kind::TcpRoute => "tcproutes.specs.smi-spec.io",
        Kind::UdpRoute => "udproutes.specs.smi-spec.io",
        Kind::TrafficSplit => "trafficsplits.split.smi-spec.io",
    }
}

pub(super) fn of(kind: Kind, profile: Profile) -> CustomResourceDefinitionNames {
    CustomResourceDefinitionNames {
        // `kubectl get smi` lists the objects of all kinds.
        categories: (profile == Profile::Strict).then(|| vec!["smi".to_owned()]),
        kind: kind.as_str().to_owned(),
        list_kind: Some(format!("{kind}List")),
        plural: kind.plural().to_owned(),
        short_names: Some(kind.short_names().iter().map(|&name| name.to_owned()).collect()),
        singular: Some(kind.singular().to_owned()),
    }
}

/// The columns of `kubectl get`, after the name of the object.
pub(super) fn printer_columns(
    profile: Profile,
    kind: Kind,
    version: Version,
) -> Vec<CustomResourceColumnDefinition> {
    let has_ports = version >= Version::V1alpha4;
    let columns: &[Column] = match (profile, kind) {
        (Profile::Official, Kind::TrafficSplit) => &[SERVICE],
        (Profile::Official, _) => &[],
        (Profile::Strict, Kind::TrafficTarget) => &[DESTINATION, SOURCES, RULES, AGE],
        (Profile::Strict, Kind::IdentityBinding) => &[ACCOUNT, SPIFFE, AGE],
        (Profile::Strict, Kind::HttpRouteGroup) => &[MATCHES, AGE],
        (Profile::Strict, Kind::TcpRoute | Kind::UdpRoute) if has_ports => &[PORTS, AGE],
        // The same two columns as those that a cluster shows of itself.
        (Profile::Strict, Kind::TcpRoute | Kind::UdpRoute) => &[],
        (Profile::Strict, Kind::TrafficSplit) => &[SERVICE, BACKENDS, AGE],
    };
    columns.iter().map(|column| column.definition(kind, version)).collect()
}

/// A column. The path is the one in v1alpha4.
struct Column {
    name: &'static str,
    path: &'static str,
    description: &'static str,
    wide: bool,
}

// An API server prints of a path with several results the first only. So a list is printed as a
// whole, in its JSON form, and in `kubectl get -o wide` where it is long.
const DESTINATION: Column = Column {
    name: "Destination",
    path: ".spec.destination.name",
    description: "The workloads that are opened.",
    wide: false,
};
const SOURCES: Column = Column {
    name: "Sources",
    path: ".spec.sources",
    description: "The workloads that may call the destination.",
    wide: true,
};
const RULES: Column = Column {
    name: "Rules",
    path: ".spec.rules",
    description: "The routes that describe the allowed traffic.",
    wide: true,
};
const ACCOUNT: Column = Column {
    name: "Account",
    path: ".spec.schemes.serviceAccount",
    description: "The service account of the workload.",
    wide: false,
};
const SPIFFE: Column = Column {
    name: "SPIFFE",
    path: ".spec.schemes.spiffeIdentities",
    description: "The SPIFFE identities of the workload.",
    wide: false,
};
const MATCHES: Column = Column {
    name: "Matches",
    path: ".spec.matches",
    description: "Conditions on requests.",
    wide: true,
};
const PORTS: Column = Column {
    name: "Ports",
    path: ".spec.matches.ports",
    description: "Ports on which the server receives. If empty, all ports match.",
    wide: false,
};
const SERVICE: Column = Column {
    name: "Service",
    path: ".spec.service",
    description: "The apex service of this split.",
    wide: false,
};
const BACKENDS: Column = Column {
    name: "Backends",
    path: ".spec.backends",
    description: "The services that share the traffic.",
    wide: true,
};
const AGE: Column = Column {
    name: "Age",
    path: ".metadata.creationTimestamp",
    description: "Time since the object was created.",
    wide: false,
};

impl Column {
    fn definition(&self, kind: Kind, version: Version) -> CustomResourceColumnDefinition {
        let path = self.path.strip_prefix('.').unwrap_or(self.path);
        let is_date = self.path.ends_with("Timestamp");
        CustomResourceColumnDefinition {
            description: Some(self.description.to_owned()),
            json_path: format!(".{}", wire_path(kind, version, path)),
            name: self.name.to_owned(),
            priority: self.wide.then_some(1),
            type_: if is_date { "date" } else { "string" }.to_owned(),
            ..CustomResourceColumnDefinition::default()
        }
    }
}
