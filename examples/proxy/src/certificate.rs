use std::any::Any;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use async_trait::async_trait;
use pingora_core::listeners::TlsAccept;
use pingora_core::listeners::tls::TlsSettings;
use pingora_core::protocols::tls::TlsRef;
use pingora_rustls::{
    RootCertStore, WebPkiClientVerifier, install_default_crypto_provider, load_ca_file_into_store,
};
use smi_enforcer::certified;

use crate::Metrics;
use crate::caller::Caller;

/// Finds out, once for each connection, who is behind the client's certificate.
#[derive(Debug)]
pub struct Callers(pub Arc<Metrics>);

impl Callers {
    /// TLS for a listener: its certificate and key, and who vouches for the certificates of clients,
    /// as PEM files. Clients without certificate may connect: the policy has the last word.
    ///
    /// # Errors
    ///
    /// Fails if a file can't be read or holds something else.
    pub fn tls(self, certificate: &Path, key: &Path, client_ca: &Path) -> Result<TlsSettings> {
        install_default_crypto_provider();
        let mut roots = RootCertStore::empty();
        load_ca_file_into_store(client_ca, &mut roots)?;
        let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).allow_unauthenticated();
        let mut tls = TlsSettings::with_callbacks(Box::new(self))?;
        tls.set_certificate_chain_file(&certificate.to_string_lossy())?;
        tls.set_private_key_file(&key.to_string_lossy())?;
        tls.set_client_cert_verifier(verifier.build()?);
        tls.enable_h2();
        Ok(tls)
    }
}

#[async_trait]
impl TlsAccept for Callers {
    async fn handshake_complete_callback(
        &self,
        tls: &TlsRef,
    ) -> Option<Arc<dyn Any + Send + Sync>> {
        let source = certified(tls.peer_certificate_der()?);
        Some(Arc::new(Arc::new(Caller::new(source, &self.0))))
    }
}
