//! All versions of a kind in one CustomResourceDefinition.

use kube_core::CustomResourceExt;

use super::CustomResourceDefinition;
use crate::api::{Kind, Version};
use crate::{access, specs, split};

/// The definitions of all six kinds.
pub fn all() -> Vec<CustomResourceDefinition> {
    Kind::ALL.into_iter().map(merged).collect()
}

/// The definition of a kind with all its versions, newest first.
///
/// Only the stored version is served. Between versions of different shape, an API server without
/// a conversion webhook keeps the metadata and drops the rest, without a word.
///
/// # Examples
///
/// ```
/// use smi_types::api::Kind;
///
/// let definition = smi_types::crd::merged(Kind::TrafficSplit);
/// let versions: Vec<_> = definition.spec.versions.iter().map(|v| (&*v.name, v.served)).collect();
/// assert_eq!(
///     versions,
///     [("v1alpha4", true), ("v1alpha3", false), ("v1alpha2", false), ("v1alpha1", false)],
/// );
/// ```
pub fn merged(kind: Kind) -> CustomResourceDefinition {
    let storage = storage_version(kind).as_str();
    let mut definitions = single_versions(kind).into_iter().rev();
    let mut merged = definitions.next().unwrap_or_default();
    for older in definitions {
        merged.spec.versions.extend(older.spec.versions);
    }
    for version in &mut merged.spec.versions {
        version.storage = version.name == storage;
        version.served = version.storage;
    }
    merged
}

/// The version in which [`merged`] stores a kind: the newest that the official definitions have.
///
/// That is v1alpha4, but v1alpha3 for TrafficTarget, whose v1alpha4 is a draft. IdentityBinding
/// exists in the draft only.
pub const fn storage_version(kind: Kind) -> Version {
    match kind {
        Kind::TrafficTarget => Version::V1alpha3,
        _ => Version::V1alpha4,
    }
}

/// The definitions of each version of a kind, oldest first.
fn single_versions(kind: Kind) -> Vec<CustomResourceDefinition> {
    match kind {
        Kind::TrafficTarget => vec![
            access::v1alpha1::TrafficTarget::crd(),
            access::v1alpha2::TrafficTarget::crd(),
            access::v1alpha3::TrafficTarget::crd(),
            access::v1alpha4::TrafficTarget::crd(),
        ],
        Kind::IdentityBinding => vec![access::v1alpha4::IdentityBinding::crd()],
        Kind::HttpRouteGroup => vec![
            specs::v1alpha1::HttpRouteGroup::crd(),
            specs::v1alpha2::HttpRouteGroup::crd(),
            specs::v1alpha3::HttpRouteGroup::crd(),
            specs::v1alpha4::HttpRouteGroup::crd(),
        ],
        Kind::TcpRoute => vec![
            specs::v1alpha1::TcpRoute::crd(),
            specs::v1alpha2::TcpRoute::crd(),
            specs::v1alpha3::TcpRoute::crd(),
            specs::v1alpha4::TcpRoute::crd(),
        ],
        Kind::UdpRoute => vec![specs::v1alpha4::UdpRoute::crd()],
        Kind::TrafficSplit => vec![
            split::v1alpha1::TrafficSplit::crd(),
            split::v1alpha2::TrafficSplit::crd(),
            split::v1alpha3::TrafficSplit::crd(),
            split::v1alpha4::TrafficSplit::crd(),
        ],
    }
}
