//! The cluster whose API server this one extends.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context;
use axum::http::HeaderMap;
use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec,
};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ApiResource, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use rustls::pki_types::CertificateDer;
use smi_controller::{Certificate, Controller, Live, Running, Watched};
use smi_metrics_model::prometheus::Split;
use smi_metrics_model::serve::{ApiService, Query, Request, Scope};
use smi_metrics_model::{GROUP, Kind, Resource, Version};

use crate::access::{RequestHeader, User};
use crate::serve::Refusal;
use crate::splits::Splits;

/// How often the API server is asked whom to trust, and told where this server is.
const EVERY: Duration = Duration::from_secs(60);

/// A cluster, and who may ask what in it.
#[derive(Clone)]
pub(crate) struct Cluster {
    client: Client,
    certificate: Certificate,
    header: Arc<RwLock<RequestHeader>>,
    splits: Splits,
    live: Live,
    /// Watches TrafficSplits for as long as anybody needs the cluster.
    _running: Arc<Running>,
}

impl Cluster {
    /// Learns from the API server whom to trust, and begins to watch TrafficSplits.
    pub(crate) async fn join(client: Client, certificate: Certificate) -> anyhow::Result<Self> {
        let splits = Splits::default();
        let controller = Controller::new(client.clone()).without_events().without_services();
        let running = controller.callbacks(splits.clone()).start();
        let live = running.live();
        let (header, _running) = (Arc::default(), Arc::new(running));
        let cluster = Self { client, certificate, header, splits, live, _running };
        cluster.learn().await.context("whom to trust")?;
        Ok(cluster)
    }

    /// Asks again from time to time, for authorities change, and registers this server.
    pub(crate) async fn keep_joined(self, namespace: String, service: String) {
        loop {
            if let Err(error) = self.register(&namespace, &service).await {
                eprintln!("registering: {error:#}");
            }
            tokio::time::sleep(EVERY).await;
            // Without an answer, those who were trusted still are.
            if let Err(error) = self.learn().await {
                eprintln!("whom to trust: {error:#}");
            }
        }
    }

    async fn learn(&self) -> anyhow::Result<()> {
        let maps: Api<ConfigMap> = Api::namespaced(self.client.clone(), "kube-system");
        let map = maps.get("extension-apiserver-authentication").await?;
        let header = RequestHeader::read(&map.data.unwrap_or_default()).context(
            "the API server is not set up for extensions (requestheader-client-ca-file)",
        )?;
        let mut known = self.header.write().unwrap_or_else(PoisonError::into_inner);
        if *known != header {
            self.certificate.trust_clients(&header.authorities)?;
            *known = header;
        }
        Ok(())
    }

    async fn register(&self, namespace: &str, service: &str) -> anyhow::Result<()> {
        let ca_bundle = k8s_openapi::ByteString(self.certificate.ca_bundle().as_bytes().to_vec());
        let ca_bundle = serde_json::to_value(ca_bundle)?;
        let manifest = ApiService::new(service, namespace)
            .with_ca_bundle(ca_bundle.as_str().unwrap_or_default());
        let api: Api<DynamicObject> = Api::all_with(
            self.client.clone(),
            &resource("apiregistration.k8s.io", "v1", "APIService", "apiservices"),
        );
        for version in Version::ALL {
            let patch = Patch::Apply(manifest.manifest(version));
            let as_us = PatchParams::apply("smi-metrics-apiserver").force();
            api.patch(&format!("{version}.{GROUP}"), &as_us, &patch).await?;
        }
        Ok(())
    }

    /// Whether whoever asks may. The API server has the last word on each request.
    pub(crate) async fn may(
        &self,
        certificate: Option<&CertificateDer<'_>>,
        headers: &HeaderMap,
        method: &str,
        path: &str,
        request: Option<&Request>,
    ) -> Result<(), Refusal> {
        let header = self.header.read().unwrap_or_else(PoisonError::into_inner).clone();
        let user = header.user(certificate, headers).ok_or_else(|| Refusal {
            code: 401,
            reason: "Unauthorized",
            message: "Unauthorized".to_owned(),
        })?;
        let review = SubjectAccessReview {
            spec: review(&user, method, path, request),
            ..SubjectAccessReview::default()
        };
        let api: Api<SubjectAccessReview> = Api::all(self.client.clone());
        let reviewed = api.create(&PostParams::default(), &review).await;
        let status = reviewed.map_err(|error| {
            eprintln!("SubjectAccessReview: {error}");
            Refusal::unavailable("the API server does not say who may")
        })?;
        let status = status.status.unwrap_or_default();
        if status.allowed && status.denied != Some(true) {
            return Ok(());
        }
        let reason = status.reason.unwrap_or_default();
        let user = user.name.escape_debug();
        let message = format!("user \"{user}\" cannot {} {path} {reason}", method.to_lowercase());
        Err(Refusal { code: 403, reason: "Forbidden", message: message.trim_end().to_owned() })
    }

