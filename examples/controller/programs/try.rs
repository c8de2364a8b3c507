//! The controller without a cluster: an API server in this process, filled from a directory of
//! manifests, and the controller with its webhooks on top.
//!
//! `cargo run -p smi-controller --example try -- [DIRECTORY]`

#[path = "../tests/api/mod.rs"]
mod api;

use std::net::TcpListener;

use smi_controller::webhooks::{self, Address};
use smi_controller::{Controller, report};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
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
    let (config, ca_bundle) = webhooks::certificate(address.host()).await?;
    let server = axum_server::from_tcp_rustls(TcpListener::bind("127.0.0.1:8443")?, config)?;
    tokio::spawn(server.serve(webhooks::routes().into_make_service()));
    let every = std::time::Duration::from_secs(5);
    tokio::spawn(webhooks::keep_registered(cluster.client(), address, ca_bundle, every));

    let mut running = Controller::new(cluster.client()).start();
    let report = axum_server::from_tcp(TcpListener::bind("127.0.0.1:8090")?)?;
    let report = report.serve(report::routes(running.live.clone()).into_make_service());
    println!("{stored} objects of {directory}");
    println!("  API server  {}", cluster.url());
    println!("  report      http://127.0.0.1:8090/report");
    tokio::select! {
        served = report => served?,
        _ = running.tasks.join_next() => anyhow::bail!("the controller has failed"),
        stopped = tokio::signal::ctrl_c() => stopped?,
    }
    Ok(())
}
