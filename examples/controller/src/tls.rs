use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How many handshakes there may be at once.
const HANDSHAKES: usize = 256;

/// A certificate that was generated for this process, and whom to trust for it.
#[derive(Clone, Debug)]
pub struct Certificate {
    config: Arc<ServerConfig>,
    ca: String,
}

/// Accepts TLS connections for axum. Clients that are slow to shake hands keep nobody waiting.
#[derive(Debug)]
pub struct TlsListener {
    accepted: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
    accepting: AbortHandle,
}

impl Certificate {
    /// A certificate for these DNS names and IP addresses, by an authority that exists no longer
    /// when this returns. The next start of the process makes another.
    ///
    /// # Errors
    ///
    /// A name is none.
    pub fn generate(names: impl Into<Vec<String>>) -> anyhow::Result<Self> {
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.distinguished_name.push(DnType::CommonName, "smi-controller authority");
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

        let mut own = CertificateParams::new(names)?;
        own.distinguished_name.push(DnType::CommonName, "smi-controller");
        let key = KeyPair::generate()?;
        let own = own.signed_by(&key, &authority)?;

        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![own.der().clone()], key)?;
        Ok(Self { config: Arc::new(config), ca: authority.pem() })
    }

    /// The certificate, in PEM form, that vouches for this one: the `caBundle` of a webhook.
    pub fn ca_bundle(&self) -> &str {
        &self.ca
    }

    /// Accepts connections with this certificate.
    ///
    /// # Errors
    ///
    /// The listener has no address.
    pub fn listen(&self, listener: TcpListener) -> io::Result<TlsListener> {
        let address = listener.local_addr()?;
        let (send, accepted) = mpsc::channel(1);
        let accepting = tokio::spawn(accept(listener, self.config.clone().into(), send));
        Ok(TlsListener { accepted, address, accepting: accepting.abort_handle() })
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        match self.accepted.recv().await {
            Some(accepted) => accepted,
            // The task that sends lives as long as this does.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    mut listener: TcpListener,
    acceptor: TlsAcceptor,
    accepted: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let places = Arc::new(Semaphore::new(HANDSHAKES));
    while let Ok(place) = places.clone().acquire_owned().await {
        // axum's own way to accept, which waits where there are too many open files.
        let (stream, address) = Listener::accept(&mut listener).await;
        let (acceptor, accepted) = (acceptor.clone(), accepted.clone());
        tokio::spawn(async move {
            let handshake = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await;
            drop(place);
            if let Ok(Ok(stream)) = handshake {
                // Refused only when nobody accepts any more.
                drop(accepted.send((stream, address)).await);
            }
        });
    }
}
