use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use smi_policy::ObjectKind;
use tokio::sync::watch;

use crate::{KindStatus, Snapshot};

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
