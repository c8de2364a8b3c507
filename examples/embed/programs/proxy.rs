//! What a proxy does with each request: may it pass, and where to?

use smi_policy::{HttpRequest, Identity, Policy, Request, Semantics};
use smi_split::{Call, ObjectName, Outcome, Splits};
use smi_types::manifest::{Manifest, Resources};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Once, and again when the manifests change.
    let mut resources = Resources::new("default");
    for file in ["web.yaml", "catalog.yaml"] {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../manifests/shop/").to_owned() + file;
        resources.add(file, Manifest::read(&std::fs::read_to_string(path)?));
    }
    let policy = Policy::from_resources(&resources, Semantics::default());
    let splits = Splits::from_resources(&resources, Semantics::default());

    // Once for each connection: from the client's certificate.
    let source = Identity::spiffe("spiffe://cluster.local/ns/shop/sa/web")?;
    let destination = Identity::service_account("shop", "catalog");

    // Once for each request.
    let headers = [("x-user", "ada")];
    let http = HttpRequest::new("GET", "/products?page=2").headers(&headers);
    let decision = policy.authorize(&Request::http(Some(&source), &destination, 8080, http));
    println!("{decision}");
    if decision.is_allowed() {
        let service = ObjectName::new("shop", "catalog");
        match splits.select(&Call::to(&service).http(http)).outcome() {
            Outcome::Backends(backends) => println!("to {}", backends.pick_smooth().service()),
            Outcome::Apex => println!("to {service}"),
            Outcome::NoBackend => println!("503"),
        }
    }
    Ok(())
}
