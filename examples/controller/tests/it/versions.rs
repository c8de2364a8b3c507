//! The API server offers some versions and not others; the decisions are the same.

use smi_policy::ObjectKind;
use smi_types::api::{Kind, Version};
use smi_types::convert::Converter;

use crate::api::Cluster;
use crate::support::{any_route, eventually, is_open, start, target, until, version};

/// Offers one version of each kind, the newest that is not newer than this.
fn only(newest: Version) -> impl Fn(Kind) -> Vec<&'static str> {
    move |kind| {
        let fits = kind.versions().iter().rev().find(|version| **version <= newest);
        fits.map(|version| vec![version.as_str()]).unwrap_or_default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_offered_version_is_watched() {
    for newest in Version::ALL {
        let cluster = Cluster::start(only(newest));
        let offered = cluster.store().resource("specs.smi-spec.io", "tcproutes").unwrap().clone();
        let route = Converter::new().convert(any_route("shop"), newest.min(Version::V1alpha4));
        assert_eq!(offered.versions, [newest.as_str()]);
        cluster.put(route.unwrap().object);
        cluster.put(target("cart", newest.as_str()));
        let running = start(&cluster);
        let snapshot = until(&running.live, newest.as_str(), |now| is_open(now, "cart")).await;
        assert!(!is_open(&snapshot, "orders"));
        let live = running.live.clone();
        assert_eq!(version(&live, ObjectKind::TrafficTarget).as_deref(), Some(newest.as_str()));
        let is_offered = newest == Version::V1alpha4;
        assert_eq!(version(&live, ObjectKind::UdpRoute).is_some(), is_offered);
    }
}

/// An administrator upgrades the definitions under a running controller.
#[tokio::test(flavor = "multi_thread")]
async fn the_newest_version_is_followed_when_the_offer_changes() {
    let cluster = Cluster::start(only(Version::V1alpha2));
    let route = Converter::new().convert(any_route("shop"), Version::V1alpha2);
    cluster.put(route.unwrap().object);
    cluster.put(target("cart", "v1alpha2"));
    let running = start(&cluster);
    let live = running.live.clone();
    until(&live, "cart is open", |now| is_open(now, "cart")).await;

    // Under the strategy None, an API server only writes another apiVersion: here that is enough.
    cluster.change(|store| store.define(Kind::TrafficTarget, &["v1alpha2", "v1alpha3"]));
    eventually("v1alpha3 is watched", || {
        version(&live, ObjectKind::TrafficTarget).as_deref() == Some("v1alpha3")
    })
    .await;
    cluster.put(target("orders", "v1alpha3"));
    until(&live, "orders is open", |now| is_open(now, "orders") && is_open(now, "cart")).await;

    // The old one is no longer served, nor the one that is watched.
    cluster.change(|store| {
        store.define(Kind::TrafficTarget, &["v1alpha2"]);
        store.cut(crate::api::Cut::End);
    });
    eventually("v1alpha2 is watched again", || {
        version(&live, ObjectKind::TrafficTarget).as_deref() == Some("v1alpha2")
    })
    .await;
    cluster.put(target("payments", "v1alpha2"));
    until(&live, "payments is open", |now| is_open(now, "payments")).await;
}
