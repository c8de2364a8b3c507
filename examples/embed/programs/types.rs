//! Reads a manifest, builds one, writes it.

use smi_types::access::v1alpha4::{Rule, Subject, TrafficTarget, TrafficTargetSpec};
use smi_types::{Manifest, ObjectMeta, write};

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

    // Build: plain structs.
    let account = |name: &str| Subject {
        kind: "ServiceAccount".into(),
        name: name.into(),
        ..Subject::default()
    };
    let target = TrafficTarget {
        metadata: ObjectMeta { name: Some("web-to-cart".into()), ..ObjectMeta::default() },
        spec: TrafficTargetSpec {
            destination: account("cart"),
            sources: vec![account("web")],
            rules: vec![Rule { kind: "TCPRoute".into(), name: "cart".into(), ..Rule::default() }],
        },
    };
    print!("{}", write::yaml(&target)?);
    Ok(())
}
