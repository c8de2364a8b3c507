use std::str::FromStr;
use std::time::Duration;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{ApiResource, Patch, PatchParams};
use kube::core::DynamicObject;
use kube::{Api, Client, Error};
use serde_json::{Value, json};
use smi_types::api::{Group, Kind};
use smi_types::crd::{ConversionWebhook, CrdOptions};

use crate::watch::said;

/// Where the API server finds the webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A Service of the cluster, on port 443.
    Service {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// `https://host:port`, without path.
    Url(String),
}

/// `namespace/name` of a Service, or `https://host:port`.
impl FromStr for Address {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || anyhow::anyhow!("expected `NAMESPACE/SERVICE` or `https://HOST:PORT`");
        if let Some(rest) = text.strip_prefix("https://") {
            let base = text.trim_end_matches('/');
            if rest.trim_end_matches('/').contains('/') {
                return Err(wrong());
            }
            ConversionWebhook::url(base)?;
            return Ok(Self::Url(base.to_owned()));
        }
        match text.split_once('/') {
            Some((namespace, name))
                if !namespace.is_empty() && !name.is_empty() && !name.contains(['/', ':']) =>
            {
                let (namespace, name) = (namespace.to_owned(), name.to_owned());
                Ok(Self::Service { namespace, name })
            }
            _ => Err(wrong()),
        }
    }
}

impl Address {
    /// The names that the certificate has to have.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Service { namespace, name } => vec![format!("{name}.{namespace}.svc")],
            Self::Url(url) => {
                let host = url.strip_prefix("https://").unwrap_or(url);
                let host = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                    Some((address, _)) => address,
                    None => host.split(':').next().unwrap_or(host),
                };
                vec![host.to_owned()]
            }
        }
    }

    fn conversion(&self) -> anyhow::Result<ConversionWebhook> {
        Ok(match self {
            Self::Service { namespace, name } => ConversionWebhook::service(namespace, name),
            Self::Url(url) => ConversionWebhook::url(format!("{url}/convert"))?,
        })
    }

    fn client_config(&self, ca_bundle: &str) -> Value {
        let ca_bundle = k8s_openapi::ByteString(ca_bundle.as_bytes().to_vec());
        match self {
            Self::Service { namespace, name } => json!({
                "service": {"namespace": namespace, "name": name, "path": "/validate"},
                "caBundle": ca_bundle,
            }),
            Self::Url(url) => json!({"url": format!("{url}/validate"), "caBundle": ca_bundle}),
        }
    }
}

/// Tells the API server about the webhooks and whom to trust for them, and again from time to time:
/// definitions may be installed later.
pub async fn keep_registered(client: Client, address: Address, ca_bundle: String, every: Duration) {
    loop {
        if let Err(error) = register(&client, &address, &ca_bundle).await {
            eprintln!("registering the webhooks: {error:#}");
        }
        tokio::time::sleep(every).await;
    }
}

async fn register(client: &Client, address: &Address, ca_bundle: &str) -> anyhow::Result<()> {
    let as_us = PatchParams::apply("smi-controller");
    let options = CrdOptions::strict()
        .conversion_webhook(address.conversion()?.ca_bundle(ca_bundle.as_bytes().to_vec()));
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    for kind in Kind::ALL {
        let definition = options.definition(kind);
        let name = definition.metadata.name.unwrap_or_default();
        // Nothing else of a definition that is there is ours to change.
        let patch = Patch::Merge(json!({"spec": {"conversion": definition.spec.conversion}}));
        match definitions.patch(&name, &as_us, &patch).await {
            Ok(_) => {}
            Err(Error::Api(status)) if status.code == 404 => {}
            Err(error) => anyhow::bail!("{name}: {}", said(&error)),
        }
    }
    let configuration = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "smi-controller"},
        "webhooks": [{
            "name": "validate.smi-spec.io",
            "clientConfig": address.client_config(ca_bundle),
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
    let resource = ApiResource {
        group: "admissionregistration.k8s.io".to_owned(),
        version: "v1".to_owned(),
        api_version: "admissionregistration.k8s.io/v1".to_owned(),
        kind: "ValidatingWebhookConfiguration".to_owned(),
        plural: "validatingwebhookconfigurations".to_owned(),
    };
    let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
    let apply = api.patch("smi-controller", &as_us.force(), &Patch::Apply(configuration)).await;
    apply.map(drop).map_err(|error| anyhow::anyhow!("webhook configuration: {}", said(&error)))
}
