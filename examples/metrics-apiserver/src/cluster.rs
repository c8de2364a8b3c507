use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::http::request::Parts;
use axum_server::tls::TlsInfo;
use axum_server::tls_rustls::RustlsConfig;
use k8s_openapi::ByteString;
use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, ResourceAttributes, SubjectAccessReview,
};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use rcgen::{CertifiedKey, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use smi_metrics_model::serve::{ApiService, Query, Reason, Request, Scope, Status};
use smi_metrics_model::{GROUP, Version};

use crate::Refusal;
use crate::access::RequestHeader;

/// How often the API server is asked whom to trust, and told where this server is.
const EVERY: Duration = Duration::from_secs(60);

/// The cluster whose API server this one extends.
pub struct Cluster {
    pub(crate) client: Client,
    /// The Service that this server is.
    namespace: String,
    service: String,
    own: CertifiedKey<KeyPair>,
    tls: RustlsConfig,
    header: RwLock<Arc<RequestHeader>>,
}

impl Cluster {
    /// Learns from the API server whom to trust, and makes a certificate for this Service.
    ///
    /// # Errors
    ///
    /// Fails if the API server can't be asked, or trusts nobody to pass on requests.
    pub async fn join(client: Client, namespace: &str, service: &str) -> Result<Arc<Self>> {
        let own = rcgen::generate_simple_self_signed([format!("{service}.{namespace}.svc")])?;
        let header = whom_to_trust(&client).await.context("whom to trust")?;
        let tls = RustlsConfig::from_config(tls(&own, &header)?);
        let (namespace, service) = (namespace.to_owned(), service.to_owned());
        let header = RwLock::new(Arc::new(header));
        Ok(Arc::new(Self { client, namespace, service, own, tls, header }))
    }

    /// TLS with this server's certificate, for clients that are trusted at the moment.
    pub fn tls(&self) -> RustlsConfig {
        self.tls.clone()
    }

    /// Registers this server and asks whom to trust, again and again, for authorities change.
    pub async fn keep_joined(&self) {
        loop {
            if let Err(error) = self.register().await {
                tracing::warn!("registering: {error:#}");
            }
            tokio::time::sleep(EVERY).await;
            // Without an answer, those who were trusted still are.
            if let Err(error) = self.learn().await {
                tracing::warn!("whom to trust: {error:#}");
            }
        }
    }

    async fn register(&self) -> Result<()> {
        let bundle = ByteString(self.own.cert.pem().into_bytes());
        let bundle = serde_json::to_value(bundle)?;
        let manifest = ApiService::new(&self.service, &self.namespace)
            .with_ca_bundle(bundle.as_str().unwrap_or_default());
        let kind = GroupVersionKind::gvk("apiregistration.k8s.io", "v1", "APIService");
        let api: Api<DynamicObject> =
            Api::all_with(self.client.clone(), &ApiResource::from_gvk(&kind));
        for version in Version::ALL {
            let as_us = PatchParams::apply("smi-metrics-apiserver").force();
            let patch = Patch::Apply(manifest.manifest(version));
            api.patch(&format!("{version}.{GROUP}"), &as_us, &patch).await?;
        }
        Ok(())
    }

    async fn learn(&self) -> Result<()> {
        let header = whom_to_trust(&self.client).await?;
        if **self.header.read().unwrap_or_else(PoisonError::into_inner) == header {
            return Ok(());
        }
        self.tls.reload_from_config(tls(&self.own, &header)?);
        *self.header.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(header);
        Ok(())
    }

    /// Whether whoever asks may. The API server has the last word on each request.
    pub(crate) async fn may(&self, http: &Parts, request: Option<&Request>) -> Result<(), Refusal> {
        let header = self.header.read().unwrap_or_else(PoisonError::into_inner).clone();
        let peer = http.extensions.get::<Arc<TlsInfo>>();
        let certificate = peer.and_then(|peer| peer.peer_certificates.first());
        let user = certificate.and_then(|it| header.user(it, &http.headers));
        let unknown = || Status::new(Reason::Unauthorized, "Unauthorized");
        let mut spec = user.ok_or_else(unknown)?;
        let (verb, path) = (http.method.as_str().to_lowercase(), http.uri.path());
        if let Some(Request::Metrics(query)) = request {
            spec.resource_attributes = Some(attributes(query));
        } else {
            let (verb, path) = (Some(verb.clone()), Some(path.to_owned()));
            spec.non_resource_attributes = Some(NonResourceAttributes { path, verb });
        }
        let review = SubjectAccessReview { spec, ..SubjectAccessReview::default() };
        let api: Api<SubjectAccessReview> = Api::all(self.client.clone());
        let reviewed = api.create(&PostParams::default(), &review).await.map_err(|error| {
            tracing::warn!("SubjectAccessReview: {error}");
            Status::unavailable("the API server does not say who may")
        })?;
        let status = reviewed.status.unwrap_or_default();
        if status.allowed && status.denied != Some(true) {
            return Ok(());
        }
        let user = review.spec.user.unwrap_or_default();
        let reason = status.reason.unwrap_or_default();
        let message = format!("user \"{}\" cannot {verb} {path} {reason}", user.escape_debug());
        Err(Status::new(Reason::Forbidden, message.trim_end()).into())
    }
}

async fn whom_to_trust(client: &Client) -> Result<RequestHeader> {
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "kube-system");
    let map = maps.get("extension-apiserver-authentication").await?;
    let header = RequestHeader::read(&map.data.unwrap_or_default());
    header.context("the API server is not set up for extensions (requestheader-client-ca-file)")
}

/// Clients without certificate may connect, for they may ask whether the server lives.
fn tls(own: &CertifiedKey<KeyPair>, header: &RequestHeader) -> Result<Arc<ServerConfig>> {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(header.authorities.as_bytes()) {
        roots.add(authority?)?;
    }
    let clients = WebPkiClientVerifier::builder(Arc::new(roots)).allow_unauthenticated();
    let key = PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
    let config = ServerConfig::builder().with_client_cert_verifier(clients.build()?);
    Ok(Arc::new(config.with_single_cert(vec![own.cert.der().clone()], key.into())?))
}

/// What the API server is asked about a request for metrics.
fn attributes(query: &Query) -> ResourceAttributes {
    let scope = &query.scope;
    let verb = if scope.name().is_some() { "get" } else { "list" };
    let subresource = matches!(scope, Scope::Edges { .. }).then_some("edges");
    let name = scope.name().or(query.name.as_deref());
    ResourceAttributes {
        group: Some(GROUP.to_owned()),
        version: Some(query.version.as_str().to_owned()),
        resource: Some(scope.kind().plural().to_owned()),
        subresource: subresource.map(str::to_owned),
        namespace: scope.namespace().map(str::to_owned),
        name: name.map(str::to_owned),
        verb: Some(verb.to_owned()),
        ..ResourceAttributes::default()
    }
}
