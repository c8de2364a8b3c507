use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use pingora_core::listeners::TlsAccept;
use pingora_core::protocols::tls::TlsRef;
use pingora_proxy::Session;
use smi_policy::{AddressBook, Identity};
use x509_parser::extensions::GeneralName;

/// Reads, once for each connection, who is behind the client's certificate. Give it to the TLS
/// settings of the listener; that the certificate is genuine is for its verifier to say.
#[derive(Debug)]
pub struct Callers;

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
