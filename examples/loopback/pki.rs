//! A certificate authority, a server and its clients.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, as PEM.
pub(crate) struct Certified {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// The name of a client in its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Name<'n> {
    Uri(&'n str),
    Dns(&'n str),
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "smi test authority");
        let key = KeyPair::generate().unwrap();
        Self { issuer: CertifiedIssuer::self_signed(params, key).unwrap() }
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// `None` if there is no certificate with this name.
    pub(crate) fn certify(&self, name: Name<'_>) -> Option<Certified> {
        self.certify_all(&[name])
    }

    /// The same with several names.
    pub(crate) fn certify_all(&self, names: &[Name<'_>]) -> Option<Certified> {
        let mut params = CertificateParams::default();
        for name in names {
            params.subject_alt_names.push(match *name {
                Name::Uri(uri) => SanType::URI(uri.try_into().ok()?),
                Name::Dns(dns) => SanType::DnsName(dns.try_into().ok()?),
            });
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).ok()?;
        Some(Certified { certificate: certificate.pem(), key: key.serialize_pem() })
    }

    /// How a client connects that presents this certificate, or none.
    pub(crate) fn client(&self, certified: Option<&Certified>) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        Arc::new(match certified {
            None => builder.with_no_client_auth(),
            Some(Certified { certificate, key }) => {
                let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
                builder.with_client_auth_cert(vec![certificate], key).unwrap()
            }
        })
    }
}
