use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::jiff::Timestamp;
use serde::Serialize;
use smi_policy::{Diagnostic, ObjectKind, ObjectName, Policy, Severity};
use smi_split::Splits;
use tokio::sync::watch;

/// Policy and splits of one moment, made of the same objects, and what is wrong with these.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// Counts the snapshots of this process, from 1.
    pub generation: u64,
    /// Who may call whom.
    pub policy: Policy,
    /// Where traffic goes.
    pub splits: Splits,
    /// What has become of each object.
    pub objects: BTreeMap<(ObjectKind, ObjectName), ObjectStatus>,
}

/// What has become of an object.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ObjectStatus {
    /// The object as events refer to it.
    pub reference: ObjectReference,
    /// What was ignored or surprises. Fields are those of the API version that was read.
    pub findings: Vec<Diagnostic>,
}

/// How the watch of a kind stands.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct KindStatus {
    /// The API version that is watched; nothing if the server does not have the kind.
    pub api_version: Option<String>,
    /// Whether all objects have been listed at least once.
    pub synced: bool,
    /// Why the watch was lost, until it is taken up again; what was known stays.
    pub lost: Option<String>,
    /// When that was.
    pub lost_since: Option<Timestamp>,
}

/// What the controller knows, for any number of threads.
#[derive(Clone, Debug)]
pub struct Live {
    current: Arc<ArcSwapOption<Snapshot>>,
    kinds: watch::Receiver<BTreeMap<ObjectKind, KindStatus>>,
}

/// Where [`Live`] comes from.
pub(crate) struct Publisher {
    current: Arc<ArcSwapOption<Snapshot>>,
    kinds: watch::Sender<BTreeMap<ObjectKind, KindStatus>>,
    retired: Vec<Arc<Snapshot>>,
}

impl ObjectStatus {
    /// Whether all of the object counts: none of the findings is an error.
    pub fn is_accepted(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity != Severity::Error)
    }
}

impl Live {
    /// The newest snapshot. There is none before all kinds have been listed once: until then nobody
    /// knows what is allowed, so deny everything. Waits for nobody; take it anew for each call.
    pub fn current(&self) -> Option<Arc<Snapshot>> {
        self.current.load_full()
    }

    /// Waits for a snapshot that is newer than this generation; 0 waits for the first. There is none
    /// any more once the controller is dropped.
    pub async fn newer_than(&self, generation: u64) -> Option<Arc<Snapshot>> {
        let newer = || self.current().filter(|snapshot| snapshot.generation > generation);
        self.kinds.clone().wait_for(|_| newer().is_some()).await.ok()?;
        newer()
    }

    /// How the watch of each kind stands.
    pub fn kinds(&self) -> BTreeMap<ObjectKind, KindStatus> {
        self.kinds.borrow().clone()
    }
}

impl Publisher {
    pub(crate) fn new() -> (Self, Live) {
        let (sender, kinds) = watch::channel(BTreeMap::new());
        let current = Arc::<ArcSwapOption<_>>::default();
        let live = Live { current: current.clone(), kinds };
        (Self { current, kinds: sender, retired: Vec::new() }, live)
    }

    pub(crate) fn publish(
        &mut self,
        kinds: BTreeMap<ObjectKind, KindStatus>,
        snapshot: Option<Snapshot>,
    ) {
        if let Some(snapshot) = snapshot {
            // Whoever asks must not be the last to let go of a snapshot: to free it takes long.
            self.retired.extend(self.current.swap(Some(Arc::new(snapshot))));
            self.retired.retain(|snapshot| Arc::strong_count(snapshot) > 1);
        }
        self.kinds.send_replace(kinds);
    }
}
