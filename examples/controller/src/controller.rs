use std::sync::Arc;

use kube::Client;
use smi_policy::Semantics;
use smi_types::api::Kind;
use tokio::sync::mpsc::{self, Receiver, UnboundedSender};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::callbacks::{self, Callbacks, Changed};
use crate::events;
use crate::watch::{News, watch};
use crate::world::World;
use crate::{Live, Pace, Snapshot, Watched};

/// Watches a cluster and keeps a policy and splits for it.
#[must_use]
pub struct Controller {
    client: Client,
    semantics: Semantics,
    callbacks: Option<Arc<dyn Callbacks>>,
    pace: Pace,
    services: bool,
    events: bool,
}

/// A controller that runs, until it is dropped.
#[derive(Debug)]
pub struct Running {
    live: Live,
    tasks: JoinSet<()>,
}

impl Controller {
    /// A controller that reads by the semantics of the specification, watches Services too, and
    /// publishes events.
    pub fn new(client: Client) -> Self {
        let semantics = Semantics::default();
        let pace = Pace::default();
        Self { client, semantics, callbacks: None, pace, services: true, events: true }
    }

    /// Sets the semantics that objects are read by.
    pub fn semantics(self, semantics: Semantics) -> Self {
        Self { semantics, ..self }
    }

    /// Sets what is called for each object that changes.
    pub fn callbacks(self, callbacks: impl Callbacks + 'static) -> Self {
        Self { callbacks: Some(Arc::new(callbacks)), ..self }
    }

    /// Sets how long the controller waits for what.
    pub fn pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Leaves Services alone: splits don't look at ports.
    pub fn without_services(self) -> Self {
        Self { services: false, ..self }
    }

    /// Publishes no events in the cluster.
    pub fn without_events(self) -> Self {
        Self { events: false, ..self }
    }

    /// Starts to watch, within a runtime of tokio.
    pub fn start(self) -> Running {
        let live = Live::new();
        let mut tasks = JoinSet::new();
        let mut watched: Vec<Watched> = Kind::ALL.into_iter().map(Watched::Smi).collect();
        if self.services {
            watched.push(Watched::Services);
        }
        let (send, news) = mpsc::channel(1024);
        for watched in &watched {
            tasks.spawn(watch(self.client.clone(), *watched, self.pace, send.clone()));
        }
        let changes = self.callbacks.clone().map(|callbacks| {
            let (send, changes) = mpsc::unbounded_channel();
            tasks.spawn(callbacks::run(callbacks, changes, self.pace));
            send
        });
        if self.events {
            tasks.spawn(events::publish(self.client.clone(), live.clone(), self.pace));
        }
        tasks.spawn(keep(World::new(&watched), news, changes, live.clone(), self));
        Running { live, tasks }
    }
}

impl std::fmt::Debug for Controller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Controller").field("semantics", &self.semantics).finish_non_exhaustive()
    }
}

impl Running {
    /// What the controller knows.
    pub fn live(&self) -> Live {
        self.live.clone()
    }

    /// Waits for a part of the controller to end, which none does by itself.
    pub async fn failed(&mut self) {
        self.tasks.join_next().await;
    }
}

/// Learns what is reported, and compiles it as soon as it has settled.
async fn keep(
    mut world: World,
    mut news: Receiver<(Watched, News)>,
    changes: Option<UnboundedSender<Changed>>,
    live: Live,
    controller: Controller,
) {
    let mut due = None;
    loop {
        tokio::select! {
            report = news.recv() => {
                let Some((watched, report)) = report else { return };
                let was_synced = world.is_synced();
                let changed = world.learn(watched, report);
                live.set_kinds(world.kinds().clone());
                if world.is_synced() && (!changed.is_empty() || !was_synced) {
                    due = due.or_else(|| Some(Instant::now() + controller.pace.settle));
                }
                if let Some(changes) = &changes {
                    changed.into_iter().for_each(|change| drop(changes.send(change)));
                }
            }
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                due = None;
                let previous = live.current();
                let semantics = controller.semantics.clone();
                let compiled = tokio::task::spawn_blocking(move || {
                    let resources = world.resources();
                    let previous = previous.as_deref();
                    let snapshot = Snapshot::compile(&world, &resources, &semantics, previous);
                    (world, snapshot)
                });
                // Only a panic gets here, and nothing panics.
                let Ok((same, snapshot)) = compiled.await else { return };
                world = same;
                live.publish(snapshot);
            }
        }
    }
}
