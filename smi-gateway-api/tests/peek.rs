//! Prints a migration.
use smi_gateway_api::*;
use smi_types::manifest::{Manifest, Resources};
#[test]
fn peek() {
    let mut resources = Resources::new("default");
    let dir = std::env::var("PEEK").unwrap();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        resources.add(path.display().to_string(), Manifest::read(&std::fs::read_to_string(&path).unwrap()));
    }
    let mut options = Options::default().account_label("app");
    options = match std::env::var("MESH").as_deref() { Ok("istio") => options.mesh(Mesh::Istio), Ok("linkerd") => options.mesh(Mesh::Linkerd), Ok("cilium") => options.mesh(Mesh::Cilium), Ok("gw") => options.mesh(Mesh::GatewayApi), _ => options };
    if std::env::var("ASIS").is_ok() { options = options.semantics(smi_policy::Semantics::default().with_path_mode(smi_policy::PathMode::AsIs)); }
    let m = Migration::plan(&resources, &options);
    println!("{}", m.to_yaml().unwrap());
    for f in m.findings() { println!("{f}"); }
    println!("{}", m.summary());
}
