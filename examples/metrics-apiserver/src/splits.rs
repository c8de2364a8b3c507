//! The TrafficSplits of the cluster, as the controller tells of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use smi_controller::{Callbacks, Change, Outcome};
use smi_metrics_model::prometheus::Split;
use smi_metrics_model::serve::Query;
use smi_metrics_model::{Kind, Resource};
use smi_types::hub::TrafficSplit;
use smi_types::manifest::ObjectKey;
use smi_types::quantity::Quantity;

/// All TrafficSplits that can be read, by namespace and name.
#[derive(Clone, Default)]
pub(crate) struct Splits(Arc<Mutex<BTreeMap<(String, String), Split>>>);

impl Splits {
    /// Those that a query asks for, its label selector aside.
    pub(crate) fn asked_for(&self, query: &Query) -> Vec<Split> {
        let splits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        splits.values().filter(|split| query.is_asked_for(&split.split)).cloned().collect()
    }

    fn set(&self, namespace: Option<&str>, name: &str, split: Option<Split>) {
        let key = (namespace.unwrap_or_default().to_owned(), name.to_owned());
        let mut splits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match split {
            Some(split) => splits.insert(key, split),
            None => splits.remove(&key),
        };
    }
}

impl Callbacks for Splits {
    fn traffic_split(&self, change: Change<'_, TrafficSplit>) -> Outcome {
        match change {
            Change::Upsert(split) => {
                let namespace = split.meta.namespace.as_deref();
                self.set(namespace, &split.meta.name, read(split));
            }
            Change::Unreadable(ObjectKey { namespace, name, .. }, _)
            | Change::Delete(ObjectKey { namespace, name, .. }) => {
                self.set(namespace.as_deref(), name, None);
            }
        }
        Ok(())
    }
}

/// What metrics need of a TrafficSplit; nothing if its weights are no ratio. Whole weights stay as they
/// are, others become the smallest whole numbers of their ratio.
fn read(split: &TrafficSplit) -> Option<Split> {
    let short = |service: &str| service.split(['.', ':']).next().unwrap_or_default().to_owned();
    let weights: Vec<&Quantity> = split.backends.iter().map(|backend| &backend.weight).collect();
    let whole: Option<Vec<u64>> = weights.iter().map(|weight| weight.to_u64()).collect();
    let weights = match whole {
        Some(whole) => whole,
        None => Quantity::ratios(&weights).ok()?,
    };
    let names = split.backends.iter().map(|backend| short(&backend.service));
    let namespace = split.meta.namespace.as_deref().unwrap_or_default();
    Some(Split {
        split: Resource::new(Kind::TrafficSplit, namespace, &split.meta.name),
        apex: short(&split.service),
        backends: names.zip(weights).collect(),
    })
}
