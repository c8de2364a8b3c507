//! Serves Envoy's external authorization from a directory of SMI manifests.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use envoy_types::pb::envoy::service::auth::v3::authorization_server::AuthorizationServer;
use smi_envoy_authz::{Authorizer, Settings};
use smi_policy::{AddressBook, PathMode, Semantics};
use smi_sidecar::Manifests;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

/// Decides for Envoy who may call whom, by SMI manifests.
#[derive(Parser)]
struct Args {
    /// Directory of manifests; followed while the program runs
    manifests: PathBuf,
    /// Where Envoy asks
    #[arg(long, default_value = "127.0.0.1:9191")]
    listen: SocketAddr,
    /// Whose reading of SMI
    #[arg(long, value_enum, default_value = "spec")]
    semantics: Reading,
    /// Normalises paths before they are matched, and has Envoy forward them so
    #[arg(long)]
    normalize_paths: bool,
    /// File of addresses and who is behind them, for peers without certificate
    #[arg(long)]
    address_book: Option<PathBuf>,
    /// Tells denied clients why, in the header `x-smi-reason`
    #[arg(long)]
    debug: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Reading {
    Spec,
    Osm,
    TraefikMesh,
    Nginx,
    Linkerd,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let (manifests, unused) = Manifests::open(&args.manifests, args.semantics())?;
    unused.iter().for_each(|line| eprintln!("{line}"));
    let manifests = Arc::new(manifests);
    manifests.follow(Duration::from_millis(250), |directory, reload| {
        eprintln!("{}: {reload}", directory.display());
    })?;
    let settings = Settings { addresses: args.addresses()?, debug: args.debug };
    let service = AuthorizationServer::new(Authorizer::new(manifests, settings));

    let listener = TcpListener::bind(args.listen).await?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    eprintln!("listening on {}", listener.local_addr()?);
    // What has been asked is answered before the program ends.
    let stop = async move {
        tokio::select! { _ = terminate.recv() => (), _ = interrupt.recv() => () }
    };
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    Server::builder().add_service(service).serve_with_incoming_shutdown(incoming, stop).await?;
    Ok(())
}

impl Args {
    fn semantics(&self) -> Semantics {
        let semantics = match self.semantics {
            Reading::Spec => Semantics::spec(),
            Reading::Osm => Semantics::osm(),
            Reading::TraefikMesh => Semantics::traefik_mesh(),
            Reading::Nginx => Semantics::nginx(),
            Reading::Linkerd => Semantics::linkerd(),
        };
        let mode = if self.normalize_paths { PathMode::Normalize } else { PathMode::Strict };
        semantics.with_path_mode(mode)
    }

    fn addresses(&self) -> Result<AddressBook> {
        let Some(file) = &self.address_book else { return Ok(AddressBook::new()) };
        let name = || file.display().to_string();
        let text = fs::read_to_string(file).with_context(name)?;
        smi_sidecar::address_book(&text).with_context(name)
    }
}
