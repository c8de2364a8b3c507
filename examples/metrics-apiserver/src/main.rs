//! Serves the Traffic Metrics API out of the Prometheus of a mesh.
//!
//! With `--cluster` it is an extension of an API server, and answers only those whom that one lets.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Parser;
use smi_metrics_apiserver::{Cluster, Prometheus, Server, run};
use smi_metrics_model::prometheus::Mesh;
use tracing::Level;

/// Serves the Traffic Metrics API.
#[derive(Parser)]
struct Args {
    /// Where to serve.
    #[arg(default_value = "127.0.0.1:8081")]
    address: SocketAddr,
    /// Give each resource a kind of its own in discovery, so that `kubectl get` tells them apart.
    #[arg(long)]
    own_kinds: bool,
    /// Where the Prometheus of the mesh is.
    #[arg(long, value_name = "URL", default_value = "http://localhost:9090")]
    prometheus: String,
    /// The mesh whose metrics it has: linkerd, istio, osm, fsm or envoy.
    #[arg(long, value_parser = mesh, default_value = "linkerd")]
    mesh: Mesh,
    /// Serve over TLS as this Service of the cluster of KUBECONFIG, or of the one that this runs in;
    /// register with its API server, and answer only what that one lets through.
    #[arg(long, value_name = "NAMESPACE/SERVICE")]
    cluster: Option<String>,
}

fn mesh(name: &str) -> Result<Mesh> {
    Ok(match name {
        "linkerd" => Mesh::linkerd(),
        "istio" => Mesh::istio(),
        "osm" => Mesh::osm(),
        "fsm" => Mesh::fsm(),
        "envoy" => Mesh::envoy(),
        _ => anyhow::bail!("expected linkerd, istio, osm, fsm or envoy"),
    })
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    // On standard error; nothing stops if nobody reads it.
    tracing_subscriber::fmt()
        .with_max_level(Level::WARN)
        .with_writer(io::stderr)
        .with_ansi(false)
        .init();
    // Which one it is must not depend on what else is built into a program.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind(args.address).with_context(|| args.address.to_string())?;
    let address = listener.local_addr()?;
    let (mut cluster, mut tls) = (None, None);
    if let Some(service) = &args.cluster {
        let joined = join(service).await?;
        let this = Arc::clone(&joined);
        tokio::spawn(async move { this.keep_joined().await });
        tls = Some(joined.tls());
        cluster = Some(joined);
    }
    println!("{}://{address}", if tls.is_some() { "https" } else { "http" });
    let source = Prometheus::new(&args.prometheus, args.mesh, cluster.clone());
    let server = Server { source, own_kinds: args.own_kinds, cluster };
    Ok(run(server.routes(), listener, tls).await?)
}

async fn join(service: &str) -> Result<Arc<Cluster>> {
    let (namespace, name) = service.split_once('/').context("expected NAMESPACE/SERVICE")?;
    let mut config = kube::Config::infer().await.context("no cluster")?;
    // Who asks is told at once that the API server can't be asked, and may come back.
    config.default_retry = false;
    Cluster::join(kube::Client::try_from(config)?, namespace, name).await
}
