//! Who asks: what an API server says of the user whose request it passes on.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use percent_encoding::percent_decode_str;
use rustls::pki_types::CertificateDer;

/// How an API server passes on who asks (Kubernetes, "Authenticating Proxy"): its ConfigMap
/// `extension-apiserver-authentication`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestHeader {
    /// PEM of the authorities that vouch for the API server.
    pub(crate) authorities: String,
    /// The names that its certificate may have; any if there are none.
    allowed_names: Vec<String>,
    username_headers: Vec<String>,
    uid_headers: Vec<String>,
    group_headers: Vec<String>,
    extra_prefixes: Vec<String>,
}

/// A user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) uid: Option<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) extra: BTreeMap<String, Vec<String>>,
}

impl RequestHeader {
    /// Reads the ConfigMap; nothing if it lacks what is needed to trust anybody.
    pub(crate) fn read(data: &BTreeMap<String, String>) -> Option<Self> {
        let list = |key: &str| -> Option<Vec<String>> {
            data.get(key).map_or(Some(Vec::new()), |list| serde_json::from_str(list).ok())
        };
        let authorities = data.get("requestheader-client-ca-file")?.clone();
        let username_headers = list("requestheader-username-headers")?;
        (!username_headers.is_empty()).then_some(())?;
        Some(Self {
            authorities,
            allowed_names: list("requestheader-allowed-names")?,
            username_headers,
            uid_headers: list("requestheader-uid-headers")?,
            group_headers: list("requestheader-group-headers")?,
            extra_prefixes: list("requestheader-extra-headers-prefix")?,
        })
    }

    /// The user for whom a client asks, if the client is an API server. TLS has checked who vouches
    /// for its certificate.
    pub(crate) fn user(
        &self,
        certificate: Option<&CertificateDer<'_>>,
        headers: &HeaderMap,
    ) -> Option<User> {
        let certificate = certificate?;
        if !self.allowed_names.is_empty() {
            let name = common_name(certificate)?;
            self.allowed_names.contains(&name).then_some(())?;
        }
        let values = |names: &[String]| -> Vec<String> {
            let all = names.iter().flat_map(|name| headers.get_all(name.as_str()));
            let texts = all.filter_map(|value| std::str::from_utf8(value.as_bytes()).ok());
            texts.filter(|text| !text.is_empty()).map(str::to_owned).collect()
        };
        let name = values(&self.username_headers).into_iter().next()?;
        let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (header, value) in headers {
            let key = self
                .extra_prefixes
                .iter()
                .find_map(|prefix| header.as_str().strip_prefix(&prefix.to_ascii_lowercase()));
            if let (Some(key), Ok(value)) = (key, std::str::from_utf8(value.as_bytes())) {
                let key = percent_decode_str(key).decode_utf8_lossy().into_owned();
                extra.entry(key).or_default().push(value.to_owned());
            }
        }
        let uid = values(&self.uid_headers).into_iter().next();
        Some(User { name, uid, groups: values(&self.group_headers), extra })
    }
}

/// The common name of a certificate's subject.
fn common_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let name = certificate.subject().iter_common_name().next()?.as_str().ok();
    name.map(str::to_owned)
}
