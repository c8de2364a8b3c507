//! Serves the Traffic Metrics API about a made-up shop, to try it without a mesh.

mod world;

use std::net::{SocketAddr, TcpListener};

use anyhow::{Context, Result};
use clap::Parser;
use smi_metrics_apiserver::{Server, run};

use crate::world::World;

/// Serves the Traffic Metrics API about a made-up shop.
#[derive(Parser)]
struct Args {
    /// Where to serve.
    #[arg(default_value = "127.0.0.1:8081")]
    address: SocketAddr,
    /// Give each resource a kind of its own in discovery, so that `kubectl get` tells them apart.
    #[arg(long)]
    own_kinds: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Args { address, own_kinds } = Args::parse();
    let listener = TcpListener::bind(address).with_context(|| address.to_string())?;
    println!("http://{}", listener.local_addr()?);
    let server = Server { source: World::shop(), own_kinds, cluster: None };
    Ok(run(server.routes(), listener, None).await?)
}
