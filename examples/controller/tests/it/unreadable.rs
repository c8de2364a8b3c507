//! One object that can't be read never stops the others, and is reported.

use serde_json::{Value, json};
use smi_controller::Controller;
use smi_policy::{Diagnostic, Identity, Request, Semantics, Severity, Unselected};

use crate::api::Cluster;
use crate::support::{any_route, controller, is_open, start, status, target, target_for, until};

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| json!([inner]))
}

/// Objects that API servers may hold, by name: with definitions that check nothing, any.
fn broken() -> Vec<(&'static str, Value)> {
    let mut broken = Vec::new();
    let mut add = |name: &'static str, change: &dyn Fn(&mut Value)| {
        let mut object = target("broken", "v1alpha4");
        object["metadata"]["name"] = name.into();
        change(&mut object);
        broken.push((name, object));
    };
    add("no-spec", &|object| drop(object.as_object_mut().unwrap().remove("spec")));
    add("spec-is-text", &|object| object["spec"] = "open".into());
    add("sources-is-number", &|object| object["spec"]["sources"] = 7.into());
    add("deep", &|object| object["spec"]["rules"] = nested(100));
    add("very-deep", &|object| object["spec"]["rules"] = nested(400));
    add("labels-of-numbers", &|object| {
        object["metadata"]["labels"] = json!({"a": 1});
        object["spec"]["sources"] = json!("nobody");
    });
    add("strange-metadata", &|object| {
        object["metadata"]["annotations"] = json!(["a"]);
        object["metadata"]["managedFields"] = json!({"time": -1});
        object["spec"]["destination"] = json!([]);
    });
    add("huge-number", &|object| object["spec"]["sources"] = json!(1e308));
    broken
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_objects_are_reported_and_the_others_work() {
    // Listed, and seen by a watch.
    for is_first in [true, false] {
        let cluster = Cluster::start_with_all();
        cluster.put(any_route("shop"));
        cluster.put(target("cart", "v1alpha4"));
        let mut running = None;
        if !is_first {
            let started = running.insert(start(&cluster));
            until(&started.live, "cart is open", |now| is_open(now, "cart")).await;
        }
        for (_, object) in broken() {
            cluster.put(object);
        }
        cluster.put(target("orders", "v1alpha4"));
        let running = running.unwrap_or_else(|| start(&cluster));
        let live = running.live.clone();
        let snapshot = until(&live, "orders is open", |now| is_open(now, "orders")).await;
        assert!(is_open(&snapshot, "cart") && !is_open(&snapshot, "broken"));
        for (name, _) in broken() {
            let status =
                status(&snapshot, name).unwrap_or_else(|| panic!("{name} is not reported"));
            let is_error = |it: &&Diagnostic| it.severity == Severity::Error;
            let error = status.findings.iter().find(is_error);
            println!("{}", error.unwrap_or_else(|| panic!("{name} is accepted")));
            assert!(!status.is_accepted());
        }
    }
}

/// An object that was readable grants nothing once it isn't.
#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_unreadable_grants_nothing_any_more() {
    let cluster = Cluster::start_with_all();
    cluster.put(any_route("shop"));
    cluster.put(target("cart", "v1alpha4"));
    let running = start(&cluster);
    let live = running.live.clone();
    for (name, object) in broken() {
        cluster.put(target("cart", "v1alpha4"));
        until(&live, "cart is open", |now| is_open(now, "cart")).await;
        let mut cart = object.clone();
        cart["metadata"]["name"] = "cart".into();
        cluster.put(cart);
        until(&live, name, |now| !is_open(now, "cart")).await;
    }
}

/// Where nothing selected means everything is open, a target that can't be read closes.
#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_target_closes_its_namespace() {
    let cluster = Cluster::start_with_all();
    let (_, mut deep) = broken().into_iter().find(|(name, _)| *name == "very-deep").unwrap();
    deep["metadata"]["namespace"] = "closed".into();
    cluster.put(deep);
    cluster.put(target_for("cart", "v1alpha4", "shop", "mobile"));
    let semantics = Semantics::default().with_unselected(Unselected::Allow);
    let running = Controller { semantics, events: false, ..controller(&cluster) }.start();
    let snapshot = until(&running.live, "a snapshot", |_| true).await;
    let is_open = |namespace: &str, name: &str| {
        let destination = Identity::service_account(namespace, name);
        let request = Request::tcp(None, &destination, 80);
        snapshot.policy.authorize(&request).is_allowed()
    };
    assert!(is_open("elsewhere", "any") && is_open("shop", "any"));
    assert!(!is_open("closed", "any") && !is_open("shop", "cart"));
}
