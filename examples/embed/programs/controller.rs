//! What a controller does: typed objects from a watch in, a policy out.

use smi_policy::{Policy, Semantics};
use smi_types::access::v1alpha3::TrafficTarget;
use smi_types::manifest::{Manifest, Resources};
use smi_types::specs::v1alpha4::TcpRoute;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // From kube's `Api<TrafficTarget>` and the like; every kind implements kube's `Resource`.
    let targets: Vec<TrafficTarget> = vec![serde_json::from_str(
        r#"{"apiVersion": "access.smi-spec.io/v1alpha3", "kind": "TrafficTarget",
            "metadata": {"name": "web-to-cart", "namespace": "shop"},
            "spec": {
                "destination": {"kind": "ServiceAccount", "name": "cart"},
                "sources": [{"kind": "ServiceAccount", "name": "web"}],
                "rules": [{"kind": "TCPRoute", "name": "cart"}]
            }}"#,
    )?];
    let routes: Vec<TcpRoute> = Vec::new();

    // Versions may be mixed: all lift into one form.
    let mut resources = Resources::default();
    for target in &targets {
        resources.add("cluster", Manifest::of(target)?);
    }
    for route in &routes {
        resources.add("cluster", Manifest::of(route)?);
    }
    let policy = Policy::from_resources(&resources, Semantics::default());

    // What could not be used is reported, ready for an event or a status.
    for diagnostic in policy.diagnostics() {
        println!("{diagnostic}");
    }
    Ok(())
}
