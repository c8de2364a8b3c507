//! Everything that is ignored is reported.

use smi_policy::{HttpMatch, HttpRouteGroup, Semantics, Severity};
use smi_split::{MatchRef, Splits, SplitsBuilder, TrafficSplit};

use crate::shares::{name, split};

/// The diagnostics, one line each: severity, code, and what the diagnostic prints.
fn report(builder: SplitsBuilder) -> Vec<String> {
    let splits = builder.compile();
    let line = |diagnostic: &smi_policy::Diagnostic| {
        let severity = match diagnostic.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        format!("{severity}[{}] {diagnostic}", diagnostic.code)
    };
    splits.diagnostics().iter().map(line).collect()
}

#[track_caller]
fn assert_reports(builder: SplitsBuilder, expected: &[&str]) {
    assert_eq!(report(builder), expected);
}

fn builder() -> SplitsBuilder {
    Splits::builder(Semantics::default())
}

#[test]
fn a_sound_split_has_no_diagnostics() {
    let sound = split("s", "web").backend("v1", 1).creation_timestamp("2024-01-01T00:00:00Z");
    assert_reports(builder().traffic_split(sound), &[]);
}

#[test]
fn names_of_services() {
    assert_reports(
        builder()
            .traffic_split(split("a", "web.other").backend("x", 1))
            .traffic_split(split("b", "we_b").backend("x", 1))
            .traffic_split(split("c", "web:80").backend("x:80", 1))
            .traffic_split(
                split("d", "d").backend("x", 1).backend("x.other", 1).backend("www.example.org", 1),
            ),
        &[
            "error[foreign-service] TrafficSplit default/a: spec.service: `other/web` is of \
             another namespace: only the owner of a service may split its traffic; the split is \
             void",
            "error[unreadable-service] TrafficSplit default/b: spec.service: `we_b` names no \
             service: `we_b` is no DNS label (letters, digits and inner hyphens, at most 63); the \
             split is void",
            "warning[port-suffix] TrafficSplit default/c: spec.backends[0].service: a service is \
             named without port; `:80` is ignored, and all ports of `default/x` are meant",
            "warning[port-suffix] TrafficSplit default/c: spec.service: a service is named \
             without port; `:80` is ignored, and all ports of `default/web` are meant",
            "error[foreign-service] TrafficSplit default/d: spec.backends[1].service: `other/x` \
             is of another namespace; the backend gets nothing, and the others share what it \
             would get",
            "error[unreadable-service] TrafficSplit default/d: spec.backends[2].service: \
             `www.example.org` names no service of this cluster: expected `name`, \
             `name.namespace`, `name.namespace.svc` or `name.namespace.svc.cluster.local`; the \
             backend gets nothing",
        ],
    );
}

#[test]
fn weights() {
    assert_reports(
        builder()
            .traffic_split(split("a", "a").backend("x", u64::MAX).backend("y", 1))
            .traffic_split(split("b", "b").backend("x", 0))
            .traffic_split(split("c", "c").backend("x.other", 1)),
        &[
            "error[weights-too-large] TrafficSplit default/a: spec.backends: weights too large: \
             reduced to whole numbers, they add up to more than 64 bits hold; the split is void",
            "warning[no-positive-weight] TrafficSplit default/b: spec.backends: no weight is \
             above zero; the traffic has no backend",
            "error[no-usable-backend] TrafficSplit default/c: spec.backends: no backend with a \
             weight above zero can be used; the traffic has no backend",
            "error[foreign-service] TrafficSplit default/c: spec.backends[0].service: `other/x` \
             is of another namespace; the backend gets nothing, and the others share what it \
             would get",
        ],
    );
}

#[test]
fn backends_named_twice_or_split_themselves() {
    assert_reports(
        builder()
            .traffic_split(split("a", "a").backend("x", 1).backend("X.default.", 1).backend("a", 1))
            .traffic_split(split("b", "b").backend("a", 1)),
        &[
            "warning[duplicate-backend] TrafficSplit default/a: spec.backends[1].service: \
             `default/x` is a backend already; the weights add up",
            "warning[apex-as-backend] TrafficSplit default/a: spec.backends[2].service: the \
             backend is the service that is split; its share goes to that service's own endpoints \
             and is not split again",
            "warning[nested-split] TrafficSplit default/b: spec.backends[0].service: `default/a` \
             is split by another TrafficSplit, which does not count for its share here: splits \
             are not hierarchical",
        ],
    );
}

#[test]
fn matches() {
    let unreadable = TrafficSplit {
        matches: vec![MatchRef::Unreadable, MatchRef::HttpRouteGroup("empty".into())],
        ..split("b", "b").backend("x", 1)
    };
    assert_reports(
        builder()
            .http_route_group(HttpRouteGroup::new(name("g")).with(HttpMatch::new("m")))
            .http_route_group(HttpRouteGroup::new(name("empty")))
            .traffic_split(
                split("a", "a").http_route_group("typo").http_route_group("g").backend("x", 1),
            )
            .traffic_split(unreadable),
        &[
            "error[empty-group] HTTPRouteGroup default/empty: spec.matches: the group has no \
             matches, so it matches no request",
            "error[dangling-reference] TrafficSplit default/a: spec.matches[0]: there is no \
             HTTPRouteGroup `default/typo`; no request meets it",
            "error[never-applies] TrafficSplit default/b: spec.matches: no request meets any of \
             the matches; the split never applies",
            "error[unreadable] TrafficSplit default/b: spec.matches[0]: it is no reference to an \
             HTTPRouteGroup; no request meets it",
            "error[unusable-reference] TrafficSplit default/b: spec.matches[1]: the \
             HTTPRouteGroup `default/empty` has no usable match; no request meets it",
        ],
    );
}

#[test]
fn several_splits() {
    assert_reports(
        builder()
            .traffic_split(split("a", "web").creation_timestamp("now").backend("x", 1))
            .traffic_split(split("b", "web").backend("x", 1))
            .traffic_split(split("b", "web").backend("x", 1)),
        &[
            "warning[unreadable-timestamp] TrafficSplit default/a: metadata.creationTimestamp: \
             `now` is no RFC 3339 timestamp; the split sorts as the youngest",
            "warning[duplicate-object] TrafficSplit default/b: metadata.name: the object is there \
             more than once; the last one counts",
            "error[conflicted] TrafficSplit default/b: spec.service: TrafficSplit `default/a` \
             comes first and splits all traffic of `default/web`; this one is conflicted and \
             never applies",
        ],
    );
}
