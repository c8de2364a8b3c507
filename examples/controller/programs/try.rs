//! The controller without a cluster: an API server in this process, filled from a directory of
//! manifests, and the controller with its webhooks on top.
//!
//! `cargo run -p smi-controller --example try -- [DIRECTORY]`

#[path = "../tests/api/mod.rs"]
mod api;

use smi_controller::{Address, Certificate, Controller, keep_registered, report, webhooks};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/../manifests/shop");
    let directory = std::env::args().nth(1).unwrap_or_else(|| shop.to_owned());
    let cluster = api::Cluster::start_at("127.0.0.1:8001".parse()?, api::all_versions);
    let mut stored = 0;
    for file in std::fs::read_dir(&directory)? {
        let path = file?.path();
        match cluster.apply(&std::fs::read_to_string(&path)?) {
            Ok(objects) => stored += objects,
            Err(error) => eprintln!("{}: {error}", path.display()),
        }
    }

    let address: Address = "https://127.0.0.1:8443".parse()?;
    let certificate = Certificate::generate(address.names())?;
    let listener = certificate.listen(TcpListener::bind("127.0.0.1:8443").await?)?;
    tokio::spawn(async move { axum::serve(listener, webhooks::routes()).await });
    let every = std::time::Duration::from_secs(5);
    let ca_bundle = certificate.ca_bundle().to_owned();
    tokio::spawn(keep_registered(cluster.client(), address, ca_bundle, every));

    let mut running = Controller::new(cluster.client()).start();
    let listener = TcpListener::bind("127.0.0.1:8090").await?;
    let report = axum::serve(listener, report::routes(running.live()));
    println!("{stored} objects of {directory}");
    println!("  API server  {}", cluster.url());
    println!("  report      http://127.0.0.1:8090/report");
    tokio::select! {
        served = report => served?,
        () = running.failed() => anyhow::bail!("the controller has failed"),
        stopped = tokio::signal::ctrl_c() => stopped?,
    }
    Ok(())
}
