//! What goes wrong between a controller and its API server, and that nothing is lost by it.

use smi_controller::Snapshot;
use smi_policy::{ObjectKind, ObjectName};

use crate::api::{Cluster, Cut, Fault};
use crate::support::{any_route, eventually, is_open, start, target, until};

/// A cluster with one open account, seen by a controller.
async fn cluster() -> (Cluster, smi_controller::Running) {
    let cluster = Cluster::start_with_all();
    cluster.put(any_route("shop"));
    cluster.put(target("cart", "v1alpha3"));
    let running = start(&cluster);
    until(&running.live, "cart is open", |now| is_open(now, "cart")).await;
    // The watches are there too.
    eventually("watches", || {
        let store = cluster.store();
        store.requests.iter().filter(|it| it.contains("watch=true")).count() >= 7
    })
    .await;
    (cluster, running)
}

fn lists(cluster: &Cluster) -> usize {
    let store = cluster.store();
    store
        .requests
        .iter()
        .filter(|it| it.contains("/traffictargets?") && it.contains("limit=500"))
        .count()
}

/// A watch that ends is taken up where it was: nothing is listed again.
#[tokio::test(flavor = "multi_thread")]
async fn watches_that_end_go_on_where_they_were() {
    let (cluster, running) = cluster().await;
    let listed = lists(&cluster);
    for round in 0..5 {
        let name = format!("round-{round}");
        cluster.cut(Cut::End);
        cluster.put(target(&name, "v1alpha3"));
        until(&running.live, &name, |now| is_open(now, &name)).await;
    }
    assert_eq!(lists(&cluster), listed);
}

/// The version from which the last watch of TrafficTargets was asked for.
fn watched_from(cluster: &Cluster) -> u64 {
    let store = cluster.store();
    let mut watches = store.requests.iter().rev().filter(|it| it.contains("/traffictargets?"));
    let watch = watches.find(|it| it.contains("watch=true")).expect("a watch");
    let (_, from) = watch.split_once("resourceVersion=").expect("a version");
    from.split('&').next().and_then(|from| from.parse().ok()).expect("a number")
}

/// What happens to other kinds moves a watch on by bookmarks, so that it does not expire.
#[tokio::test(flavor = "multi_thread")]
async fn a_watch_goes_on_from_its_last_bookmark() {
    let (cluster, running) = cluster().await;
    let (listed, begun) = (lists(&cluster), watched_from(&cluster));
    for _ in 0..50 {
        cluster.put(any_route("elsewhere"));
    }
    let newest = cluster.store().version;
    let marked = |cluster: &Cluster| {
        let store = cluster.store();
        store.bookmarks.get("traffictargets").is_some_and(|version| *version >= newest)
    };
    eventually("a bookmark", || marked(&cluster)).await;
    cluster.cut(Cut::End);
    eventually("the watch goes on", || watched_from(&cluster) >= newest).await;
    println!("watched from {begun}, then from {newest} or later");
    assert!(begun < newest && lists(&cluster) == listed);
    cluster.put(target("orders", "v1alpha3"));
    until(&running.live, "orders is open", |now| is_open(now, "orders")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_connections_error_events_and_garbage_lose_nothing() {
    let (cluster, running) = cluster().await;
    let live = running.live.clone();
    let cuts = [Cut::Break, Cut::Error(500), Cut::Error(410), Cut::Error(403), Cut::Garbage];
    for (round, cut) in cuts.into_iter().cycle().take(10).enumerate() {
        let (old, new) = (format!("old-{round}"), format!("new-{round}"));
        cluster.put(target(&old, "v1alpha3"));
        until(&live, &old, |now| is_open(now, &old)).await;
        // In one step, so that garbage takes the place of a change.
        cluster.change(|store| {
            store.put(target(&new, "v1alpha3"));
            store.delete("TrafficTarget", "shop", &old);
            store.cut(cut);
        });
        let what = format!("{cut:?} in round {round}");
        until(&live, &what, |now| is_open(now, &new) && !is_open(now, &old)).await;
    }
}

/// What a watch asks for is `410 Gone`, which servers say in two ways.
#[tokio::test(flavor = "multi_thread")]
async fn an_expired_watch_lists_again() {
    for by_status in [false, true] {
        let (mut cluster, running) = cluster().await;
        let live = running.live.clone();
        cluster.store().refuses_by_status = by_status;
        cluster.go_down();
        cluster.delete("TrafficTarget", "shop", "cart");
        cluster.put(target("orders", "v1alpha3"));
        cluster.compact();
        cluster.go_up();
        until(&live, "the change", |now| is_open(now, "orders") && !is_open(now, "cart")).await;
        eventually("no watch is lost", || live.kinds().values().all(|it| it.lost.is_none())).await;
        // And it is a watch again, not only a list.
        cluster.put(target("payments", "v1alpha3"));
        until(&live, "payments is open", |now| is_open(now, "payments")).await;
    }
}

/// A fresh list lacks what was deleted while nobody watched.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_while_the_server_was_away_is_forgotten() {
    let (mut cluster, running) = cluster().await;
    let listed = lists(&cluster);
    cluster.go_down();
    assert!(cluster.delete("TrafficTarget", "shop", "cart"));
    cluster.compact();
    cluster.go_up();
    let cart = (ObjectKind::TrafficTarget, ObjectName::new("shop", "cart"));
    let is_gone = |now: &Snapshot| !is_open(now, "cart") && !now.objects.contains_key(&cart);
    until(&running.live, "cart is gone", is_gone).await;
    assert!(lists(&cluster) > listed);
}

/// A list of several pages whose later pages have expired is begun anew.
#[tokio::test(flavor = "multi_thread")]
async fn an_expired_page_begins_the_list_anew() {
    let cluster = Cluster::start_with_all();
    cluster.put(any_route("shop"));
    for number in 0..700 {
        cluster.put(target(&format!("cart-{number}"), "v1alpha3"));
    }
    cluster.fail(2, "continue=", Fault::Status(410));
    let running = start(&cluster);
    let live = running.live.clone();
    let snapshot = until(&live, "a snapshot", |_| true).await;
    assert!((0..700).all(|number| is_open(&snapshot, &format!("cart-{number}"))));
    assert!(lists(&cluster) >= 3);
}

/// While the server is away, what was known stays in force, and the report says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_and_back_changes_nothing_until_it_says_so() {
    let (mut cluster, running) = cluster().await;
    let live = running.live.clone();
    for round in 0..3 {
        cluster.go_down();
        eventually("the loss is reported", || {
            live.kinds().values().all(|status| status.lost.is_some() && status.synced)
        })
        .await;
        assert!(is_open(&live.current().unwrap(), "cart"));
        let name = format!("round-{round}");
        cluster.put(target(&name, "v1alpha3"));
        cluster.go_up();
        until(&live, &name, |now| is_open(now, &name) && is_open(now, "cart")).await;
        eventually("no loss is reported", || {
            live.kinds().values().all(|status| status.lost.is_none())
        })
        .await;
    }
}

