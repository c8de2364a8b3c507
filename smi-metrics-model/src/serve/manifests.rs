//! What a cluster has to be told about a server of metrics.

use serde_json::{Value, json};

use crate::{GROUP, Version};

/// The registration of a server with the API server (Kubernetes, `APIService`).
///
/// # Examples
///
/// ```
/// use smi_metrics_model::Version;
/// use smi_metrics_model::serve::ApiService;
///
/// let manifest = ApiService::new("mesh-metrics", "mesh").manifest(Version::V1alpha1);
/// assert_eq!(manifest["metadata"]["name"], "v1alpha1.metrics.smi-spec.io");
/// assert_eq!(manifest["spec"]["service"]["namespace"], "mesh");
/// ```
#[derive(Clone, Debug)]
pub struct ApiService {
    name: String,
    namespace: String,
    port: u16,
    ca_bundle: Option<String>,
}

impl ApiService {
    /// The Service of the server, on port 443.
    pub fn new(name: impl Into<String>, namespace: impl Into<String>) -> Self {
        Self { name: name.into(), namespace: namespace.into(), port: 443, ca_bundle: None }
    }

    /// Another port of the Service.
    #[must_use]
    pub const fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The authority that signed the server's certificate: PEM, in base64. Without it the API server
    /// trusts what its system does.
    #[must_use]
    pub fn with_ca_bundle(mut self, base64: impl Into<String>) -> Self {
        self.ca_bundle = Some(base64.into());
        self
    }

    /// The manifest for a version. The certificate is always checked.
    pub fn manifest(&self, version: Version) -> Value {
        let Self { name, namespace, port, .. } = self;
        let mut spec = json!({
            "group": GROUP,
            "version": version.as_str(),
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "service": {"name": name, "namespace": namespace, "port": port},
        });
        if let (Some(bundle), Some(spec)) = (&self.ca_bundle, spec.as_object_mut()) {
            spec.insert("caBundle".to_owned(), json!(bundle));
        }
        json!({
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": format!("{version}.{GROUP}")},
            "spec": spec,
        })
    }
}

/// A ClusterRole that may read all metrics (specification, "RBAC"; it gives every verb, but there
/// are only two).
pub fn cluster_role(name: &str) -> Value {
    role(name, "*", &["get", "list"])
}

/// A ClusterRole that may only read the edges of pods (specification, "RBAC").
pub fn edge_reader(name: &str) -> Value {
    role(name, "pods/edges", &["get"])
}

/// What the ServiceAccount of a server needs to learn who asks: a RoleBinding to
/// `extension-apiserver-authentication-reader`, and a ClusterRoleBinding to `system:auth-delegator`.
pub fn server_role_bindings(account: &str, namespace: &str) -> [Value; 2] {
    let subject = json!({"kind": "ServiceAccount", "name": account, "namespace": namespace});
    let reader = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": format!("{account}-auth-reader"), "namespace": "kube-system"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "Role",
            "name": "extension-apiserver-authentication-reader",
        },
        "subjects": [subject],
    });
    let delegator = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": format!("{account}-auth-delegator")},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "system:auth-delegator",
        },
        "subjects": [subject],
    });
    [reader, delegator]
}

fn role(name: &str, resource: &str, verbs: &[&str]) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": [{"apiGroups": [GROUP], "resources": [resource], "verbs": verbs}],
    })
}
