//! Serves the proxy from the command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Parser;
use pingora_core::server::Server;
use pingora_core::server::configuration::ServerConf;
use pingora_core::services::listening::Service;
use pingora_proxy::http_proxy_service;
use smi_enforcer::Options;
use smi_policy::Identity;
use smi_proxy::{Callers, Metrics, MetricsPage, Proxy};
use smi_split::ObjectName;

/// A reverse proxy before one service, that authorizes and splits by SMI manifests.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    /// Where clients connect
    #[arg(long, default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Where metrics are served
    #[arg(long, default_value = "127.0.0.1:9090")]
    metrics: SocketAddr,
    /// The service that clients address
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = smi_enforcer::service)]
    service: ObjectName,
    /// Who it is: a service account or a SPIFFE id
    #[arg(long, value_name = "IDENTITY", value_parser = smi_enforcer::identity)]
    destination: Identity,
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
    #[arg(long, requires = "certificate")]
    key: Option<PathBuf>,
    /// Who vouches for clients
    #[arg(long, requires = "certificate")]
    client_ca: Option<PathBuf>,
    /// The cookie that keeps a client on its backend
    #[arg(long, value_name = "COOKIE")]
    sticky: Option<String>,
    /// For how many seconds open requests may go on after SIGTERM
    #[arg(long, default_value_t = 10)]
    drain: u64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let names = args.backend.iter().map(|(name, _)| name.clone());
    let metrics = Arc::new(Metrics::new(args.service.clone(), names));
    let proxy = Proxy {
        manifests: args.options.follow()?,
        destination: args.destination,
        port: args.port,
        service: args.service,
        backends: args.backend.into_iter().collect(),
        addresses: args.options.addresses()?,
        sticky: args.sticky,
        debug: args.options.debug,
        metrics: Arc::clone(&metrics),
    };

    let mut server = Server::new_with_opt_and_conf(
        None,
        ServerConf {
            threads: std::thread::available_parallelism()?.get(),
            grace_period_seconds: Some(args.drain),
            graceful_shutdown_timeout_seconds: Some(1),
            ..ServerConf::default()
        },
    );
    server.bootstrap();
    let mut proxy = http_proxy_service(&server.configuration, proxy);
    let listen = args.listen.to_string();
    match (args.certificate, args.key, args.client_ca) {
        (Some(certificate), Some(key), Some(client_ca)) => {
            let callers = Callers(Arc::clone(&metrics));
            let tls = callers.tls(&certificate, &key, &client_ca)?;
            proxy.add_tls_with_settings(&listen, None, tls);
        }
        _ => proxy.add_tcp(&listen),
    }
    server.add_service(proxy);
    let mut page = Service::new("metrics".to_owned(), MetricsPage(metrics));
    page.add_tcp(&args.metrics.to_string());
    server.add_service(page);
    server.run_forever()
}

fn backend(text: &str) -> Result<(ObjectName, SocketAddr)> {
    let (name, address) = text.split_once('=').context("expected NAMESPACE/NAME=ADDRESS")?;
    Ok((smi_enforcer::service(name)?, address.parse()?))
}