/// Each request may fail in each way, on the first start too.
#[tokio::test(flavor = "multi_thread")]
async fn any_request_may_fail_at_first() {
    let faults = [Fault::Status(500), Fault::Status(429), Fault::Broken, Fault::Garbage];
    for (fault, path) in faults.into_iter().flat_map(|fault| {
        ["/apis/", "limit=500", "watch=true", "/v1alpha4", "services"].map(|path| (fault, path))
    }) {
        let cluster = Cluster::start_with_all();
        cluster.put(any_route("shop"));
        cluster.put(target("cart", "v1alpha3"));
        // kube's client itself waits long where it is told to come back later.
        let times = if fault == Fault::Status(429) { 2 } else { 20 };
        cluster.fail(times, path, fault);
        let running = start(&cluster);
        let what = format!("{fault:?} of {path}");
        until(&running.live, &what, |now| is_open(now, "cart")).await;
        cluster.put(target("orders", "v1alpha3"));
        until(&running.live, &what, |now| is_open(now, "orders")).await;
        eventually("the faults are used up", || cluster.store().faults.is_empty()).await;
    }
}

/// A server that knows its custom resources not yet must not make a controller forget them.
#[tokio::test(flavor = "multi_thread")]
async fn discovery_that_lacks_a_kind_is_not_believed_without_a_list() {
    let (cluster, running) = cluster().await;
    let live = running.live.clone();
    let before = live.current().unwrap().generation;
    for path in ["/apis/access.smi-spec.io", "/apis/specs.smi-spec.io"] {
        cluster.store().hidden.push(path.to_owned());
    }
    // It asks twice for one object of each kind that discovery lacks.
    let asked = |plural: &str| {
        let store = cluster.store();
        let is_it = |it: &&String| it.contains(plural) && it.contains("limit=1");
        store.requests.iter().filter(is_it).count()
    };
    let has_asked = || ["/traffictargets?", "/tcproutes?"].iter().all(|it| asked(it) >= 2);
    eventually("discovery is not believed", has_asked).await;
    let now = live.current().unwrap();
    assert!(is_open(&now, "cart"), "generations {before} and {}", now.generation);
    cluster.store().hidden.clear();
    cluster.put(target("orders", "v1alpha3"));
    until(&live, "orders is open", |now| is_open(now, "orders") && is_open(now, "cart")).await;
}
