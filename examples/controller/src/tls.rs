use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
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
    chain: Vec<CertificateDer<'static>>,
    key: Arc<PrivateKeyDer<'static>>,
    /// For connections from now on.
    config: Arc<ArcSwap<ServerConfig>>,
    ca: String,
}

/// The certificate of a client, if it has one that is trusted: see [`Certificate::trust_clients`].
#[derive(Clone, Debug)]
pub struct ClientCertificate(pub Option<CertificateDer<'static>>);

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
        let chain = vec![own.der().clone()];
        let config =
            config(chain.clone(), key.clone_key(), WebPkiClientVerifier::no_client_auth())?;
        let config = Arc::new(ArcSwap::from_pointee(config));
        Ok(Self { chain, key: Arc::new(key), config, ca: authority.pem() })
    }

    /// From now on takes certificates of clients that these authorities (PEM) vouch for. Clients
    /// without certificate are served too; those with another one are not.
    ///
    /// # Errors
    ///
    /// There is no authority in the text.
    pub fn trust_clients(&self, authorities: &str) -> anyhow::Result<()> {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
            roots.add(authority?)?;
        }
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .allow_unauthenticated()
            .build()?;
        let config = config(self.chain.clone(), self.key.clone_key(), verifier)?;
        self.config.store(Arc::new(config));
        Ok(())
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
        let accepting = tokio::spawn(accept(listener, self.config.clone(), send));
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

impl Connected<IncomingStream<'_, TlsListener>> for ClientCertificate {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        let (_, connection) = stream.io().get_ref();
        let chain = connection.peer_certificates().unwrap_or_default();
        Self(chain.first().map(|certificate| certificate.clone().into_owned()))
    }
}

fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    clients: Arc<dyn ClientCertVerifier>,
) -> Result<ServerConfig, rustls::Error> {
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)
}

async fn accept(
    mut listener: TcpListener,
    config: Arc<ArcSwap<ServerConfig>>,
    accepted: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let places = Arc::new(Semaphore::new(HANDSHAKES));
    while let Ok(place) = places.clone().acquire_owned().await {
        // axum's own way to accept, which waits where there are too many open files.
        let (stream, address) = Listener::accept(&mut listener).await;
        let (acceptor, accepted) = (TlsAcceptor::from(config.load_full()), accepted.clone());
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
