//! The webhook that an API server asks to convert objects.

use std::num::NonZeroU16;

use k8s_openapi::ByteString;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceConversion, ServiceReference, WebhookClientConfig, WebhookConversion,
};

/// Where an API server finds the webhook that converts between versions.
///
/// # Examples
///
/// ```
/// use smi_types::crd::ConversionWebhook;
///
/// let webhook = ConversionWebhook::service("smi-system", "smi-webhook")
///     .path("/convert")
///     .ca_bundle("-----BEGIN CERTIFICATE-----\n…");
/// let elsewhere = ConversionWebhook::url("https://webhooks.example:8443/convert")?;
/// assert_ne!(webhook, elsewhere);
///
/// assert!(ConversionWebhook::url("http://webhooks.example/convert").is_err());
/// # Ok::<(), smi_types::crd::WebhookUrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversionWebhook {
    address: Address,
    ca_bundle: Option<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Address {
    Service { namespace: String, name: String, path: Option<String>, port: Option<NonZeroU16> },
    Url(String),
}

impl ConversionWebhook {
    /// A service of the cluster, on port 443 and with path `/convert`.
    pub fn service(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        let (namespace, name) = (namespace.into(), name.into());
        let path = Some("/convert".to_owned());
        Self { address: Address::Service { namespace, name, path, port: None }, ca_bundle: None }
    }

    /// A server at this URL. The API server has to reach it.
    ///
    /// # Errors
    ///
    /// The URL is one that no API server takes: its scheme is not `https`, it has no host, or it
    /// has user info, a query or a fragment.
    pub fn url(url: impl Into<String>) -> Result<Self, WebhookUrlError> {
        let url = url.into();
        let fault = |fault| WebhookUrlError { url: url.clone(), fault };
        let rest = url.strip_prefix("https://").ok_or_else(|| fault("expected `https://…`"))?;
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if host.is_empty() || host.starts_with(':') {
            return Err(fault("expected a host"));
        }
        if host.contains('@') {
            return Err(fault("expected no user info"));
        }
        if rest.contains(['?', '#']) {
            return Err(fault("expected neither query nor fragment"));
        }
        if rest.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(fault("expected neither space nor control characters"));
        }
        Ok(Self { address: Address::Url(url), ca_bundle: None })
    }

    /// Sets the path of a service's webhook. A URL has its own: there it changes nothing.
    #[must_use]
    pub fn path(mut self, new_path: impl Into<String>) -> Self {
        if let Address::Service { path, .. } = &mut self.address {
            *path = Some(new_path.into());
        }
        self
    }

    /// Sets the port of a service's webhook. A URL has its own: there it changes nothing.
    #[must_use]
    pub fn port(mut self, new_port: NonZeroU16) -> Self {
        if let Address::Service { port, .. } = &mut self.address {
            *port = Some(new_port);
        }
        self
    }

    /// Sets the certificates, in PEM form, that vouch for the webhook's own. Without them the API
    /// server trusts what its host trusts, and cert-manager can put them in later.
    #[must_use]
    pub fn ca_bundle(self, pem: impl Into<Vec<u8>>) -> Self {
        Self { ca_bundle: Some(pem.into()), ..self }
    }

    /// The stanza of the definition.
    pub(super) fn stanza(&self) -> CustomResourceConversion {
        let mut client = WebhookClientConfig {
            ca_bundle: self.ca_bundle.clone().map(ByteString),
            ..WebhookClientConfig::default()
        };
        match self.address.clone() {
            Address::Url(url) => client.url = Some(url),
            Address::Service { namespace, name, path, port } => {
                let port = port.map(|port| port.get().into());
                client.service = Some(ServiceReference { name, namespace, path, port });
            }
        }
        CustomResourceConversion {
            strategy: "Webhook".to_owned(),
            webhook: Some(WebhookConversion {
                client_config: Some(client),
                conversion_review_versions: vec!["v1".to_owned()],
            }),
        }
    }
}

/// Why a text is no URL of a webhook.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no URL of a webhook: {fault}", .url.escape_debug())]
pub struct WebhookUrlError {
    url: String,
    fault: &'static str,
}
