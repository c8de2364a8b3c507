use std::fmt;
use std::sync::mpsc as blocking;
use std::time::Duration;

use kube::Client;
use smi_policy::{ObjectKind, Semantics};
use tokio::sync::mpsc::{self, Receiver};
use tokio::task::JoinSet;

use crate::change::{self, Callback};
use crate::events;
use crate::live::{Live, Publisher};
use crate::watch::{News, watch};
use crate::world::World;

/// Watches a cluster and keeps a policy and splits for it.
#[must_use]
pub struct Controller {
    /// The API server.
    pub client: Client,
    /// How objects are read.
    pub semantics: Semantics,
    /// Whether to watch Services; otherwise splits don't look at ports.
    pub services: bool,
    /// Whether to publish events in the cluster.
    pub events: bool,
    /// What is called, on a thread of its own, for each SMI object that changes. Of several changes of
    /// an object in short time it may be told of the newest only. What fails is called again later.
    pub on_change: Option<Callback>,
    /// How long to wait for what.
    pub pace: Pace,
}

/// How long a [`Controller`] waits for what.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// From the first change to the next policy: changes that arrive in the meantime are in it.
    pub settle: Duration,
    /// After a first failure; doubled with each further one, to 60 times this.
    pub retry: Duration,
    /// Until the API server is asked again which versions it offers.
    pub discover: Duration,
}

/// A [`Controller`] that runs, until it is dropped.
#[derive(Debug)]
pub struct Running {
    /// What it knows.
    pub live: Live,
    /// Its parts. None of them ends by itself.
    pub tasks: JoinSet<()>,
}

impl Controller {
    /// A controller that reads by the semantics of the specification, watches Services and publishes
    /// events.
    pub fn new(client: Client) -> Self {
        let pace = Pace {
            settle: Duration::from_millis(50),
            retry: Duration::from_millis(500),
            discover: Duration::from_secs(60),
        };
        let semantics = Semantics::default();
        Self { client, semantics, services: true, events: true, on_change: None, pace }
    }

    /// Starts to watch, within a runtime of tokio.
    pub fn start(self) -> Running {
        let Self { client, semantics, services, events, on_change, pace } = self;
        let callback = on_change.map(|callback| {
            let (send, changes) = blocking::channel();
            std::thread::spawn(move || change::call(callback, &changes, pace.retry));
            send
        });
        let mut kinds = vec![
            ObjectKind::TrafficTarget,
            ObjectKind::IdentityBinding,
            ObjectKind::HttpRouteGroup,
            ObjectKind::TcpRoute,
            ObjectKind::UdpRoute,
            ObjectKind::TrafficSplit,
        ];
        kinds.extend(services.then_some(ObjectKind::Service));
        let world = World::new(&kinds, semantics, callback);
        let (publisher, live) = Publisher::new();
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

impl fmt::Debug for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Controller").field("semantics", &self.semantics).finish_non_exhaustive()
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
