//! Reads a manifest, builds one, writes it.

use smi_types::access::v1alpha4::{Rule, Subject, TrafficTarget};
use smi_types::specs::v1alpha4::{HttpMatch, HttpRouteGroup};
use smi_types::{Manifest, write};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Read: YAML or JSON, any version, any number of documents. Every problem has its place.
    let manifest = Manifest::read(
        "apiVersion: split.smi-spec.io/v1alpha1
kind: TrafficSplit
metadata: {name: canary, namespace: shop}
spec:
  service: web
  backends:
  - {service: web-v1, weight: 900m}
  - {service: web-v2, weight: 10%}
",
    );
    for problem in manifest.problems() {
        println!("{problem}");
    }

    // Build: plain structs, with constructors that write RE2 patterns from what is meant.
    let group = HttpRouteGroup::named("cart-api")
        .in_namespace("shop")
        .with_match(HttpMatch::named("read").with_path_prefix("/carts").with_methods(["GET"]));
    let target = TrafficTarget::new("web-to-cart", Subject::service_account("cart"))
        .in_namespace("shop")
        .with_source(Subject::service_account("web"))
        .with_rule(Rule::http_route_group("cart-api").matching(["read"]));
    print!("{}---\n{}", write::yaml(&group)?, write::yaml(&target)?);
    Ok(())
}
