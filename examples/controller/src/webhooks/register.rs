use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::http::Uri;
use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client, Error};
use serde_json::{Value, json};
use smi_types::api::{Group, Kind};

/// Where the API server finds the webhooks: `https://HOST:PORT`, or `https://NAME.NAMESPACE.svc` for a
/// Service, which it finds without DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
}

impl Address {
    /// The DNS name or IP address that the certificate has to have.
    pub fn host(&self) -> &str {
        self.host.trim_matches(['[', ']'])
    }

    fn client_config(&self, path: &str, ca_bundle: &str) -> Value {
        let Self { host, port } = self;
        let ca_bundle = ByteString(ca_bundle.as_bytes().to_vec());
        match host.split('.').collect::<Vec<_>>()[..] {
            [name, namespace, "svc"] => json!({
                "service": {"namespace": namespace, "name": name, "port": port, "path": path},
                "caBundle": ca_bundle,
            }),
            _ => json!({"url": format!("https://{host}:{port}{path}"), "caBundle": ca_bundle}),
        }
    }
}

impl FromStr for Address {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Uri = text.parse().context("expected `https://HOST:PORT`")?;
        let (host, port) = (uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(443));
        let whole = [format!("https://{host}"), format!("https://{host}:{port}")];
        ensure!(
            !host.is_empty() && whole.iter().any(|it| it == text.trim_end_matches('/')),
            "expected `https://HOST:PORT`"
        );
        Ok(Self { host: host.to_owned(), port })
    }
}

/// Tells the API server where the webhooks are and whom to trust for them, and again from time to
/// time: definitions may be installed later.
pub async fn keep_registered(client: Client, address: Address, ca_bundle: String, every: Duration) {
    loop {
        if let Err(error) = register(&client, &address, &ca_bundle).await {
            tracing::warn!("registering the webhooks: {error:#}");
        }
        tokio::time::sleep(every).await;
    }
}

async fn register(client: &Client, address: &Address, ca_bundle: &str) -> anyhow::Result<()> {
    let as_us = PatchParams::apply("smi-controller");
    // Nothing else of a definition that is there is ours to change.
    let conversion = json!({"spec": {"conversion": {
        "strategy": "Webhook",
        "webhook": {
            "clientConfig": address.client_config("/convert", ca_bundle),
            "conversionReviewVersions": ["v1"],
        },
    }}});
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    for kind in Kind::ALL {
        let name = format!("{}.{}", kind.plural(), kind.group());
        match definitions.patch(&name, &as_us, &Patch::Merge(&conversion)).await {
            Err(Error::Api(status)) if status.code == 404 => {}
            patched => drop(patched.context(name)?),
        }
    }
    let configuration = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "smi-controller"},
        "webhooks": [{
            "name": "validate.smi-spec.io",
            "clientConfig": address.client_config("/validate", ca_bundle),
            "rules": [{
                "apiGroups": Group::ALL.map(Group::as_str),
                "apiVersions": ["*"],
                "operations": ["CREATE", "UPDATE"],
                "resources": Kind::ALL.map(Kind::plural),
            }],
            // What is wrong with an object grants nothing anyway, so the webhook may be away.
            "failurePolicy": "Ignore",
            "matchPolicy": "Exact",
            "sideEffects": "None",
            "timeoutSeconds": 5,
            "admissionReviewVersions": ["v1"],
        }],
    });
    let api: Api<ValidatingWebhookConfiguration> = Api::all(client.clone());
    let patched = api.patch("smi-controller", &as_us.force(), &Patch::Apply(&configuration)).await;
    patched.map(drop).context("ValidatingWebhookConfiguration")
}
