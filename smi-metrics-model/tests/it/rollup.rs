//! Rolling up, against adding up request by request.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use smi_metrics_model::rollup::{Edge, Ownership, Peer, Rollup};
use smi_metrics_model::{End, Kind, Outcome, Percentile, Resource, SplitBackend, Tally, Way};

fn pod(index: u8) -> Resource {
    Resource::new(Kind::Pod, if index % 2 == 0 { "a" } else { "b" }, format!("pod-{index}"))
}

fn deployment(index: u8) -> Resource {
    let namespace = if index % 2 == 0 { "a" } else { "b" };
    Resource::new(Kind::Deployment, namespace, format!("deployment-{index}"))
}

/// Pods 0 to 5 are in deployments 0 to 3, pods 6 and 7 in none.
fn ownership() -> Ownership {
    let mut ownership = Ownership::default();
    for index in 0..6 {
        ownership.add(pod(index), deployment(index % 4));
    }
    ownership
}

fn owner(index: u8) -> Option<Resource> {
    (index < 6).then(|| deployment(index % 4))
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![Just(End::Client), Just(End::Server)]
}

proptest! {
    #[test]
    fn parts_rolled_up_equal_the_whole_recorded(
        requests in prop::collection::vec(
            (prop::option::of(0_u8..8), 0_u8..8, end(), 0_u64..2_000_000, any::<bool>()), 0..200,
        ),
    ) {
        let ownership = ownership();
        let mut recorded: BTreeMap<Edge, Tally> = BTreeMap::new();
        let mut received: BTreeMap<(Resource, End), Tally> = BTreeMap::new();
        let mut edges: BTreeMap<(Resource, Peer), Tally> = BTreeMap::new();
        for (source, destination, end, micros, is_success) in requests {
            let latency = Duration::from_micros(micros);
            let outcome = if is_success { Outcome::Success } else { Outcome::Failure };
            let edge = Edge::new(source.map(pod), Some(pod(destination)), end);
            recorded.entry(edge).or_default().add(latency, outcome);
            // The model: each request is added to whomever it is about, one at a time.
            let from = source.and_then(owner);
            let to = owner(destination);
            if let Some(to) = to.clone() {
                received.entry((to.clone(), end)).or_default().add(latency, outcome);
                let peer = Peer { way: Way::From, observed_at: end, resource: from.clone() };
                edges.entry((to, peer)).or_default().add(latency, outcome);
            }
            if let Some(from) = from {
                let peer = Peer { way: Way::To, observed_at: end, resource: to };
                edges.entry((from, peer)).or_default().add(latency, outcome);
            }
        }
        let mut rollup = Rollup::new(Kind::Deployment, &ownership);
        for (edge, tally) in &recorded {
            rollup.add(edge, tally);
        }
        for index in 0..4 {
            let resource = deployment(index);
            let expected = received
                .get(&(resource.clone(), End::Server))
                .or_else(|| received.get(&(resource.clone(), End::Client)));
            prop_assert_eq!(rollup.received(&resource), expected);
            let found: Vec<_> = rollup.edges(&resource).collect();
            let expected: Vec<_> = edges
                .iter()
                .filter(|((of, _), _)| *of == resource)
                .map(|((_, peer), tally)| (peer.clone(), tally))
                .collect();
            prop_assert_eq!(found, expected);
        }
    }
}

#[test]
fn a_namespace_is_known_without_being_told() {
    let ownership = Ownership::default();
    let mut rollup = Rollup::new(Kind::Namespace, &ownership);
    let mut tally = Tally::default();
    tally.add(Duration::from_millis(1), Outcome::Success);
    let edge = Edge::new(Some(pod(0)), Some(pod(1)), End::Server);
    rollup.add(&edge, &tally);
    let b = Resource::of_namespace("b");
    assert_eq!(rollup.received(&b), Some(&tally));
    let peers: Vec<_> = rollup.edges(&b).map(|(peer, _)| peer.resource.clone()).collect();
    assert_eq!(peers, [Some(Resource::of_namespace("a"))]);
}

#[test]
fn ownership_in_a_circle_ends() {
    let mut ownership = Ownership::default();
    ownership.add(pod(0), pod(2));
    ownership.add(pod(2), pod(0));
    assert_eq!(ownership.owners(&pod(0), Kind::Pod), [pod(0), pod(2)]);
    assert!(ownership.owners(&pod(0), Kind::Job).is_empty());
}

#[test]
fn a_split_is_measured_per_backend_by_its_clients() {
    let ownership = Ownership::default();
    let mut rollup = Rollup::new(Kind::TrafficSplit, &ownership);
    let split = Resource::new(Kind::TrafficSplit, "a", "canary");
    let backend = |name: &str, weight| SplitBackend {
        split: split.clone(),
        apex: "web".to_owned(),
        name: name.to_owned(),
        weight,
    };
    let requests = |count: u64| {
        let mut tally = Tally::default();
        (0..count).for_each(|_| tally.add(Duration::from_millis(1), Outcome::Success));
        tally
    };
    let edge = |end, backend| Edge::new(Some(pod(0)), Some(pod(2)), end).through(backend);
    let recorded = [
        (edge(End::Client, backend("v1", 90)), requests(9)),
        (edge(End::Server, backend("v1", 90)), requests(8)),
        (edge(End::Server, backend("v2", 5)), requests(1)),
        (edge(End::Server, backend("v2", 10)), requests(2)),
    ];
    for (edge, tally) in &recorded {
        rollup.add(edge, tally);
    }
    let found: Vec<_> =
        rollup.backends(&split).map(|(backend, tally)| (backend, tally.success_count())).collect();
    assert_eq!(found, [(backend("v1", 90), 9), (backend("v2", 10), 3)]);
    assert_eq!(rollup.splits().collect::<Vec<_>>(), [&split]);
}

/// How long a hundred thousand take is for the benchmark to say.
#[test]
fn ten_thousand_edges_roll_up_to_all_their_requests() {
    let mut ownership = Ownership::default();
    let pod = |index: u32| Resource::new(Kind::Pod, "shop", format!("pod-{index}"));
    for index in 0..2_000 {
        let whole = Resource::new(Kind::Deployment, "shop", format!("deployment-{}", index / 20));
        ownership.add(pod(index), whole);
    }
    let mut tally = Tally::default();
    for millis in 1..50 {
        tally.add(Duration::from_millis(millis * millis), Outcome::Success);
    }
    let edge = |index: u32| Edge::new(Some(pod(index % 2_000)), Some(pod(index / 5)), End::Server);
    let edges: Vec<Edge> = (0..10_000).map(edge).collect();
    let mut rollup = Rollup::new(Kind::Deployment, &ownership);
    edges.iter().for_each(|edge| rollup.add(edge, &tally));
    let all: u64 = rollup.resources().map(|(_, tally)| tally.success_count()).sum();
    assert_eq!(all, 10_000 * 49);
    assert!(
        rollup
            .resources()
            .all(|(_, all)| { all.latency(Percentile::P99) == tally.latency(Percentile::P99) })
    );
}
