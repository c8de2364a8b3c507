use std::error::Error;
use std::sync::mpsc as blocking;
use std::time::Duration;

use kube::Client;
use smi_policy::{ObjectKind, Semantics};
use tokio::sync::mpsc::{self, Receiver};
use tokio::task::JoinSet;

use crate::change::{self, Callback, Change};
use crate::events;
use crate::live::{Live, Publisher};
use crate::watch::{News, watch};
use crate::world::World;

/// Watches a cluster and keeps a policy and splits for it.
#[must_use]
pub struct Controller {
    client: Client,
    semantics: Semantics,
    callback: Option<Callback>,
    pace: Pace,
    kinds: Vec<ObjectKind>,
    events: bool,
}

/// How long the controller waits for what.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// From the first change to the next policy: changes that arrive in the meantime are in it.
    pub settle: Duration,
    /// After a first failure; doubled with each further one, to 60 times this.
    pub retry: Duration,
    /// Until the API server is asked again which versions it offers.
    pub discover: Duration,
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
        let (semantics, pace) = (Semantics::default(), Pace::default());
        let kinds = vec![
            ObjectKind::TrafficTarget,
            ObjectKind::IdentityBinding,
            ObjectKind::HttpRouteGroup,
            ObjectKind::TcpRoute,
            ObjectKind::UdpRoute,
            ObjectKind::TrafficSplit,
            ObjectKind::Service,
        ];
        Self { client, semantics, callback: None, pace, kinds, events: true }
    }

    /// Sets the semantics that objects are read by.
    pub fn semantics(self, semantics: Semantics) -> Self {
        Self { semantics, ..self }
    }

    /// Sets what is called, on a thread of its own, for each SMI object that changes. Of several
    /// changes of an object in short time it may be told of the newest only. What fails is called
    /// again later.
    pub fn on_change<F>(self, callback: F) -> Self
    where
        F: FnMut(&Change) -> Result<(), Box<dyn Error + Send + Sync>> + Send + 'static,
    {
        Self { callback: Some(Box::new(callback)), ..self }
    }

    /// Sets how long the controller waits for what.
    pub fn pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Leaves Services alone: splits don't look at ports.
    pub fn without_services(mut self) -> Self {
        self.kinds.retain(|kind| *kind != ObjectKind::Service);
        self
    }

    /// Publishes no events in the cluster.
    pub fn without_events(self) -> Self {
        Self { events: false, ..self }
    }

    /// Starts to watch, within a runtime of tokio.
    pub fn start(self) -> Running {
        let Self { client, semantics, callback, pace, kinds, events } = self;
        let (publisher, live) = Publisher::new();
        let callback = callback.map(|callback| {
            let (send, changes) = blocking::channel();
            std::thread::spawn(move || change::call(callback, &changes, pace.retry));
            send
        });
        let world = World::new(&kinds, semantics, callback);
        let (send, news) = mpsc::channel(1024);
        let mut tasks = JoinSet::new();
        for kind in kinds {
            tasks.spawn(watch(client.clone(), kind, pace, send.clone()));
        }
        if events {
            tasks.spawn(events::publish(client, live.clone(), pace.retry * 60));
        }
        tasks.spawn_blocking(move || keep(world, news, pace.settle, publisher));
        Running { live, tasks }
    }
}

impl std::fmt::Debug for Controller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Controller").field("semantics", &self.semantics).finish_non_exhaustive()
    }
}

impl Default for Pace {
    fn default() -> Self {
        let [settle, retry] = [50, 500].map(Duration::from_millis);
        Self { settle, retry, discover: Duration::from_secs(60) }
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

/// Learns what is reported for as long as anybody watches, and publishes it as soon as it has settled.
fn keep(
    mut world: World,
    mut news: Receiver<(ObjectKind, News)>,
    settle: Duration,
    mut publisher: Publisher,
) {
    while let Some((kind, first)) = news.blocking_recv() {
        world.learn(kind, first);
        std::thread::sleep(settle);
        // No more than there is now: whoever is fast must not keep the others from being heard.
        for _ in 0..news.len() {
            if let Ok((kind, more)) = news.try_recv() {
                world.learn(kind, more);
            }
        }
        let snapshot = world.snapshot();
        publisher.publish(world.kinds.clone(), snapshot);
    }
}
