//! The CustomResourceDefinition of one kind in one version.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceColumnDefinition, CustomResourceDefinition, CustomResourceDefinitionNames,
    CustomResourceDefinitionSpec, CustomResourceDefinitionVersion, CustomResourceValidation,
    JSONSchemaProps,
};

use crate::ObjectMeta;
use crate::api::Kind;
use crate::object::SmiObject;

/// The definition with this one version, served and stored.
pub(crate) fn definition<T: SmiObject>(schema: JSONSchemaProps) -> CustomResourceDefinition {
    let kind = T::KIND;
    CustomResourceDefinition {
        metadata: ObjectMeta { name: Some(name(kind).to_owned()), ..ObjectMeta::default() },
        spec: CustomResourceDefinitionSpec {
            group: kind.group().as_str().to_owned(),
            names: names(kind),
            scope: "Namespaced".to_owned(),
            versions: vec![CustomResourceDefinitionVersion {
                additional_printer_columns: printer_columns(kind),
                name: T::VERSION.as_str().to_owned(),
                schema: Some(CustomResourceValidation { open_api_v3_schema: Some(schema) }),
                served: true,
                storage: true,
                ..CustomResourceDefinitionVersion::default()
            }],
            ..CustomResourceDefinitionSpec::default()
        },
        status: None,
    }
}

/// The name of the definition itself: plural and group.
pub(crate) const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::TrafficTarget => "traffictargets.access.smi-spec.io",
        Kind::IdentityBinding => "identitybindings.access.smi-spec.io",
        Kind::HttpRouteGroup => "httproutegroups.specs.smi-spec.io",
        Kind::TcpRoute => "tcproutes.specs.smi-spec.io",
        Kind::UdpRoute => "udproutes.specs.smi-spec.io",
        Kind::TrafficSplit => "trafficsplits.split.smi-spec.io",
    }
}

fn names(kind: Kind) -> CustomResourceDefinitionNames {
    CustomResourceDefinitionNames {
        categories: None,
        kind: kind.as_str().to_owned(),
        list_kind: Some(format!("{kind}List")),
        plural: kind.plural().to_owned(),
        short_names: Some(kind.short_names().iter().map(|&name| name.to_owned()).collect()),
        singular: Some(kind.singular().to_owned()),
    }
}

/// The columns of `kubectl get` that the official definitions have.
fn printer_columns(kind: Kind) -> Option<Vec<CustomResourceColumnDefinition>> {
    match kind {
        Kind::TrafficSplit => Some(vec![CustomResourceColumnDefinition {
            description: Some("The apex service of this split.".to_owned()),
            json_path: ".spec.service".to_owned(),
            name: "Service".to_owned(),
            type_: "string".to_owned(),
            ..CustomResourceColumnDefinition::default()
        }]),
        _ => None,
    }
}
