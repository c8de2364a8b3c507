//! Serves the proxy from the command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use clap::Parser;
use pingora_core::server::Server;
use pingora_core::server::configuration::ServerConf;
use pingora_core::services::listening::Service;
use pingora_proxy::http_proxy_service;
use smi_enforcer::Options;
use smi_proxy::{Callers, Metrics, MetricsPage, Proxy, Settings};

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
    #[command(flatten)]
    settings: Settings,
    /// The proxy's certificate; without it clients connect without TLS
    #[arg(long, requires = "key", requires = "client_ca")]
    certificate: Option<PathBuf>,
    /// The key of the certificate
    #[arg(long, requires = "certificate")]
    key: Option<PathBuf>,
    /// Who vouches for clients
    #[arg(long, requires = "certificate")]
    client_ca: Option<PathBuf>,
    /// For how many seconds open requests may go on after SIGTERM
    #[arg(long, default_value_t = 10)]
    drain: u64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let metrics = Arc::new(Metrics::new(&args.settings));
    let proxy = Proxy {
        settings: args.settings,
        manifests: args.options.follow()?,
        addresses: args.options.addresses()?,
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
