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
use smi_policy::Identity;
use x509_parser::extensions::GeneralName;

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
