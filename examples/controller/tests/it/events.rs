//! Events of the cluster say what is wrong, once.

use serde_json::{Value, json};
use smi_controller::{ObjectStatus, Snapshot};

use crate::api::{Cluster, Fault};
use crate::support::{controller, eventually, start, status, target, until};

fn service(name: &str, port: u16) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"},
        "spec": {"ports": [{"port": port, "protocol": "TCP"}]},
    })
}

fn split(name: &str) -> Value {
    json!({
        "apiVersion": "split.smi-spec.io/v1alpha4", "kind": "TrafficSplit",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"service": "birds", "backends": [
            {"service": "blue-birds", "weight": 1}, {"service": "green-birds", "weight": 1},
        ]},
    })
}

/// Two splits of one service, of which a backend has another port.
fn birds() -> Cluster {
    let cluster = Cluster::start_with_all();
    cluster.put(service("birds", 8080));
    cluster.put(service("blue-birds", 8080));
    cluster.put(service("green-birds", 1024));
    cluster.put(split("first"));
    cluster.put(split("second"));
    cluster
}

fn reasons(cluster: &Cluster) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let events = cluster.store().events();
    let mut reasons: Vec<_> = events
        .iter()
        .map(|event| (text(&event["regarding"]["name"]), text(&event["reason"])))
        .collect();
    reasons.sort();
    reasons
}

#[tokio::test(flavor = "multi_thread")]
async fn port_mismatches_and_conflicts_are_events() {
    let cluster = birds();
    // The first tries fail, and are made again.
    cluster.fail(2, "/events", Fault::Status(503));
    let _running = controller(&cluster).start();
    let expected = [("first", "BackendPortMismatch"), ("second", "Conflicted")]
        .map(|(split, reason)| (split.to_owned(), reason.to_owned()));
    eventually("both events", || reasons(&cluster) == expected).await;

    let events = cluster.store().events();
    let mismatch = events.iter().find(|event| event["reason"] == "BackendPortMismatch").unwrap();
    assert_eq!(
        mismatch["note"],
        "spec.backends[1].service: traffic to 8080/TCP of `shop/birds` will not be split to \
         `shop/green-birds`: its Service has 1024/TCP only"
    );
    assert_eq!((&mismatch["type"], &mismatch["action"]), (&"Warning".into(), &"Compile".into()));
    let regarding = &mismatch["regarding"];
    let stored =
        cluster.store().objects[&("trafficsplits".into(), "shop".into(), "first".into())].clone();
    assert_eq!(regarding["uid"], stored["metadata"]["uid"]);
    assert_eq!(regarding["apiVersion"], "split.smi-spec.io/v1alpha4");
}

/// Neither other changes nor fresh lists nor a restart repeat an event.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_not_repeated_while_it_holds_and_is_new_when_it_returns() {
    let mut cluster = birds();
    let running = controller(&cluster).start();
    let live = running.live.clone();
    eventually("both events", || reasons(&cluster).len() == 2).await;
    for round in 0..3 {
        let generation = live.current().unwrap().generation;
        cluster.go_down();
        cluster.put(service("other", 80 + round));
        cluster.compact();
        cluster.go_up();
        until(&live, "a snapshot", |now| now.generation > generation).await;
    }
    drop(running);
    // What is said last says that all before is done.
    cluster.put(split("third"));
    let running = controller(&cluster).start();
    let live = running.live.clone();
    eventually("the third conflicts too", || reasons(&cluster).len() == 3).await;
    assert_eq!(reasons(&cluster)[0], ("first".to_owned(), "BackendPortMismatch".to_owned()));

    // Mended, and broken again.
    cluster.put(service("green-birds", 8080));
    let is_mended = |now: &Snapshot| status(now, "first").is_some_and(ObjectStatus::is_accepted);
    until(&live, "mended", is_mended).await;
    cluster.put(split("fourth"));
    eventually("the mended state is noticed", || reasons(&cluster).len() == 4).await;
    cluster.put(service("green-birds", 1024));
    eventually("it is said again", || reasons(&cluster).len() == 5).await;
    assert_eq!(reasons(&cluster)[1], ("first".to_owned(), "BackendPortMismatch".to_owned()));
}

/// Two findings of one object for the same reason are two events, each with its own note.
#[tokio::test(flavor = "multi_thread")]
async fn each_finding_is_an_event_of_its_own() {
    let cluster = Cluster::start_with_all();
    let mut dangling = target("cart", "v1alpha4");
    dangling["spec"]["rules"] =
        json!([{"kind": "TCPRoute", "name": "one"}, {"kind": "TCPRoute", "name": "two"}]);
    cluster.put(dangling);
    let _running = controller(&cluster).start();
    let expected = vec![("cart".to_owned(), "DanglingReference".to_owned()); 2];
    eventually("both events", || reasons(&cluster) == expected).await;
    let notes: Vec<_> = cluster.store().events().iter().map(|it| it["note"].to_string()).collect();
    let of = |rule: &str| notes.iter().filter(|note| note.contains(rule)).count();
    assert_eq!((of("spec.rules[0]"), of("spec.rules[1]")), (1, 1), "{notes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_events_are_written_where_none_are_wanted() {
    let cluster = birds();
    let running = start(&cluster);
    until(&running.live, "a snapshot", |_| true).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(reasons(&cluster).is_empty());
}