    /// The TrafficSplits that are asked for.
    pub(crate) fn splits(&self, query: &Query) -> Vec<Split> {
        self.splits.asked_for(query)
    }

    /// The names of the objects that a label selector chooses.
    pub(crate) async fn chosen(&self, query: &Query) -> Result<BTreeSet<Resource>, Refusal> {
        let kind = query.scope.kind();
        let api = self.api(kind, query)?;
        let parameters = ListParams::default().labels(&query.labels.to_string());
        let list = api.list_metadata(&parameters).await.map_err(|error| {
            eprintln!("label selector: {error}");
            Refusal::unavailable("the API server does not say which objects have the labels")
        })?;
        let objects = list.items.into_iter().map(|object| {
            let namespace = object.metadata.namespace.unwrap_or_default();
            Resource::new(kind, namespace, object.metadata.name.unwrap_or_default())
        });
        Ok(objects.collect())
    }

    fn api(&self, kind: Kind, query: &Query) -> Result<Api<DynamicObject>, Refusal> {
        let (group, version) = match kind {
            Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet => {
                ("apps", "v1".to_owned())
            }
            Kind::Job => ("batch", "v1".to_owned()),
            Kind::TrafficSplit => {
                let split = Watched::Smi(smi_types::api::Kind::TrafficSplit);
                let version = self.live.kinds().get(&split).and_then(|it| it.version.clone());
                let missing = || Refusal::unavailable("the cluster has no TrafficSplits");
                ("split.smi-spec.io", version.ok_or_else(missing)?)
            }
            _ => ("", "v1".to_owned()),
        };
        let resource = resource(group, &version, kind.as_str(), kind.plural());
        let client = self.client.clone();
        Ok(match &query.scope {
            Scope::Kind { namespace: Some(namespace), .. } => {
                Api::namespaced_with(client, namespace, &resource)
            }
            _ => Api::all_with(client, &resource),
        })
    }
}

fn resource(group: &str, version: &str, kind: &str, plural: &str) -> ApiResource {
    let api_version =
        if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    ApiResource {
        group: group.to_owned(),
        version: version.to_owned(),
        api_version,
        kind: kind.to_owned(),
        plural: plural.to_owned(),
    }
}

/// What the API server is asked about a request.
fn review(
    user: &User,
    method: &str,
    path: &str,
    request: Option<&Request>,
) -> SubjectAccessReviewSpec {
    let mut spec = SubjectAccessReviewSpec {
        user: Some(user.name.clone()),
        uid: user.uid.clone(),
        groups: Some(user.groups.clone()),
        extra: Some(user.extra.clone()),
        ..SubjectAccessReviewSpec::default()
    };
    let Some(Request::Metrics(query)) = request else {
        let verb = Some(method.to_lowercase());
        let path = Some(path.to_owned());
        spec.non_resource_attributes = Some(NonResourceAttributes { path, verb });
        return spec;
    };
    let (verb, namespace, name) = match &query.scope {
        Scope::Kind { namespace, .. } => ("list", namespace.as_deref(), query.name.as_deref()),
        Scope::Object(object) | Scope::Edges { object, .. } => {
            ("get", object.namespace(), Some(object.name()))
        }
    };
    let is_edges = matches!(query.scope, Scope::Edges { .. });
    spec.resource_attributes = Some(ResourceAttributes {
        group: Some(GROUP.to_owned()),
        version: Some(query.version.as_str().to_owned()),
        resource: Some(query.scope.kind().plural().to_owned()),
        subresource: is_edges.then(|| "edges".to_owned()),
        namespace: namespace.map(str::to_owned),
        name: name.map(str::to_owned),
        verb: Some(verb.to_owned()),
        ..ResourceAttributes::default()
    });
    spec
}
