use std::any::Any;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use async_trait::async_trait;
use pingora_core::listeners::TlsAccept;
use pingora_core::listeners::tls::TlsSettings;
use pingora_core::protocols::tls::TlsRef;
use pingora_proxy::Session;
use pingora_rustls::{
    RootCertStore, WebPkiClientVerifier, install_default_crypto_provider, load_ca_file_into_store,
};
use smi_policy::{AddressBook, Identity};
use x509_parser::extensions::GeneralName;

/// Reads, once for each connection, who is behind the client's certificate.
#[derive(Debug)]
pub struct Callers;

/// What becomes of clients without certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uncertified {
    /// They cannot connect.
    Refused,
    /// They connect, and are known by their address or not at all.
    Accepted,
}

impl Callers {
    /// TLS for a listener: its certificate and key, and who vouches for the certificates of clients,
    /// as PEM files.
    ///
    /// # Errors
    ///
    /// Fails if a file can't be read or holds something else.
    pub fn tls(
        certificate: &Path,
        key: &Path,
        client_ca: &Path,
        uncertified: Uncertified,
    ) -> Result<TlsSettings> {
        install_default_crypto_provider();
        let mut roots = RootCertStore::empty();
        load_ca_file_into_store(client_ca, &mut roots)?;
        let verifier = WebPkiClientVerifier::builder(Arc::new(roots));
        let verifier = match uncertified {
            Uncertified::Accepted => verifier.allow_unauthenticated(),
            Uncertified::Refused => verifier,
        };
        let mut tls = TlsSettings::with_callbacks(Box::new(Self))?;
        tls.set_certificate_chain_file(&certificate.to_string_lossy())?;
        tls.set_private_key_file(&key.to_string_lossy())?;
        tls.set_client_cert_verifier(verifier.build()?);
        tls.enable_h2();
        Ok(tls)
    }
}

/// What a client presented.
enum Presented {
    Identity(Identity),
    /// A certificate that names nobody, or several.
    Nobody,
}

#[async_trait]
impl TlsAccept for Callers {
    async fn handshake_complete_callback(
        &self,
        tls: &TlsRef,
    ) -> Option<Arc<dyn Any + Send + Sync>> {
        let certificate = tls.peer_certificate_der()?;
        let presented = certified(certificate).map_or(Presented::Nobody, Presented::Identity);
        Some(Arc::new(presented))
    }
}

/// Who calls: by the certificate, and only without one by the address.
pub(crate) fn source<'s>(session: &'s Session, book: &'s AddressBook) -> Option<&'s Identity> {
    let tls = session.digest().and_then(|digest| digest.ssl_digest.as_ref());
    match tls.and_then(|tls| tls.extension.get::<Presented>()) {
        Some(Presented::Identity(identity)) => Some(identity),
        Some(Presented::Nobody) => None,
        None => book.identify(session.client_addr()?.as_inet()?.ip()),
    }
}

/// The identity in a certificate: its only URI name (SPIFFE allows no more than one), else its only
/// DNS name.
fn certified(certificate: &[u8]) -> Option<Identity> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let names = &certificate.subject_alternative_name().ok()??.value.general_names;
    let uris: Vec<&str> = names.iter().filter_map(uri).collect();
    match uris.as_slice() {
        [uri] => Identity::spiffe(uri).ok(),
        [] => {
            let dns: Vec<&str> = names.iter().filter_map(dns).collect();
            let [name] = dns.as_slice() else { return None };
            Identity::linkerd(name).ok()
        }
        _ => None,
    }
}

fn uri<'n>(name: &GeneralName<'n>) -> Option<&'n str> {
    if let GeneralName::URI(uri) = name { Some(uri) } else { None }
}

fn dns<'n>(name: &GeneralName<'n>) -> Option<&'n str> {
    if let GeneralName::DNSName(name) = name { Some(name) } else { None }
}
