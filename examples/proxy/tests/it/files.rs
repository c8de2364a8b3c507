//! Certificates as files.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ClientConfig;

use crate::loopback::pki::{Authority, Name};

pub(crate) struct Files {
    directory: tempfile::TempDir,
    authority: Authority,
}

impl Files {
    pub(crate) fn new() -> Self {
        let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new());
        let server = authority.certify(Name::Dns("server.test")).unwrap();
        for (name, text) in [
            ("server.pem", server.certificate),
            ("key.pem", server.key),
            ("ca.pem", authority.pem()),
        ] {
            fs::write(directory.path().join(name), text).unwrap();
        }
        Self { directory, authority }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// How a client connects that presents a certificate for this SPIFFE id, or none.
    pub(crate) fn client(&self, id: Option<&str>) -> Arc<ClientConfig> {
        let certified = id.map(|id| self.authority.certify(Name::Uri(id)).unwrap());
        self.authority.client(certified.as_ref())
    }
}
