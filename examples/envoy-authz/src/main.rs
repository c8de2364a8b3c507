//! Serves Envoy's external authorization from a directory of SMI manifests.

use std::net::SocketAddr;

use anyhow::Result;
use clap::Parser;
use envoy_types::pb::envoy::service::auth::v3::authorization_server::AuthorizationServer;
use smi_enforcer::Options;
use smi_envoy_authz::Authorizer;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

/// Decides for Envoy who may call whom, by SMI manifests.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    /// Where Envoy asks
    #[arg(long, default_value = "127.0.0.1:9191")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Args { options, listen } = Args::parse();
    let authorizer = Authorizer {
        manifests: options.follow()?,
        addresses: options.addresses()?,
        debug: options.debug,
    };

    let listener = TcpListener::bind(listen).await?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    eprintln!("listening on {}", listener.local_addr()?);
    // What has been asked is answered before the program ends.
    let stop = async move {
        tokio::select! { _ = terminate.recv() => (), _ = interrupt.recv() => () }
    };
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let service = AuthorizationServer::new(authorizer);
    Server::builder().add_service(service).serve_with_incoming_shutdown(incoming, stop).await?;
    Ok(())
}
