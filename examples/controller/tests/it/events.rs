//! Events of the cluster say what is wrong, once.

use serde_json::{Value, json};

use crate::api::{Cluster, Fault};
use crate::support::{controller, eventually, start, until};

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

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_not_repeated_while_it_holds_and_counted_when_it_returns() {
    let cluster = birds();
    let running = controller(&cluster).start();
    let live = running.live();
    eventually("both events", || reasons(&cluster).len() == 2).await;
    // Other changes, and new lists.
    for round in 0..3 {
        cluster.put(service("other", 80 + round));
        cluster.compact();
        let generation = live.current().unwrap().generation;
        until(&live, "a snapshot", |now| now.generation > generation).await;
    }
    let counts = || {
        let events = cluster.store().events();
        events.iter().filter(|event| !event["series"]["count"].is_null()).count()
    };
    assert_eq!((reasons(&cluster).len(), counts()), (2, 0));
    // Mended, and broken again.
    cluster.put(service("green-birds", 8080));
    until(&live, "mended", |now| now.objects.iter().any(|it| it.name == "first" && it.accepted))
        .await;
    eventually("it is noticed", || true).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    cluster.put(service("green-birds", 1024));
    eventually("it is counted", || counts() == 1).await;
    drop(running);

    // A controller that starts anew counts too, rather than writing the same again.
    let _running = controller(&cluster).start();
    eventually("both are counted", || counts() == 2).await;
    assert_eq!(reasons(&cluster).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_events_are_written_where_none_are_wanted() {
    let cluster = birds();
    let running = start(&cluster);
    until(&running.live(), "a snapshot", |_| true).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(reasons(&cluster).is_empty());
}
