use std::collections::BTreeMap;
use std::time::SystemTime;

use k8s_openapi::api::core::v1::ObjectReference;
use kube::api::ApiResource;
use serde::Serialize;
use smi_types::Manifest;
use smi_types::manifest::{ObjectKey, Resources};
use smi_types::problem::Problem;

use crate::Watched;
use crate::callbacks::Changed;
use crate::sent::Sent;
use crate::watch::News;

/// All objects of the cluster that matter, as last seen.
#[derive(Debug)]
pub(crate) struct World {
    kinds: BTreeMap<Watched, KindStatus>,
    objects: BTreeMap<Id, Seen>,
}

/// How the watch of a kind stands.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct KindStatus {
    /// The API version that is watched; nothing if the server does not have the kind.
    pub version: Option<String>,
    /// Whether all objects have been listed at least once.
    pub synced: bool,
    /// How many objects there are.
    pub objects: usize,
    /// Why the watch was lost, until it is taken up again; what was known stays.
    pub lost: Option<String>,
    /// When that was, in seconds since 1970.
    pub lost_since: Option<u64>,
}

/// Kind, namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id {
    pub(crate) watched: Watched,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// An object as it was last seen.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    text: Box<str>,
    pub(crate) manifest: Manifest,
    /// Why nothing of it could be read, not even a name.
    pub(crate) fault: Option<Problem>,
    pub(crate) reference: ObjectReference,
}

impl World {
    pub(crate) fn new(watched: &[Watched]) -> Self {
        let kinds = watched.iter().map(|watched| (*watched, KindStatus::default()));
        Self { kinds: kinds.collect(), objects: BTreeMap::new() }
    }

    /// Takes in what a watch reports, and returns what is different now.
    pub(crate) fn learn(&mut self, watched: Watched, news: News) -> Vec<Changed> {
        let mut changes = Vec::new();
        match news {
            News::All(resource, sent) => {
                let of_kind = |id: &&Id| id.watched == watched;
                let mut gone: Vec<Id> = self.objects.keys().filter(of_kind).cloned().collect();
                let version = resource.as_ref().map(|resource| resource.version.clone());
                for sent in &sent {
                    if let (Some(resource), Some(id)) = (&resource, Id::of(watched, sent)) {
                        if let Ok(known) = gone.binary_search(&id) {
                            gone.remove(known);
                        }
                        changes.extend(self.apply(id, resource, sent));
                    }
                }
                changes.extend(gone.into_iter().filter_map(|id| self.delete(id)));
                let status = self.kinds.entry(watched).or_default();
                *status = KindStatus { version, synced: true, ..KindStatus::default() };
            }
            News::Applied(resource, sent) => {
                changes
                    .extend(Id::of(watched, &sent).and_then(|id| self.apply(id, &resource, &sent)));
            }
            News::Deleted(sent) => {
                changes.extend(Id::of(watched, &sent).and_then(|id| self.delete(id)));
            }
            News::Lost(reason) => {
                eprintln!("{watched}: {reason}");
                let status = self.kinds.entry(watched).or_default();
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                status.lost_since = status.lost_since.or(now.ok().map(|time| time.as_secs()));
                status.lost = Some(reason);
            }
        }
        let objects = self.objects.keys().filter(|id| id.watched == watched).count();
        self.kinds.entry(watched).or_default().objects = objects;
        changes
    }

    /// Whether all kinds have been listed, so that no policy is made of half the objects.
    pub(crate) fn is_synced(&self) -> bool {
        self.kinds.values().all(|status| status.synced)
    }

    pub(crate) fn kinds(&self) -> &BTreeMap<Watched, KindStatus> {
        &self.kinds
    }

    pub(crate) fn objects(&self) -> &BTreeMap<Id, Seen> {
        &self.objects
    }

    /// What engines are built from. The source of each object is its [`Id`] as text.
    pub(crate) fn resources(&self) -> Resources {
        let mut resources = Resources::default();
        for (id, seen) in &self.objects {
            resources.add(id.to_string(), seen.manifest.clone());
        }
        resources
    }

    fn apply(&mut self, id: Id, resource: &ApiResource, sent: &Sent) -> Option<Changed> {
        let known = self.objects.get(&id);
        if known.is_some_and(|known| *known.text == *sent.text()) {
            return None;
        }
        let (manifest, fault) = sent.read(resource);
        let reference = ObjectReference {
            api_version: Some(resource.api_version.clone()),
            kind: Some(resource.kind.clone()),
            namespace: Some(id.namespace.clone()),
            name: Some(id.name.clone()),
            uid: sent.uid().map(str::to_owned),
            ..ObjectReference::default()
        };
        let changed = Changed { id: id.clone(), now: Some(manifest.clone()) };
        self.objects.insert(id, Seen { text: sent.text().into(), manifest, fault, reference });
        Some(changed)
    }

    fn delete(&mut self, id: Id) -> Option<Changed> {
        self.objects.remove(&id).map(|_| Changed { id, now: None })
    }
}

impl Id {
    fn of(watched: Watched, sent: &Sent) -> Option<Self> {
        let (namespace, name) = sent.key()?;
        Some(Self { watched, namespace, name })
    }

    /// The key of an SMI object.
    pub(crate) fn key(&self) -> Option<ObjectKey> {
        let Watched::Smi(kind) = self.watched else { return None };
        let namespace = Some(self.namespace.clone()).filter(|namespace| !namespace.is_empty());
        Some(ObjectKey { kind, namespace, name: self.name.clone() })
    }
}

/// As diagnostics name an object: `TrafficTarget shop/web`.
impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}/{}", self.watched, self.namespace, self.name)
    }
}
