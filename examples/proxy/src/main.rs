//! Serves the proxy from the command line.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use clap::Parser;
use pingora_core::listeners::tls::TlsSettings;
use pingora_core::server::Server;
use pingora_core::server::configuration::ServerConf;
use pingora_core::services::listening::Service;
use pingora_proxy::http_proxy_service;
use smi_policy::{AddressBook, PathMode, Semantics};
use smi_proxy::{Callers, Metrics, MetricsPage, Proxy, Settings, Uncertified, Upstreams};
use smi_sidecar::Manifests;
use smi_split::ObjectName;

/// A reverse proxy before one service, that authorizes and splits by SMI manifests.
#[derive(Parser)]
struct Args {
    /// Directory of manifests; followed while the program runs
    manifests: PathBuf,
    /// Where clients connect
    #[arg(long, default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Where metrics are served
    #[arg(long, default_value = "127.0.0.1:9090")]
    metrics: SocketAddr,
    /// The service that clients address
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = service)]
    service: ObjectName,
    /// Who it is: a service account or a SPIFFE id
    #[arg(long, value_name = "IDENTITY")]
    destination: String,
    /// The port on which it receives
    #[arg(long)]
    port: u16,
    /// Where the service, or a backend of its TrafficSplits, is; once for each
    #[arg(long, value_name = "NAMESPACE/NAME=ADDRESS", value_parser = backend)]
    backend: Vec<(ObjectName, SocketAddr)>,
    /// The proxy's certificate; without it clients connect without TLS
    #[arg(long, requires = "key", requires = "client_ca")]
    certificate: Option<PathBuf>,
    /// The key of the certificate
    #[arg(long)]
    key: Option<PathBuf>,
    /// Who vouches for clients
    #[arg(long)]
    client_ca: Option<PathBuf>,
    /// File of addresses and who is behind them, for clients without certificate
    #[arg(long)]
    address_book: Option<PathBuf>,
    /// The cookie that keeps a client on its backend
    #[arg(long, value_name = "COOKIE")]
    sticky: Option<String>,
    /// Normalises paths before they are matched and forwarded
    #[arg(long)]
    normalize_paths: bool,
    /// Tells denied clients why, in the header `x-smi-reason`
    #[arg(long)]
    debug: bool,
    /// For how many seconds open requests may go on after SIGTERM
    #[arg(long, default_value_t = 10)]
    drain: u64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let mode = if args.normalize_paths { PathMode::Normalize } else { PathMode::Strict };
    let semantics = Semantics::default().with_path_mode(mode);
    let (manifests, unused) = Manifests::open(&args.manifests, semantics)?;
    unused.iter().for_each(|line| eprintln!("{line}"));
    let manifests = Arc::new(manifests);
    manifests.follow(Duration::from_millis(250), |directory, reload| {
        eprintln!("{}: {reload}", directory.display());
    })?;

    let metrics = Arc::new(Metrics::new(args.service.clone()));
    let proxy = Proxy {
        manifests,
        upstreams: Upstreams::new(args.backend.clone()),
        metrics: Arc::clone(&metrics),
        settings: args.settings()?,
    };
    let conf = ServerConf {
        threads: std::thread::available_parallelism()?.get(),
        grace_period_seconds: Some(args.drain),
        graceful_shutdown_timeout_seconds: Some(1),
        ..ServerConf::default()
    };
    let mut server = Server::new_with_opt_and_conf(None, conf);
    server.bootstrap();
    let mut proxy = http_proxy_service(&server.configuration, proxy);
    match args.tls()? {
        Some(tls) => proxy.add_tls_with_settings(&args.listen.to_string(), None, tls),
        None => proxy.add_tcp(&args.listen.to_string()),
    }
    server.add_service(proxy);
    let mut page = Service::new("metrics".to_owned(), MetricsPage(metrics));
    page.add_tcp(&args.metrics.to_string());
    server.add_service(page);
    server.run_forever()
}

impl Args {
    fn settings(&self) -> Result<Settings> {
        let addresses = match &self.address_book {
            None => AddressBook::new(),
            Some(file) => {
                let name = || file.display().to_string();
                let text = fs::read_to_string(file).with_context(name)?;
                smi_sidecar::address_book(&text).with_context(name)?
            }
        };
        Ok(Settings {
            destination: smi_sidecar::identity(&self.destination)?,
            port: self.port,
            service: self.service.clone(),
            addresses,
            sticky: self.sticky.clone(),
            debug: self.debug,
        })
    }

    /// TLS that asks for a certificate, and demands one where no address book knows who else calls.
    fn tls(&self) -> Result<Option<TlsSettings>> {
        let (Some(certificate), Some(key), Some(client_ca)) =
            (&self.certificate, &self.key, &self.client_ca)
        else {
            return Ok(None);
        };
        let others = match self.address_book {
            Some(_) => Uncertified::Accepted,
            None => Uncertified::Refused,
        };
        Callers::tls(certificate, key, client_ca, others).map(Some)
    }
}

fn service(text: &str) -> Result<ObjectName> {
    let (namespace, name) =
        text.split_once('/').ok_or_else(|| anyhow!("expected NAMESPACE/NAME"))?;
    Ok(ObjectName::new(namespace, name))
}

fn backend(text: &str) -> Result<(ObjectName, SocketAddr)> {
    let (name, address) =
        text.split_once('=').ok_or_else(|| anyhow!("expected NAMESPACE/NAME=ADDRESS"))?;
    Ok((service(name)?, address.parse()?))
}
