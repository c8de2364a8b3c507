//! Embedders are told what changes, as the Go controller SDK told them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use smi_controller::{Callbacks, Change, Outcome};
use smi_types::hub::{HttpRouteGroup, IdentityBinding, PortRoute, TrafficSplit, TrafficTarget};

use crate::api::{Cluster, Cut};
use crate::support::{any_route, controller, eventually, target};

/// Keeps what it is told, and how often.
#[derive(Clone, Default)]
pub(crate) struct Told {
    pub(crate) objects: Arc<Mutex<BTreeMap<String, String>>>,
    pub(crate) calls: Arc<AtomicUsize>,
    /// How many calls fail from now on.
    failing: Arc<AtomicUsize>,
}

impl Told {
    fn tell<T>(&self, kind: &str, change: &Change<'_, T>, say: impl Fn(&T) -> String) -> Outcome {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let fails = |left: usize| left.checked_sub(1);
        if self.failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails).is_ok() {
            return Err("not now".into());
        }
        let mut objects = self.objects.lock().unwrap();
        match change {
            Change::Upsert(object) => drop(objects.insert(say(object), kind.to_owned())),
            Change::Unreadable(key, problems) => {
                assert!(problems.iter().any(|problem| problem.is_error()));
                objects.insert(key.to_string(), "unreadable".to_owned());
            }
            Change::Delete(key) => drop(objects.remove(&key.to_string())),
        }
        Ok(())
    }

    pub(crate) fn has(&self, object: &str) -> bool {
        self.objects.lock().unwrap().contains_key(object)
    }
}

fn said(kind: &str, meta: &smi_types::hub::Meta) -> String {
    format!("{kind} {}/{}", meta.namespace.as_deref().unwrap_or_default(), meta.name)
}

impl Callbacks for Told {
    fn traffic_target(&self, change: Change<'_, TrafficTarget>) -> Outcome {
        self.tell("a", &change, |it| said("TrafficTarget", &it.meta))
    }

    fn identity_binding(&self, change: Change<'_, IdentityBinding>) -> Outcome {
        self.tell("b", &change, |it| said("IdentityBinding", &it.meta))
    }

    fn http_route_group(&self, change: Change<'_, HttpRouteGroup>) -> Outcome {
        self.tell("c", &change, |it| said("HTTPRouteGroup", &it.meta))
    }

    fn tcp_route(&self, change: Change<'_, PortRoute>) -> Outcome {
        self.tell("d", &change, |it| said("TCPRoute", &it.meta))
    }

    fn udp_route(&self, change: Change<'_, PortRoute>) -> Outcome {
        self.tell("e", &change, |it| said("UDPRoute", &it.meta))
    }

    fn traffic_split(&self, change: Change<'_, TrafficSplit>) -> Outcome {
        self.tell("f", &change, |it| said("TrafficSplit", &it.meta))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_is_told_by_its_own_callback() {
    let cluster = Cluster::start_with_all();
    crate::cluster::shop(&cluster);
    let smi = cluster.store().objects.values().filter(|object| object["kind"] != "Service").count();
    let told = Told::default();
    let _running = controller(&cluster).without_events().callbacks(told.clone()).start();
    eventually("all are told", || told.objects.lock().unwrap().len() == smi).await;
    let kinds: std::collections::BTreeSet<String> =
        told.objects.lock().unwrap().values().cloned().collect();
    assert_eq!(kinds.into_iter().collect::<String>(), "abcdef");
    assert_eq!(told.calls.load(Ordering::SeqCst), smi);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_list_tells_only_what_is_different() {
    let mut cluster = Cluster::start_with_all();
    for name in ["a", "b", "c"] {
        cluster.put(target(name, "v1alpha3"));
    }
    let told = Told::default();
    let _running = controller(&cluster).without_events().callbacks(told.clone()).start();
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
    let b = || told.objects.lock().unwrap().get("TrafficTarget shop/b").cloned();
    eventually("b is unreadable", || b().as_deref() == Some("unreadable")).await;
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
    let _running = controller(&cluster).without_events().callbacks(told.clone()).start();
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
    struct Bad(std::sync::Mutex<std::sync::mpsc::Receiver<()>>);
    impl Callbacks for Bad {
        fn traffic_target(&self, _: Change<'_, TrafficTarget>) -> Outcome {
            panic!("a callback that panics, on purpose")
        }
        fn tcp_route(&self, _: Change<'_, PortRoute>) -> Outcome {
            let _ = self.0.lock().unwrap().recv();
            Ok(())
        }
    }
    let cluster = Cluster::start_with_all();
    cluster.put(any_route("shop"));
    cluster.put(target("cart", "v1alpha3"));
    let (release, blocked) = std::sync::mpsc::channel();
    let bad = Bad(std::sync::Mutex::new(blocked));
    let running = controller(&cluster).without_events().callbacks(bad).start();
    let live = running.live();
    for name in ["orders", "payments"] {
        cluster.put(target(name, "v1alpha3"));
        crate::support::until(&live, name, |now| crate::support::is_open(now, name)).await;
    }
    cluster.cut(Cut::End);
    cluster.put(json!(target("web", "v1alpha3")));
    crate::support::until(&live, "web", |now| crate::support::is_open(now, "web")).await;
    drop(release);
}
