//! A server of the Traffic Metrics API: what a mesh has to add to `smi-metrics-model` is HTTP, a
//! clock, and knowledge of its cluster.
//!
//! Without options the cluster is a made-up shop. With `--prometheus` the metrics are those of a
//! mesh, and with `--cluster` the server is an extension of an API server, and answers only those
//! whom that one lets.

mod access;
mod cluster;
mod prometheus;
mod serve;
mod splits;
mod world;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use clap::Parser;
use smi_controller::{Certificate, ClientCertificate};
use smi_metrics_model::prometheus::Mesh;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::cluster::Cluster;
use crate::prometheus::Prometheus;
use crate::serve::{Server, Source};
use crate::world::World;

/// Serves the Traffic Metrics API.
#[derive(Parser)]
struct Args {
    /// Where to serve.
    #[arg(default_value = "127.0.0.1:8081")]
    address: SocketAddr,
    /// Give each resource a kind of its own in discovery, so that `kubectl get` tells them apart.
    #[arg(long)]
    own_kinds: bool,
    /// Ask this Prometheus, such as http://localhost:9090, instead of making up a shop.
    #[arg(long, value_name = "URL")]
    prometheus: Option<String>,
    /// The mesh whose metrics Prometheus has: linkerd, istio, osm, fsm or envoy.
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
    // Which one it is must not depend on what else is built into a program.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener =
        TcpListener::bind(args.address).await.with_context(|| args.address.to_string())?;
    let address = listener.local_addr()?;
    let (prometheus, mesh, own_kinds) = (args.prometheus, args.mesh, args.own_kinds);
    let source = |cluster| match prometheus {
        Some(url) => Source::Prometheus(Box::new(Prometheus::new(&url, mesh, cluster))),
        None => Source::Shop(World::shop()),
    };
    let Some(service) = args.cluster else {
        println!("http://{address}");
        let server = Server { source: source(None), own_kinds, cluster: None };
        let routes = Router::new().fallback(serve::serve).with_state(Arc::new(server));
        return Ok(axum::serve(listener, routes).with_graceful_shutdown(stopped()).await?);
    };
    let (namespace, name) = service.split_once('/').context("expected NAMESPACE/SERVICE")?;
    let mut config = kube::Config::infer().await.context("no cluster")?;
    config.read_timeout = Some(Duration::from_secs(300));
    // Who asks is told at once that the API server can't be asked, and may come back.
    config.default_retry = false;
    let certificate = Certificate::generate(vec![format!("{name}.{namespace}.svc")])?;
    let cluster = Cluster::join(kube::Client::try_from(config)?, certificate.clone()).await?;
    tokio::spawn(cluster.clone().keep_joined(namespace.to_owned(), name.to_owned()));
    let server =
        Server { source: source(Some(cluster.clone())), own_kinds, cluster: Some(cluster) };
    println!("https://{address}");
    let routes = Router::new().fallback(serve::serve).with_state(Arc::new(server));
    let routes = routes.into_make_service_with_connect_info::<ClientCertificate>();
    let listener = certificate.listen(listener)?;
    Ok(axum::serve(listener, routes).with_graceful_shutdown(stopped()).await?)
}

/// Ends with the first signal to stop. Requests that are there are still answered.
async fn stopped() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
