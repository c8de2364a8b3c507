//! An API server of Kubernetes in this process, as far as a controller of custom resources sees one.
//!
//! It serves discovery, lists in pages, watches with bookmarks, and writes; it forgets old versions,
//! converts and validates by the webhooks that are registered with it, and fails on demand. What it
//! answers is modelled on kube-apiserver 1.3x; kubectl works with it.

#![allow(dead_code, reason = "each program that includes this uses a part of it")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "it is for tests, and for trying things out"
)]

mod http;
#[path = "../../../loopback/ports.rs"]
pub(crate) mod ports;
mod store;
#[path = "../../../loopback/wait.rs"]
pub(crate) mod wait;
pub(crate) mod webhook;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::serve::ListenerExt;
use serde_json::Value;
use smi_types::api::Kind;
use tokio::runtime::Runtime;
use tokio::sync::watch;

pub(crate) use store::{Resource, Store};

/// A cluster: its API server and what is stored.
pub(crate) struct Cluster {
    pub(crate) shared: Arc<Shared>,
    address: SocketAddr,
    server: Option<Runtime>,
}

pub(crate) struct Shared {
    store: Mutex<Store>,
    /// Tells watches that something has changed.
    changed: watch::Sender<u64>,
}

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is answered with this status.
    Status(u16),
    /// The connection breaks in the middle of the answer.
    Broken,
    /// The answer is no JSON.
    Garbage,
}

/// What happens to watches that are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// They end as they do after a time.
    End,
    /// Their connections break.
    Break,
    /// They get an event of type ERROR with this code and end.
    Error(u16),
    /// They get a line that is no event, and lose one that is.
    Garbage,
}

impl Cluster {
    /// Starts an API server that offers these versions of each kind, and Services.
    pub(crate) fn start(versions: impl Fn(Kind) -> Vec<&'static str>) -> Self {
        // Not any port: while it is down, nobody else may be given it.
        let [address] = ports::free_addresses();
        Self::start_at(address, versions)
    }

    pub(crate) fn start_at(
        address: SocketAddr,
        versions: impl Fn(Kind) -> Vec<&'static str>,
    ) -> Self {
        let mut store = Store::new();
        for kind in Kind::ALL {
            let versions = versions(kind);
            if !versions.is_empty() {
                store.define(kind, &versions);
            }
        }
        let (changed, _) = watch::channel(0);
        let shared = Arc::new(Shared { store: Mutex::new(store), changed });
        let mut cluster = Self { shared, address, server: None };
        cluster.go_up();
        cluster
    }

    /// All versions of all kinds.
    pub(crate) fn start_with_all() -> Self {
        Self::start(all_versions)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn client(&self) -> kube::Client {
        kube::Client::try_from(kube::Config::new(self.url().parse().unwrap())).unwrap()
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.shared.store.lock().unwrap()
    }

    /// Changes what is stored, and tells all watches.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Store) -> T) -> T {
        self.shared.change(change)
    }

    /// Stores all objects of a text that are of kinds that are served, in the versions in which they
    /// are written.
    pub(crate) fn apply(&self, text: &str) -> Result<usize, serde_saphyr::Error> {
        let documents: Vec<Value> = serde_saphyr::from_multiple(text)?;
        let mut applied = 0;
        for mut document in documents {
            let items = match document.get_mut("items").map(Value::take) {
                Some(Value::Array(items)) => items,
                _ => vec![document],
            };
            for object in items {
                let served = |resource: &Resource| object["kind"] == *resource.kind;
                if self.store().resources.iter().any(served) {
                    self.put(object);
                    applied += 1;
                }
            }
        }
        Ok(applied)
    }

    /// Stores an object, new or not.
    pub(crate) fn put(&self, object: Value) {
        self.change(|store| store.put(object));
    }

    pub(crate) fn delete(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.change(|store| store.delete(kind, namespace, name))
    }

    /// Forgets all old versions: watches that ask for one, and further pages, get 410 Gone.
    pub(crate) fn compact(&self) {
        self.change(Store::compact);
    }

    pub(crate) fn cut(&self, cut: Cut) {
        self.change(|store| store.cut(cut));
    }

    /// Lets the next requests whose path and query contain this text fail.
    pub(crate) fn fail(&self, times: usize, path: &str, fault: Fault) {
        self.store().faults.push((path.to_owned(), times, fault));
    }

    /// Breaks all connections and takes no more.
    pub(crate) fn go_down(&mut self) {
        if let Some(server) = self.server.take() {
            // Not within a runtime, which must not wait.
            let stop = move || server.shutdown_timeout(Duration::from_secs(10));
            std::thread::spawn(stop).join().unwrap();
        }
    }

    /// Serves again, at the address where it was.
    pub(crate) fn go_up(&mut self) {
        let mut listener = None;
        wait::until("its address is free", || {
            listener = std::net::TcpListener::bind(self.address).ok();
            listener.is_some()
        });
        let listener = listener.unwrap();
        listener.set_nonblocking(true).unwrap();
        let server =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let server = server.unwrap();
        let routes = http::routes(self.shared.clone());
        server.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            // As Go does: a change is sent at once.
            let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
            axum::serve(listener, routes).await.unwrap();
        });
        self.server = Some(server);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.go_down();
    }
}

impl Shared {
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Store) -> T) -> T {
        let outcome = change(&mut self.store.lock().unwrap());
        self.changed.send_modify(|count| *count += 1);
        outcome
    }
}

pub(crate) fn all_versions(kind: Kind) -> Vec<&'static str> {
    kind.versions().iter().map(|version| version.as_str()).collect()
}
