//! What a controller is for: it sees a cluster and is right about it.

use std::time::Duration;

use smi_controller::{Controller, Pace, Snapshot};
use smi_policy::{ObjectKind, ObjectName};
use smi_types::api::Kind;

use crate::api::{Cluster, Fault, all_versions};
use crate::support::{
    answers, any_route, compiled, controller, eventually, is_open, pace, start, target, target_for,
    until,
};

/// The shop of the example manifests, in all the versions in which its objects are written.
pub(crate) fn shop(cluster: &Cluster) -> usize {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../manifests/shop");
    let mut files: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| cluster.apply(&std::fs::read_to_string(file).unwrap()).unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_and_splits_are_those_of_what_is_stored() {
    let cluster = Cluster::start_with_all();
    let stored = shop(&cluster);
    let running = start(&cluster);
    let live = running.live.clone();
    let snapshot = until(&live, "a snapshot", |_| true).await;
    assert_eq!(snapshot.objects.len(), stored);

    let (policy, splits) = compiled(&cluster);
    let namespaces = ["edge", "shop", "data", "monitoring"];
    let names = [
        "ingress",
        "web",
        "catalog",
        "cart",
        "orders",
        "payments",
        "inventory",
        "prometheus",
        "catalog-v1",
        "postgres",
        "sessions",
    ];
    let expected = answers(&policy, &splits, &namespaces, &names);
    let found = answers(&snapshot.policy, &snapshot.splits, &namespaces, &names);
    assert_eq!(found, expected);
    let allowed = found.iter().filter(|answer| answer.starts_with("allow")).count();
    println!("{stored} objects: {} answers compared, {allowed} of them allow", found.len());
    assert!(stored > 20 && allowed > 20 && snapshot.splits.iter().count() > 0);
}

/// Whatever order and however often it is told, a controller comes to the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_and_a_fresh_list_change_no_answer() {
    let mut cluster = Cluster::start_with_all();
    shop(&cluster);
    cluster.put(target("dangling", "v1alpha3"));
    let (namespaces, names) = (["shop", "data"], ["web", "cart", "catalog", "orders", "postgres"]);
    let told = |now: &Snapshot| {
        let findings = now.objects.values().flat_map(|it| &it.findings).map(ToString::to_string);
        let answers = answers(&now.policy, &now.splits, &namespaces, &names);
        (answers, findings.collect::<Vec<_>>())
    };
    let running = start(&cluster);
    let first = told(&*until(&running.live, "a snapshot", |_| true).await);
    assert!(first.0.iter().any(|it| it.starts_with("allow")) && !first.1.is_empty());
    for round in 0..2 {
        cluster.go_down();
        cluster.compact();
        cluster.put(target_for("marker", "v1alpha3", &format!("round-{round}"), "web"));
        cluster.go_up();
        let marker = ObjectName::new(format!("round-{round}"), "marker");
        let is_seen =
            |now: &Snapshot| now.objects.contains_key(&(ObjectKind::TrafficTarget, marker.clone()));
        let again = told(&*until(&running.live, "a fresh list", is_seen).await);
        assert_eq!(again.0, first.0);
        assert!(first.1.iter().all(|finding| again.1.contains(finding)));
        assert!(cluster.delete("TrafficTarget", &format!("round-{round}"), "marker"));
        until(&running.live, "the marker is gone", |now| !is_seen(now)).await;
    }
    drop(running);
    let running = start(&cluster);
    let restarted = told(&*until(&running.live, "a snapshot", |_| true).await);
    assert_eq!(restarted, first);
    println!("{} answers and {} findings are the same again", first.0.len(), first.1.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_seen_and_all_else_stays() {
    let cluster = Cluster::start_with_all();
    cluster.put(any_route("shop"));
    cluster.put(target("cart", "v1alpha3"));
    let running = start(&cluster);
    let live = running.live.clone();
    until(&live, "cart is open", |now| is_open(now, "cart")).await;

    cluster.put(target("orders", "v1alpha1"));
    until(&live, "orders is open too", |now| is_open(now, "orders") && is_open(now, "cart")).await;
    cluster.put(target_for("orders", "v1alpha2", "shop", "mobile"));
    until(&live, "orders is closed", |now| !is_open(now, "orders") && is_open(now, "cart")).await;
    assert!(cluster.delete("TrafficTarget", "shop", "cart"));
    until(&live, "cart is closed", |now| !is_open(now, "cart")).await;
}

/// A policy of half the objects could allow what the other half forbids.
#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_snapshot_before_every_kind_is_listed() {
    let cluster = Cluster::start_with_all();
    cluster.put(any_route("shop"));
    cluster.put(target("cart", "v1alpha3"));
    cluster.fail(usize::MAX, "/udproutes", Fault::Status(403));
    let running = start(&cluster);
    let live = running.live.clone();
    let forbidden = || {
        let kinds = live.kinds();
        let others = kinds.values().filter(|status| status.synced).count();
        let lost = kinds.values().find_map(|status| status.lost.clone());
        others == 6 && lost.is_some_and(|reason| reason.contains("a fault"))
    };
    eventually("all but one are listed", forbidden).await;
    assert!(live.current().is_none());
    cluster.store().faults.clear();
    until(&live, "cart is open", |now| is_open(now, "cart")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn long_lists_come_in_pages_and_are_seen_whole() {
    let cluster = Cluster::start_with_all();
    cluster.put(any_route("shop"));
    let names: Vec<String> = (0..1200).map(|number| format!("cart-{number}")).collect();
    for name in &names {
        cluster.put(target(name, "v1alpha3"));
    }
    let running = start(&cluster);
    let live = running.live.clone();
    let snapshot = until(&live, "a snapshot", |_| true).await;
    assert!(names.iter().all(|name| is_open(&snapshot, name)));
    let pages = cluster.store().requests.iter().filter(|it| it.contains("continue=")).count();
    assert_eq!(pages, 2);
}

/// Changes that come together are in one policy, not in many.
#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_changes_is_compiled_a_few_times_only() {
    let cluster = Cluster::start_with_all();
    cluster.put(any_route("shop"));
    // Not even in all the time that there is could there be many.
    let pace = Pace { settle: Duration::from_secs(1), ..pace() };
    let running = Controller { events: false, pace, ..controller(&cluster) }.start();
    let live = running.live.clone();
    let first = until(&live, "a snapshot", |_| true).await;
    for number in 0..1000 {
        cluster.put(target(&format!("cart-{number}"), "v1alpha3"));
    }
    let last = until(&live, "the last", |now| is_open(now, "cart-999")).await;
    let compiled = last.generation - first.generation;
    println!("1000 changes, {compiled} snapshots");
    assert!((1..500).contains(&compiled));
}

/// Definitions come and go while the controller runs.
#[tokio::test(flavor = "multi_thread")]
async fn kinds_that_are_installed_later_are_found_and_removed_ones_forgotten() {
    let without_routes = |kind| match kind {
        Kind::TcpRoute | Kind::TrafficSplit => Vec::new(),
        kind => all_versions(kind),
    };
    let cluster = Cluster::start(without_routes);
    cluster.put(target("cart", "v1alpha3"));
    let running = start(&cluster);
    let live = running.live.clone();
    let first = until(&live, "a snapshot", |_| true).await;
    assert!(!is_open(&first, "cart"));

    cluster.change(|store| store.define(Kind::TcpRoute, &["v1alpha4"]));
    cluster.put(any_route("shop"));
    until(&live, "the route is found", |now| is_open(now, "cart")).await;

    cluster.change(|store| store.undefine(Kind::TcpRoute));
    until(&live, "the route is gone", |now| !is_open(now, "cart")).await;
    eventually("the kind is not offered", || {
        let status = &live.kinds()[&ObjectKind::TcpRoute];
        status.synced && status.api_version.is_none()
    })
    .await;
}
