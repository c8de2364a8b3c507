use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use crate::world::KindStatus;
use crate::{Snapshot, Watched};

/// The newest snapshot, for any number of threads.
///
/// Taking it waits for nobody. Take it anew for each call.
#[derive(Clone, Debug)]
pub struct Live(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    current: ArcSwapOption<Snapshot>,
    generation: watch::Sender<u64>,
    kinds: Mutex<BTreeMap<Watched, KindStatus>>,
}

impl Live {
    pub(crate) fn new() -> Self {
        let (generation, _) = watch::channel(0);
        Self(Arc::new(Inner {
            current: ArcSwapOption::empty(),
            generation,
            kinds: Mutex::default(),
        }))
    }

    /// The newest snapshot. There is none before all kinds have been listed once: until then nobody
    /// knows what is allowed, so deny everything.
    pub fn current(&self) -> Option<Arc<Snapshot>> {
        self.0.current.load_full()
    }

    /// Waits for a snapshot that is newer than this generation; 0 waits for the first.
    pub async fn newer_than(&self, generation: u64) -> Arc<Snapshot> {
        let mut newest = self.0.generation.subscribe();
        loop {
            if let Some(snapshot) = self.current().filter(|new| new.generation > generation) {
                return snapshot;
            }
            // `self` holds the sender, so there always is a change to wait for.
            if newest.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// How the watch of each kind stands.
    pub fn kinds(&self) -> BTreeMap<Watched, KindStatus> {
        self.0.kinds.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_kinds(&self, kinds: BTreeMap<Watched, KindStatus>) {
        *self.0.kinds.lock().unwrap_or_else(PoisonError::into_inner) = kinds;
    }

    pub(crate) fn publish(&self, snapshot: Snapshot) {
        let generation = snapshot.generation;
        self.0.current.store(Some(Arc::new(snapshot)));
        self.0.generation.send_replace(generation);
    }
}
