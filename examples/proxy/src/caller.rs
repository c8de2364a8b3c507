use std::any::Any;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use pingora_core::listeners::TlsAccept;
use pingora_core::listeners::tls::TlsSettings;
use pingora_core::protocols::tls::TlsRef;
use pingora_rustls::{
    RootCertStore, WebPkiClientVerifier, install_default_crypto_provider, load_ca_file_into_store,
};
use smi_enforcer::Generation;
use smi_metrics_model::Outcome;
use smi_policy::{Identity, OwnedConnection};
use smi_split::ObjectName;
use x509_parser::extensions::GeneralName;

use crate::metrics::Recorders;
use crate::{Metrics, Settings};

/// Finds out, once for each connection, who is behind the client's certificate.
#[derive(Debug)]
pub struct Callers(pub Arc<Metrics>);

/// Who is behind a connection, and what is kept for all of its requests.
#[derive(Debug)]
pub(crate) struct Caller {
    source: Option<Identity>,
    recorders: Arc<Recorders>,
    opened: ArcSwapOption<Opened>,
}

/// A connection as one generation of the manifests sees it.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) generation: Arc<Generation>,
    pub(crate) connection: OwnedConnection,
}

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

impl Caller {
    pub(crate) fn new(source: Option<Identity>, metrics: &Metrics) -> Self {
        let recorders = metrics.recorders(source.as_ref());
        Self { source, recorders, opened: ArcSwapOption::empty() }
    }

    /// The connection by the generation that is in force. It is resolved anew when that has changed,
    /// however long the connection has been open; until then an idle one keeps the old one alive.
    pub(crate) fn open(&self, current: Arc<Generation>, settings: &Settings) -> Arc<Opened> {
        if let Some(opened) = &*self.opened.load()
            && Arc::ptr_eq(&opened.generation, &current)
        {
            return Arc::clone(opened);
        }
        let (destination, port) = (&settings.destination, settings.port);
        let connection = current.policy.connection(self.source.as_ref(), destination, port);
        let connection = connection.into_owned();
        let opened = Arc::new(Opened { generation: current, connection });
        self.opened.store(Some(Arc::clone(&opened)));
        opened
    }

    /// The recorder of this caller's requests to a service.
    pub(crate) fn record(&self, service: &ObjectName, status: u16, latency: Duration) {
        let outcome = if status < 500 { Outcome::Success } else { Outcome::Failure };
        if let Some(recorder) = self.recorders.get(service) {
            recorder.record(latency, outcome);
        }
    }
}

/// The identity in a certificate: its only URI name (SPIFFE allows no more than one), else its only
/// DNS name. A certificate that names nobody, or several, is nobody's.
fn certified(certificate: &[u8]) -> Option<Identity> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let (mut uris, mut dns) = (Vec::new(), Vec::new());
    for name in &certificate.subject_alternative_name().ok()??.value.general_names {
        match name {
            GeneralName::URI(name) => uris.push(*name),
            GeneralName::DNSName(name) => dns.push(*name),
            _ => (),
        }
    }
    match (uris.as_slice(), dns.as_slice()) {
        ([uri], _) => Identity::spiffe(uri).ok(),
        ([], [name]) => Identity::linkerd(name).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SanType};

    use super::*;

    #[track_caller]
    fn assert_certified(uris: &[&str], dns: &[&str], expected: Option<&str>) {
        let mut params = CertificateParams::default();
        let uris = uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap()));
        let dns = dns.iter().map(|name| SanType::DnsName((*name).try_into().unwrap()));
        params.subject_alt_names = dns.chain(uris).collect();
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let identity = certified(certificate.der()).map(|identity| identity.to_string());
        assert_eq!(identity.as_deref(), expected);
    }

    #[test]
    fn a_certificate_is_somebodys_only_if_it_names_nobody_else() {
        let (web, cart) = ("spiffe://c/ns/shop/sa/web", "spiffe://c/ns/shop/sa/cart");
        let linkerd = "web.shop.serviceaccount.identity.linkerd.cluster.local";
        assert_certified(&[web], &[], Some(web));
        assert_certified(&[web], &["a.example", "b.example"], Some(web));
        assert_certified(&[], &[linkerd], Some(linkerd));
        assert_certified(&[web, cart], &[], None);
        assert_certified(&[web, "https://shop.example"], &[], None);
        assert_certified(&["https://shop.example"], &[linkerd], None);
        assert_certified(&[], &[linkerd, "b.example"], None);
        assert_certified(&[], &[], None);
        assert!(certified(b"no certificate").is_none());
    }
}
