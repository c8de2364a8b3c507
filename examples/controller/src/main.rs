//! The controller as a program.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::serve::Listener;
use clap::Parser;
use kube::{Client, Config};
use smi_controller::{Address, Certificate, Controller, keep_registered, report, webhooks};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch::{self, Receiver};
use tokio::task::JoinSet;

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
    /// Register the webhooks, as NAMESPACE/SERVICE or https://HOST:PORT, in the definitions of SMI and
    /// in a ValidatingWebhookConfiguration.
    #[arg(long, value_name = "WHERE", requires = "webhooks")]
    register: Option<Address>,
    /// Do not watch Services: splits don't look at ports.
    #[arg(long)]
    no_services: bool,
    /// Do not publish events.
    #[arg(long)]
    no_events: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    // Which one it is must not depend on what else is built into a program.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut config = Config::infer().await.context("no cluster")?;
    // A watch is silent for 290 s at most; a server that says nothing for longer is gone.
    config.read_timeout = Some(Duration::from_secs(300));
    let client = Client::try_from(config)?;

    let (stop, stopping) = watch::channel(false);
    let mut serving = JoinSet::new();
    let mut background = JoinSet::new();
    if let (Some(listen), Some(register)) = (args.webhooks, args.register) {
        let certificate = Certificate::generate(register.names())?;
        let listener = TcpListener::bind(listen).await.with_context(|| listen.to_string())?;
        let listener = certificate.listen(listener)?;
        println!("webhooks on https://{}", Listener::local_addr(&listener)?);
        serving.spawn(serve(listener, webhooks::routes(), stopping.clone()));
        let ca_bundle = certificate.ca_bundle().to_owned();
        let every = Duration::from_secs(30);
        background.spawn(keep_registered(client.clone(), register, ca_bundle, every));
    }
    let mut controller = Controller::new(client);
    if args.no_services {
        controller = controller.without_services();
    }
    if args.no_events {
        controller = controller.without_events();
    }
    let mut running = controller.start();
    let listener = TcpListener::bind(args.report).await.with_context(|| args.report.to_string())?;
    println!("report on http://{}/report", listener.local_addr()?);
    serving.spawn(serve(listener, report::routes(running.live()), stopping));

    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let outcome = tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        () = running.failed() => Err(anyhow::anyhow!("the controller has failed")),
        Some(ended) = serving.join_next() => ended?,
    };
    stop.send_replace(true);
    let drained = async { while serving.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        eprintln!("some requests were not answered in time");
    }
    outcome
}

/// Serves until `stopping`, and then until the requests that are there are answered.
async fn serve<L>(listener: L, routes: Router, mut stopping: Receiver<bool>) -> anyhow::Result<()>
where
    L: Listener<Addr: std::fmt::Debug>,
{
    let stopped = async move { drop(stopping.wait_for(|stop| *stop).await) };
    Ok(axum::serve(listener, routes).with_graceful_shutdown(stopped).await?)
}
