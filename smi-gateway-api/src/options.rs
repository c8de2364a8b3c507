use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use smi_policy::Semantics;

/// The authorization that TrafficTargets are translated to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mesh {
    /// `policy.linkerd.io`: Server, HTTPRoute, AuthorizationPolicy, MeshTLSAuthentication and
    /// NetworkAuthentication.
    Linkerd,
    /// `security.istio.io/v1` AuthorizationPolicy.
    Istio,
    /// `cilium.io/v2` CiliumNetworkPolicy.
    Cilium,
    /// The Gateway API's own AuthorizationPolicy, GEP-3779. Experimental, and connections only: no
    /// condition on HTTP requests can be said.
    GatewayApi,
}

/// How to migrate.
///
/// ```
/// use smi_gateway_api::{Mesh, Options};
/// use smi_policy::Semantics;
///
/// let options = Options::default()
///     .mesh(Mesh::Linkerd)
///     .account_label("app")
///     .semantics(Semantics::linkerd());
/// assert_eq!(options, options.clone());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub(crate) mesh: Option<Mesh>,
    pub(crate) semantics: Semantics,
    pub(crate) account_label: Option<String>,
    pub(crate) assumed_port: Option<u16>,
    /// By namespace and name of the account.
    pub(crate) networks: BTreeMap<(String, String), BTreeSet<IpNet>>,
    pub(crate) left_open: BTreeSet<String>,
}

impl Options {
    /// Sets the authorization that TrafficTargets are translated to. Without one they are reported
    /// as not expressible.
    #[must_use]
    pub fn mesh(mut self, mesh: Mesh) -> Self {
        self.mesh = Some(mesh);
        self
    }

    /// Sets how the SMI objects are read. The default is the specification's reading.
    ///
    /// With [`PathMode::AsIs`](smi_policy::PathMode::AsIs) you say that the mesh normalises paths
    /// before it looks at them; Istio's prefixes need that. The default namespace is that of the
    /// [`Resources`](smi_types::manifest::Resources).
    #[must_use]
    pub fn semantics(mut self, semantics: Semantics) -> Self {
        self.semantics = semantics;
        self
    }

    /// Says that pods carry a label of this name whose value is the name of their service account.
    ///
    /// Meshes select the pods that are called by labels, where SMI has their account. Workloads
    /// among the manifests tell which labels those are; this is for where there are none.
    #[must_use]
    pub fn account_label(mut self, key: impl Into<String>) -> Self {
        self.account_label = Some(key.into());
        self
    }

    /// Sets the port of services that are not among the manifests. A route needs one.
    #[must_use]
    pub fn assumed_port(mut self, port: u16) -> Self {
        self.assumed_port = Some(port);
        self
    }

    /// Restricts callers of an account to a network, on top of their certificate. Given several times
    /// for one account, any of the networks will do; host bits are ignored.
    ///
    /// SMI has no such condition, so the report calls the targets narrowed. Linkerd and Istio can say
    /// it. Cilium and GEP-3779 can't: there the account is left out, with an error.
    ///
    /// ```
    /// use smi_gateway_api::{Mesh, Options};
    ///
    /// let options = Options::default()
    ///     .mesh(Mesh::Linkerd)
    ///     .network("10.1.0.0/16".parse()?, "shop", "web");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn network(
        mut self,
        cidr: IpNet,
        namespace: impl Into<String>,
        account: impl Into<String>,
    ) -> Self {
        let account = (namespace.into(), account.into());
        self.networks.entry(account).or_default().insert(cidr.trunc());
        self
    }

    /// Leaves the default deny of a namespace out.
    ///
    /// SMI denies everywhere, so that the output closes every namespace of the manifests. This is for
    /// namespaces in which nothing enforced SMI. It goes only for those that no TrafficTarget
    /// concerns: for others it is ignored, and reported as an error.
    #[must_use]
    pub fn leave_open(mut self, namespace: impl Into<String>) -> Self {
        self.left_open.insert(namespace.into());
        self
    }
}
