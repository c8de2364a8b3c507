//! What there is in the cluster: TrafficSplits, and what label selectors choose.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use kube::Api;
use kube::api::{ApiResource, DynamicObject, ListParams};
use kube::core::GroupVersion;
use smi_metrics_model::prometheus::Split;
use smi_metrics_model::serve::{Query, Status};
use smi_metrics_model::{Kind, Resource};
use smi_types::Manifest;
use smi_types::hub::Object;
use smi_types::quantity::Quantity;

use crate::{Cluster, Refusal};

impl Cluster {
    /// The names of the objects that a label selector chooses.
    pub(crate) async fn chosen(&self, query: &Query) -> Result<BTreeSet<Resource>, Refusal> {
        let objects = self.objects(query).await.map_err(silent)?.into_iter();
        let resources = objects.map(|object| {
            let namespace = object.metadata.namespace.unwrap_or_default();
            Resource::new(query.scope.kind(), namespace, object.metadata.name.unwrap_or_default())
        });
        Ok(resources.collect())
    }

    /// The TrafficSplits that are asked for.
    pub(crate) async fn splits(&self, query: &Query) -> Result<Vec<Split>, Refusal> {
        let mut splits = Vec::new();
        for object in self.objects(query).await.map_err(silent)? {
            let manifest = Manifest::of(&object).map_err(|error| silent(error.into()))?;
            manifest.problems().for_each(|problem| tracing::warn!("{problem}"));
            splits.extend(manifest.objects().filter_map(split));
        }
        splits.retain(|split| query.is_asked_for(&split.split));
        Ok(splits)
    }

    /// The objects of the kind that is asked for, and with the labels.
    async fn objects(&self, query: &Query) -> Result<Vec<DynamicObject>> {
        let kind = query.scope.kind();
        let version: GroupVersion = kind.api_version().parse()?;
        let resource = if kind == Kind::TrafficSplit {
            // In whatever version the cluster has them.
            let served = kube::discovery::group(&self.client, &version.group).await?;
            served.recommended_kind(kind.as_str()).context("no TrafficSplits are served")?.0
        } else {
            ApiResource::from_gvk_with_plural(&version.with_kind(kind.as_str()), kind.plural())
        };
        let api: Api<DynamicObject> = match query.scope.namespace() {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        };
        let labels = ListParams::default().labels(&query.labels.to_string());
        Ok(api.list(&labels).await?.items)
    }
}

fn silent(error: anyhow::Error) -> Status {
    tracing::warn!("API server: {error:#}");
    Status::unavailable("the API server does not say what there is")
}

/// What metrics need of a TrafficSplit; nothing if its weights are no ratio. Whole weights stay as they
/// are, others become the smallest whole numbers of their ratio.
fn split(object: &Object) -> Option<Split> {
    let Object::TrafficSplit(split) = object else { return None };
    let short = |service: &str| service.split(['.', ':']).next().unwrap_or_default().to_owned();
    let weights: Vec<&Quantity> = split.backends.iter().map(|backend| &backend.weight).collect();
    let whole: Option<Vec<u64>> = weights.iter().map(|weight| weight.to_u64()).collect();
    let weights = whole.or_else(|| Quantity::ratios(&weights).ok())?;
    let names = split.backends.iter().map(|backend| short(&backend.service));
    let namespace = split.meta.namespace.as_deref().unwrap_or_default();
    Some(Split {
        split: Resource::new(Kind::TrafficSplit, namespace, &split.meta.name),
        apex: short(&split.service),
        backends: names.zip(weights).collect(),
    })
}
