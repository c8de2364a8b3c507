//! Embedders are told what changes, as the Go controller SDK told them.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use smi_controller::{Callback, Change, Controller};
use smi_policy::Severity;
use smi_types::hub::Object;

use crate::api::{Cluster, Cut};
use crate::support::{any_route, controller, eventually, is_open, target, until};

/// Keeps what it is told, by object, and how often.
#[derive(Clone, Default)]
pub(crate) struct Told {
    pub(crate) objects: Arc<Mutex<BTreeMap<String, &'static str>>>,
    pub(crate) calls: Arc<AtomicUsize>,
    /// How many calls fail from now on.
    failing: Arc<AtomicUsize>,
}

impl Told {
    pub(crate) fn tell(&self, change: &Change) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let fails = |left: usize| left.checked_sub(1);
        if self.failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails).is_ok() {
            return Err("not now".into());
        }
        let mut objects = self.objects.lock().unwrap();
        match change {
            Change::Upsert(object) => {
                let what = match object {
                    Object::TrafficTarget(_) => "target",
                    Object::IdentityBinding(_) => "binding",
                    Object::HttpRouteGroup(_) => "group",
                    Object::TcpRoute(_) => "tcp",
                    Object::UdpRoute(_) => "udp",
                    Object::TrafficSplit(_) => "split",
                };
                let (kind, meta) = (object.kind(), object.meta());
                let namespace = meta.namespace.as_deref().unwrap_or_default();
                objects.insert(format!("{kind} {namespace}/{}", meta.name), what);
            }
            Change::Unreadable(kind, name, findings) => {
                assert!(findings.iter().any(|it| it.severity == Severity::Error));
                objects.insert(format!("{kind} {name}"), "unreadable");
            }
            Change::Delete(kind, name) => drop(objects.remove(&format!("{kind} {name}"))),
        }
        Ok(())
    }

    pub(crate) fn has(&self, object: &str) -> bool {
        self.objects.lock().unwrap().contains_key(object)
    }
}

/// A controller that tells of changes.
pub(crate) fn telling(cluster: &Cluster, told: &Told) -> smi_controller::Running {
    let told = told.clone();
    let on_change: Callback = Box::new(move |change| told.tell(change));
    Controller { events: false, on_change: Some(on_change), ..controller(cluster) }.start()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_is_told_by_its_own_callback() {
    let cluster = Cluster::start_with_all();
    crate::cluster::shop(&cluster);
    let smi = cluster.store().objects.values().filter(|object| object["kind"] != "Service").count();
    let told = Told::default();
    let _running = telling(&cluster, &told);
    eventually("all are told", || told.objects.lock().unwrap().len() == smi).await;
    let kinds: BTreeSet<&str> = told.objects.lock().unwrap().values().copied().collect();
    let expected = ["binding", "group", "split", "target", "tcp", "udp"];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(told.calls.load(Ordering::SeqCst), smi);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_list_tells_only_what_is_different() {
    let mut cluster = Cluster::start_with_all();
    for name in ["a", "b", "c"] {
        cluster.put(target(name, "v1alpha3"));
    }
    let told = Told::default();
    let _running = telling(&cluster, &told);
    eventually("all are told", || told.objects.lock().unwrap().len() == 3).await;
    cluster.go_down();
    cluster.delete("TrafficTarget", "shop", "a");
    cluster.put(target("d", "v1alpha3"));
    let mut broken = target("b", "v1alpha3");
    broken["spec"] = "unreadable".into();
    cluster.put(broken);
    cluster.compact();
    cluster.go_up();
    eventually("d is told", || told.has("TrafficTarget shop/d")).await;
    eventually("a is gone", || !told.has("TrafficTarget shop/a")).await;
    let b = || told.objects.lock().unwrap().get("TrafficTarget shop/b").copied();
    eventually("b is unreadable", || b() == Some("unreadable")).await;
    assert!(told.has("TrafficTarget shop/c"));
    assert_eq!(told.calls.load(Ordering::SeqCst), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_fails_is_called_again_with_the_newest() {
    let cluster = Cluster::start_with_all();
    cluster.put(any_route("shop"));
    cluster.put(target("cart", "v1alpha3"));
    let told = Told::default();
    told.failing.store(5, Ordering::SeqCst);
    let _running = telling(&cluster, &told);
    let both = || told.has("TrafficTarget shop/cart") && told.has("TCPRoute shop/any");
    eventually("both are told", both).await;
    assert_eq!(told.calls.load(Ordering::SeqCst), 7);
    told.failing.store(3, Ordering::SeqCst);
    cluster.delete("TrafficTarget", "shop", "cart");
    eventually("cart is gone", || !told.has("TrafficTarget shop/cart")).await;
}

/// What a callback does must not harm the policy.
#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_panics_or_blocks_harms_nothing() {
    let cluster = Cluster::start_with_all();
    cluster.put(any_route("shop"));
    cluster.put(target("cart", "v1alpha3"));
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let panics = Arc::new(AtomicUsize::new(0));
    let panicked = panics.clone();
    let on_change: Callback = Box::new(move |change| {
        if panicked.fetch_add(1, Ordering::SeqCst) < 3 {
            panic!("a callback that panics, on purpose: {change:?}");
        }
        let _ = blocked.recv();
        Ok(())
    });
    let running =
        Controller { events: false, on_change: Some(on_change), ..controller(&cluster) }.start();
    let live = running.live.clone();
    eventually("it has panicked and been called again", || panics.load(Ordering::SeqCst) > 3).await;
    for name in ["orders", "payments"] {
        cluster.put(target(name, "v1alpha3"));
        until(&live, name, |now| is_open(now, name)).await;
    }
    cluster.cut(Cut::End);
    cluster.put(target("web", "v1alpha3"));
    until(&live, "web", |now| is_open(now, "web")).await;
    drop(release);
}
