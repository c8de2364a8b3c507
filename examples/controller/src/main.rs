//! The controller as a program.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::Context;
use axum_server::Handle;
use clap::Parser;
use kube::{Client, Config};
use smi_controller::webhooks::{self, Address};
use smi_controller::{Controller, report};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tracing::Level;

/// How long requests that are being answered may take after the signal to stop.
const DRAIN: Duration = Duration::from_secs(20);

/// Watches the SMI objects of a cluster, reports what they mean, and serves the webhooks.
///
/// The cluster is that of KUBECONFIG or ~/.kube/config, or the one that this runs in.
#[derive(Parser)]
struct Args {
    /// Where to serve /report, /readyz and /livez.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    report: SocketAddr,
    /// Where to serve the webhooks, over HTTPS with a generated certificate.
    #[arg(long, value_name = "ADDRESS", requires = "register")]
    webhooks: Option<SocketAddr>,
    /// Register the webhooks, at https://HOST:PORT or https://NAME.NAMESPACE.svc, in the definitions
    /// of SMI and in a ValidatingWebhookConfiguration.
    #[arg(long, value_name = "URL", requires = "webhooks")]
    register: Option<Address>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    // On standard error; nothing stops if nobody reads it.
    tracing_subscriber::fmt()
        .with_max_level(Level::WARN)
        .with_writer(io::stderr)
        .with_ansi(false)
        .init();
    // Which one it is must not depend on what else is built into a program.
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut config = Config::infer().await.context("no cluster")?;
    // A watch is silent for 290 s at most; a server that says nothing for longer is gone.
    config.read_timeout = Some(Duration::from_secs(300));
    let client = Client::try_from(config)?;

    let stop = Handle::new();
    let mut serving: JoinSet<io::Result<()>> = JoinSet::new();
    if let (Some(listen), Some(address)) = (args.webhooks, args.register) {
        let (config, ca_bundle) = webhooks::certificate(address.host()).await?;
        let listener = TcpListener::bind(listen).with_context(|| listen.to_string())?;
        println!("webhooks on https://{}", listener.local_addr()?);
        let server = axum_server::from_tcp_rustls(listener, config)?.handle(stop.clone());
        serving.spawn(server.serve(webhooks::routes().into_make_service()));
        let every = Duration::from_secs(30);
        tokio::spawn(webhooks::keep_registered(client.clone(), address, ca_bundle, every));
    }
    let mut running = Controller::new(client).start();
    let listener = TcpListener::bind(args.report).with_context(|| args.report.to_string())?;
    println!("report on http://{}/report", listener.local_addr()?);
    let server = axum_server::from_tcp(listener)?.handle(stop.clone());
    serving.spawn(server.serve(report::routes(running.live.clone()).into_make_service()));

    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let outcome = tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        _ = running.tasks.join_next() => Err(anyhow::anyhow!("the controller has failed")),
        Some(ended) = serving.join_next() => Ok(ended??),
    };
    stop.graceful_shutdown(Some(DRAIN));
    while serving.join_next().await.is_some() {}
    outcome
}
