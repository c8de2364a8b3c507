//! What belongs to what.

use std::collections::{BTreeSet, HashMap};

use crate::{Kind, Resource};

/// Which resources others belong to, as the caller knows it from the cluster.
///
/// Belonging is passed on: a pod of a ReplicaSet of a Deployment is one of the Deployment. To its
/// namespace everything belongs without being told.
///
/// # Examples
///
/// ```
/// use smi_metrics_model::rollup::Ownership;
/// use smi_metrics_model::{Kind, Resource};
///
/// let pod = Resource::new(Kind::Pod, "shop", "web-7d4b9c-x2x8k");
/// let set = Resource::new(Kind::ReplicaSet, "shop", "web-7d4b9c");
/// let web = Resource::new(Kind::Deployment, "shop", "web");
/// let mut ownership = Ownership::default();
/// ownership.add(pod.clone(), set.clone());
/// ownership.add(set, web.clone());
///
/// assert_eq!(ownership.owners(&pod, Kind::Deployment), [web]);
/// assert_eq!(ownership.owners(&pod, Kind::Namespace), [Resource::of_namespace("shop")]);
/// assert!(ownership.owners(&pod, Kind::Service).is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Ownership {
    owners: HashMap<Resource, BTreeSet<Resource>>,
}

impl Ownership {
    /// Says that one resource belongs to another. It can belong to several, such as services.
    pub fn add(&mut self, part: Resource, whole: Resource) {
        self.owners.entry(part).or_default().insert(whole);
    }

    /// The resources of a kind that a resource belongs to, in order. One of the kind is its own.
    pub fn owners(&self, resource: &Resource, kind: Kind) -> Vec<Resource> {
        if kind == Kind::Namespace
            && let Some(namespace) = resource.namespace()
        {
            return vec![Resource::of_namespace(namespace)];
        }
        let mut found = BTreeSet::new();
        // What was seen is not followed again: a circle ends.
        let mut seen = BTreeSet::from([resource]);
        let mut next = vec![resource];
        while let Some(resource) = next.pop() {
            if resource.kind() == kind {
                found.insert(resource);
            }
            let owners = self.owners.get(resource).into_iter().flatten();
            next.extend(owners.filter(|owner| seen.insert(owner)));
        }
        found.into_iter().cloned().collect()
    }
}
