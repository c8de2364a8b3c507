//! Who asks: what an API server says of the user whose request it passes on.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use k8s_openapi::api::authorization::v1::SubjectAccessReviewSpec;
use percent_encoding::percent_decode_str;

/// How an API server passes on who asks (Kubernetes, "Authenticating Proxy"): its ConfigMap
/// `extension-apiserver-authentication`.
#[derive(Debug, PartialEq, Eq)]
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

impl RequestHeader {
    /// Reads the ConfigMap; nothing if it lacks what is needed to trust anybody.
    pub(crate) fn read(data: &BTreeMap<String, String>) -> Option<Self> {
        let list = |key: &str| -> Option<Vec<String>> {
            let list = data.get(&format!("requestheader-{key}"));
            list.map_or(Some(Vec::new()), |list| serde_json::from_str(list).ok())
        };
        let header = Self {
            authorities: data.get("requestheader-client-ca-file")?.clone(),
            allowed_names: list("allowed-names")?,
            username_headers: list("username-headers")?,
            uid_headers: list("uid-headers")?,
            group_headers: list("group-headers")?,
            extra_prefixes: list("extra-headers-prefix")?,
        };
        (!header.username_headers.is_empty()).then_some(header)
    }

    /// The user for whom a client asks, if the client is an API server. TLS has checked who vouches
    /// for its certificate.
    pub(crate) fn user(
        &self,
        certificate: &[u8],
        headers: &HeaderMap,
    ) -> Option<SubjectAccessReviewSpec> {
        let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
        if !self.allowed_names.is_empty() {
            let name = certificate.subject().iter_common_name().next()?.as_str().ok()?;
            self.allowed_names.iter().find(|allowed| *allowed == name)?;
        }
        let values = |names: &[String]| -> Vec<String> {
            let all = names.iter().flat_map(|name| headers.get_all(name.as_str()));
            let texts = all.filter_map(|value| std::str::from_utf8(value.as_bytes()).ok());
            texts.filter(|text| !text.is_empty()).map(str::to_owned).collect()
        };
        let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (header, value) in headers {
            let mut prefixes = self.extra_prefixes.iter().map(|prefix| prefix.to_ascii_lowercase());
            let key = prefixes.find_map(|prefix| header.as_str().strip_prefix(&*prefix));
            if let (Some(key), Ok(value)) = (key, std::str::from_utf8(value.as_bytes())) {
                let key = percent_decode_str(key).decode_utf8_lossy().into_owned();
                extra.entry(key).or_default().push(value.to_owned());
            }
        }
        Some(SubjectAccessReviewSpec {
            user: Some(values(&self.username_headers).into_iter().next()?),
            uid: values(&self.uid_headers).into_iter().next(),
            groups: Some(values(&self.group_headers)),
            extra: Some(extra),
            ..SubjectAccessReviewSpec::default()
        })
    }
}
