use std::io;
use std::net::TcpListener;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use tokio::signal::unix::{SignalKind, signal};

/// How long requests may take that are there when the server is told to end.
const DRAIN: Duration = Duration::from_secs(30);

/// Serves until SIGTERM or Ctrl-C. Requests that are there are still answered.
///
/// # Errors
///
/// Fails if there is no way to serve, or to be told to end.
pub async fn run(
    routes: Router,
    listener: TcpListener,
    tls: Option<RustlsConfig>,
) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let handle = Handle::new();
    let stop = handle.clone();
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => (), _ = interrupt.recv() => () }
        stop.graceful_shutdown(Some(DRAIN));
    });
    let service = routes.into_make_service();
    match tls {
        Some(tls) => {
            axum_server::from_tcp_rustls(listener, tls)?.handle(handle).serve(service).await
        }
        None => axum_server::from_tcp(listener)?.handle(handle).serve(service).await,
    }
}
