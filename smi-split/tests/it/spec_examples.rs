//! The examples of the document on TrafficSplit (v1alpha4), and what its text says of them.

use std::collections::BTreeMap;

use smi_policy::{HttpMatch, HttpRequest, HttpRouteGroup, Semantics};
use smi_split::{Call, Outcome, Splits};

use crate::shares::{answer, name, split};

/// "The above configuration will route 90% of the `website` incoming traffic to the `website-v1`
/// service and 10% to `website-v2` service."
#[test]
fn canary() {
    let splits = Splits::builder(Semantics::default())
        .traffic_split(
            split("canary", "website").backend("website-v1", 90).backend("website-v2", 10),
        )
        .compile();
    let website = name("website");
    let call = Call::to(&website);
    assert_eq!(answer(&splits, &call), "default/canary: website-v1 9/10, website-v2 1/10");
    assert_eq!(splits.diagnostics(), []);

    let Outcome::Backends(backends) = splits.select(&call).outcome() else { panic!("no backends") };
    let mut smooth = BTreeMap::new();
    for _ in 0..1000 {
        *smooth.entry(backends.pick_smooth().service().name()).or_insert(0) += 1;
    }
    assert_eq!(smooth, BTreeMap::from([("website-v1", 900), ("website-v2", 100)]));

    // Of a thousand numbers at equal distances, nine hundred fall on the first.
    let numbers = (0..1000).map(|number: u64| number * (u64::MAX / 1000));
    let first = numbers.filter(|number| backends.pick(*number).service() == &name("website-v1"));
    assert_eq!(first.count(), 900);
}

/// "The above configuration will route the Firefox users to the `website-v2` service while all the
/// others will be routed to the *root* Kubernetes service."
#[test]
fn a_b_test() {
    let splits = Splits::builder(Semantics::default())
        .http_route_group(
            HttpRouteGroup::new(name("ab-test"))
                .with(HttpMatch::new("firefox-users").header("user-agent", ".*Firefox.*")),
        )
        .traffic_split(
            split("ab-test", "website")
                .http_route_group("ab-test")
                .backend("website-v1", 0)
                .backend("website-v2", 100),
        )
        .compile();
    let website = name("website");

    let headers = [("User-Agent", "Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/126.0")];
    let firefox = Call::to(&website).http(HttpRequest::new("GET", "/").headers(&headers));
    assert_eq!(answer(&splits, &firefox), "default/ab-test: website-v2 1/1");

    let headers = [("User-Agent", "Mozilla/5.0 (X11; Linux) Safari/605")];
    let safari = Call::to(&website).http(HttpRequest::new("GET", "/").headers(&headers));
    assert_eq!(answer(&splits, &safari), "none: apex");

    let opaque = Call::to(&website);
    assert_eq!(answer(&splits, &opaque), "none: apex");
}

/// "If multiple HTTP route groups are specified, all routes will be merged into a single group."
#[test]
fn several_groups_are_merged() {
    let splits = Splits::builder(Semantics::default())
        .http_route_group(
            HttpRouteGroup::new(name("firefox"))
                .with(HttpMatch::new("m").header("user-agent", ".*Firefox.*")),
        )
        .http_route_group(
            HttpRouteGroup::new(name("beta")).with(HttpMatch::new("m").path_regex("/beta")),
        )
        .traffic_split(
            split("s", "website")
                .http_route_group("firefox")
                .http_route_group("beta")
                .backend("v2", 1),
        )
        .compile();
    let website = name("website");
    let headers = [("user-agent", "Firefox")];
    for (request, expected) in [
        (HttpRequest::new("GET", "/").headers(&headers), "default/s: v2 1/1"),
        (HttpRequest::new("GET", "/beta/x").headers(&[("a", "b")]), "default/s: v2 1/1"),
        (HttpRequest::new("GET", "/").headers(&[("a", "b")]), "none: apex"),
    ] {
        assert_eq!(answer(&splits, &Call::to(&website).http(request)), expected, "{request:?}");
    }
}

/// The steps of the section Workflow: 100:0, then 1000:500 ("approximately 33%"), then all to the
/// new version.
#[test]
fn rollout() {
    let answer_of = |backends: &[(&str, u64)]| {
        let mut rollout = split("foobar-rollout", "foobar");
        for (service, weight) in backends {
            rollout = rollout.backend(*service, *weight);
        }
        let splits = Splits::builder(Semantics::default()).traffic_split(rollout).compile();
        answer(&splits, &Call::to(&name("foobar")))
    };
    assert_eq!(
        answer_of(&[("foobar-v1", 100), ("foobar-v2", 0)]),
        "default/foobar-rollout: foobar-v1 1/1"
    );
    assert_eq!(
        answer_of(&[("foobar-v1", 1000), ("foobar-v2", 500)]),
        "default/foobar-rollout: foobar-v1 2/3, foobar-v2 1/3"
    );
    assert_eq!(answer_of(&[("foobar-v2", 1)]), "default/foobar-rollout: foobar-v2 1/1");
}

/// Tradeoffs: "90% of traffic would be sent to the `foobar` service", whose own endpoints that
/// means, and "TrafficSplits are not hierarchical".
#[test]
fn self_reference() {
    let splits = Splits::builder(Semantics::default())
        .traffic_split(
            split("my-split", "foobar").backend("foobar-next", 100).backend("foobar", 900),
        )
        .traffic_split(split("front", "front").backend("foobar", 1).backend("x", 1))
        .compile();
    let foobar = name("foobar");
    let call = Call::to(&foobar);
    assert_eq!(answer(&splits, &call), "default/my-split: foobar-next 1/10, foobar 9/10");
    let Outcome::Backends(backends) = splits.select(&call).outcome() else { panic!("no backends") };
    let is_apex: Vec<bool> = backends.leaves().iter().map(|leaf| leaf.is_apex()).collect();
    assert_eq!(is_apex, [false, true]);
    assert_eq!(answer(&splits, &Call::to(&name("front"))), "default/front: foobar 1/2, x 1/2");
}
