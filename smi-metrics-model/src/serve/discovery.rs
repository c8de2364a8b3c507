//! What clients ask first: which groups, versions and resources there are.

use serde::{Deserialize, Serialize};

use crate::{GROUP, Kind, Version};

/// `/api`: the versions of the core group (Kubernetes meta v1, `APIVersions`).
///
/// A server of metrics has no core group. Behind an aggregating API server nobody asks it; to
/// clients that ask it directly, the answer is an empty list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiVersions {
    /// Always `APIVersions`.
    pub kind: String,
    /// Always `v1`.
    pub api_version: String,
    /// None.
    pub versions: Vec<String>,
    /// Where the server is.
    #[serde(rename = "serverAddressByClientCIDRs")]
    pub server_address_by_client_cidrs: Vec<ServerAddress>,
}

impl Default for ApiVersions {
    fn default() -> Self {
        Self {
            kind: "APIVersions".to_owned(),
            api_version: "v1".to_owned(),
            versions: Vec::new(),
            server_address_by_client_cidrs: Vec::new(),
        }
    }
}

/// Where clients of a network reach a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerAddress {
    /// The network, such as `0.0.0.0/0`.
    #[serde(rename = "clientCIDR")]
    pub client_cidr: String,
    /// Host and port.
    #[serde(rename = "serverAddress")]
    pub server_address: String,
}

/// `/apis`: the groups of the server (Kubernetes meta v1, `APIGroupList`).
///
/// # Examples
///
/// ```
/// use smi_metrics_model::serve::ApiGroupList;
///
/// assert_eq!(ApiGroupList::default().groups[0].name, "metrics.smi-spec.io");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiGroupList {
    /// Always `APIGroupList`.
    pub kind: String,
    /// Always `v1`.
    pub api_version: String,
    /// The one group.
    pub groups: Vec<ApiGroup>,
}

impl Default for ApiGroupList {
    fn default() -> Self {
        Self {
            kind: "APIGroupList".to_owned(),
            api_version: "v1".to_owned(),
            groups: vec![ApiGroup::default()],
        }
    }
}

/// `/apis/metrics.smi-spec.io`: the versions of the group (Kubernetes meta v1, `APIGroup`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiGroup {
    /// Always `APIGroup`.
    pub kind: String,
    /// Always `v1`.
    pub api_version: String,
    /// The name of the group.
    pub name: String,
    /// The versions, the newest first.
    pub versions: Vec<GroupVersion>,
    /// The version for clients that don't care: the specification's.
    pub preferred_version: GroupVersion,
}

impl Default for ApiGroup {
    fn default() -> Self {
        Self {
            kind: "APIGroup".to_owned(),
            api_version: "v1".to_owned(),
            name: GROUP.to_owned(),
            versions: Version::ALL.into_iter().rev().map(GroupVersion::from).collect(),
            preferred_version: Version::V1alpha1.into(),
        }
    }
}

/// A version of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupVersion {
    /// Group and version.
    pub group_version: String,
    /// The version alone.
    pub version: String,
}

impl From<Version> for GroupVersion {
    fn from(version: Version) -> Self {
        Self {
            group_version: version.api_version().to_owned(),
            version: version.as_str().to_owned(),
        }
    }
}

/// `/apis/metrics.smi-spec.io/v1alpha1`: the resources of a version (Kubernetes meta v1,
/// `APIResourceList`).
///
/// # Examples
///
/// ```
/// use smi_metrics_model::Version;
/// use smi_metrics_model::serve::ApiResourceList;
///
/// let list = ApiResourceList::new(Version::V1alpha1);
/// let names: Vec<&str> = list.resources.iter().map(|resource| &*resource.name).collect();
/// assert_eq!(names[..3], ["namespaces", "namespaces/edges", "nodes"]);
/// assert_eq!(names.len(), 22);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiResourceList {
    /// Always `APIResourceList`.
    pub kind: String,
    /// Always `v1`.
    pub api_version: String,
    /// Group and version.
    pub group_version: String,
    /// All kinds, each with its edges.
    pub resources: Vec<ApiResource>,
}

impl ApiResourceList {
    /// The resources of a version.
    pub fn new(version: Version) -> Self {
        Self {
            kind: "APIResourceList".to_owned(),
            api_version: "v1".to_owned(),
            group_version: version.api_version().to_owned(),
            resources: Kind::ALL
                .into_iter()
                .flat_map(|kind| [ApiResource::of(kind), ApiResource::edges(kind)])
                .collect(),
        }
    }

    /// With a kind of its own for each resource, such as `DeploymentTrafficMetrics`.
    ///
    /// The specification gives all resources the kind `TrafficMetrics`. But `kubectl get` goes from
    /// a resource to its kind and from there to one resource of the kind: of the eleven it reaches
    /// one. With this list it prints the tables of all. The objects keep the kind `TrafficMetrics`,
    /// so that `-o json` still takes `kubectl get --raw`.
    #[must_use]
    pub fn with_own_kinds(mut self) -> Self {
        for resource in &mut self.resources {
            let plural = resource.name.split('/').next().unwrap_or_default();
            if let Some(kind) = Kind::from_plural(plural) {
                resource.kind = format!("{kind}{}", resource.kind);
            }
        }
        self
    }
}

/// A resource of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiResource {
    /// The name in URLs: `deployments`, `deployments/edges`.
    pub name: String,
    /// The name in the singular.
    pub singular_name: String,
    /// Whether it is in namespaces.
    pub namespaced: bool,
    /// What is got: `TrafficMetrics`, of the edges `TrafficMetricsList`.
    pub kind: String,
    /// What can be done.
    pub verbs: Vec<String>,
}

impl ApiResource {
    fn of(kind: Kind) -> Self {
        Self {
            name: kind.plural().to_owned(),
            singular_name: kind.singular().to_owned(),
            namespaced: kind.is_namespaced(),
            kind: "TrafficMetrics".to_owned(),
            verbs: vec!["get".to_owned(), "list".to_owned()],
        }
    }

    fn edges(kind: Kind) -> Self {
        Self {
            name: format!("{}/edges", kind.plural()),
            singular_name: String::new(),
            kind: "TrafficMetricsList".to_owned(),
            verbs: vec!["get".to_owned()],
            ..Self::of(kind)
        }
    }
}
