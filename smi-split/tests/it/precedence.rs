//! Which of several splits applies.

use smi_policy::{AllZero, HttpMatch, HttpRequest, HttpRouteGroup, PathMode, Semantics};
use smi_split::{Call, ObjectName, Splits, SplitsBuilder, TrafficSplit};

use crate::shares::{answer, name, split};

/// A builder with the groups `a` and `b`: requests with a header of that name.
fn builder() -> SplitsBuilder {
    let group = |own_name: &str| {
        HttpRouteGroup::new(name(own_name)).with(HttpMatch::new("m").header(own_name, ".*"))
    };
    Splits::builder(Semantics::default()).http_route_group(group("a")).http_route_group(group("b"))
}

fn answer_to(splits: &Splits, headers: &[(&str, &str)]) -> String {
    let web = name("web");
    answer(splits, &Call::to(&web).http(HttpRequest::new("GET", "/").headers(headers)))
}

#[test]
fn those_with_matches_come_first_then_the_oldest() {
    let splits = builder()
        .traffic_split(
            split("old", "web").creation_timestamp("2020-01-01T00:00:00Z").backend("o", 1),
        )
        .traffic_split(
            split("young-a", "web")
                .creation_timestamp("2024-01-02T00:00:00Z")
                .http_route_group("a")
                .backend("ya", 1),
        )
        .traffic_split(
            split("younger-b", "web")
                .creation_timestamp("2024-01-03T00:00:00Z")
                .http_route_group("b")
                .backend("yb", 1),
        )
        .compile();
    assert_eq!(answer_to(&splits, &[]), "default/old: o 1/1");
    assert_eq!(answer_to(&splits, &[("a", "")]), "default/young-a: ya 1/1");
    assert_eq!(answer_to(&splits, &[("b", ""), ("a", "")]), "default/young-a: ya 1/1");
    assert_eq!(answer_to(&splits, &[("b", "")]), "default/younger-b: yb 1/1");

    let order: Vec<&str> = splits.iter().map(|split| split.name().name()).collect();
    assert_eq!(order, ["young-a", "younger-b", "old"]);
}

#[test]
fn age_is_a_moment_in_time_not_a_text() {
    let splits = builder()
        .traffic_split(
            split("a", "web").creation_timestamp("2024-05-01T01:00:00.5+02:00").backend("x", 1),
        )
        .traffic_split(
            split("b", "web").creation_timestamp("2024-04-30T23:00:00.25Z").backend("y", 1),
        )
        .compile();
    assert_eq!(answer_to(&splits, &[]), "default/b: y 1/1");
}

#[test]
fn unknown_age_sorts_last_and_ties_break_by_name() {
    let young = "2999-01-01T00:00:00Z";
    let splits = builder()
        .traffic_split(split("a", "web").backend("x", 1))
        .traffic_split(split("b", "web").creation_timestamp("yesterday").backend("x", 1))
        .traffic_split(split("d", "web").creation_timestamp(young).backend("y", 1))
        .traffic_split(split("c", "web").creation_timestamp(young).backend("z", 1))
        .compile();
    assert_eq!(answer_to(&splits, &[]), "default/c: z 1/1");
}

#[test]
fn a_split_that_applies_is_final() {
    let splits = builder()
        .traffic_split(split("ab", "web").http_route_group("a").backend("v2", 0))
        .traffic_split(split("all", "web").backend("v1", 1))
        .compile();
    assert_eq!(answer_to(&splits, &[("a", "")]), "default/ab: no backend");
    assert_eq!(answer_to(&splits, &[]), "default/all: v1 1/1");
}

#[test]
fn void_splits_are_no_candidates() {
    let void = [
        split("v1", "web.other").backend("x", 1),
        split("v2", "web.default.svc.example.org").backend("x", 1),
        split("v3", "").backend("x", 1),
        split("v4", "web").backend("x", u64::MAX).backend("y", 1),
    ];
    for void in void {
        let void = void.creation_timestamp("2000-01-01T00:00:00Z");
        let splits = builder()
            .traffic_split(void.clone())
            .traffic_split(split("all", "web").backend("v1", 1))
            .compile();
        assert_eq!(answer_to(&splits, &[]), "default/all: v1 1/1", "{void:?}");
        let other = ObjectName::new("other", "web");
        assert_eq!(answer(&splits, &Call::to(&other)), "none: apex", "{void:?}");
        assert_eq!(splits.diagnostics().len(), 1, "{:?}", splits.diagnostics());
        assert_eq!(splits.diagnostics()[0].object, void.name);
    }
}

#[test]
fn unusable_matches_never_make_a_split_unconditional() {
    let splits = builder()
        .http_route_group(HttpRouteGroup::new(name("empty")))
        .http_route_group(
            HttpRouteGroup::new(name("broken")).with(HttpMatch::new("m").path_regex("/(?=x)")),
        )
        .http_route_group(HttpRouteGroup { name: name("unread"), matches: vec![None] })
        .http_route_group(
            HttpRouteGroup::new(ObjectName::new("other", "foreign")).with(HttpMatch::new("all")),
        )
        .traffic_split(
            split("s", "web")
                .http_route_group("typo")
                .http_route_group("empty")
                .http_route_group("broken")
                .http_route_group("unread")
                .http_route_group("foreign")
                .backend("x", 1),
        )
        .traffic_split(TrafficSplit {
            matches: vec![smi_split::MatchRef::Unreadable],
            ..split("t", "web").backend("y", 1)
        })
        .compile();
    assert_eq!(answer_to(&splits, &[("a", "")]), "none: apex");
    let web = name("web");
    assert_eq!(answer(&splits, &Call::to(&web)), "none: apex");
    assert!(splits.of_apex(&web).iter().all(|s| s.is_conditional() && s.route_groups().is_empty()));
}

#[test]
fn an_unusable_match_leaves_its_neighbours_working() {
    let splits = builder()
        .traffic_split(
            split("s", "web").http_route_group("typo").http_route_group("b").backend("x", 1),
        )
        .compile();
    assert_eq!(answer_to(&splits, &[("b", "")]), "default/s: x 1/1");
    assert_eq!(answer_to(&splits, &[("a", "")]), "none: apex");
}

#[test]
fn an_unclean_path_fails_matches_with_a_path() {
    let compile = |mode| {
        Splits::builder(Semantics::default().with_path_mode(mode))
            .http_route_group(
                HttpRouteGroup::new(name("beta")).with(HttpMatch::new("m").path_regex("/beta")),
            )
            .traffic_split(split("s", "web").http_route_group("beta").backend("x", 1))
            .compile()
    };
    let web = name("web");
    let call = Call::to(&web).http(HttpRequest::new("GET", "/x/../beta"));
    assert_eq!(answer(&compile(PathMode::Strict), &call), "none: apex");
    assert_eq!(answer(&compile(PathMode::Normalize), &call), "default/s: x 1/1");
    assert_eq!(answer(&compile(PathMode::AsIs), &call), "none: apex");
}

#[test]
fn the_all_zero_option_is_about_weights_only() {
    let apex = Semantics::default().with_all_zero(AllZero::Apex);
    let zero = split("zero", "zero").backend("a", 0).backend("b", 0);
    let none = split("none", "none");
    // A positive weight is there, but nobody who may use it.
    let foreign = split("foreign", "foreign").backend("a.other", 1).backend("b", 0);
    for (semantics, expected) in [
        (apex, ["default/zero: apex", "default/none: apex", "default/foreign: no backend"]),
        (
            Semantics::default(),
            ["default/zero: no backend", "default/none: no backend", "default/foreign: no backend"],
        ),
    ] {
        let splits = Splits::builder(semantics)
            .traffic_split(zero.clone())
            .traffic_split(none.clone())
            .traffic_split(foreign.clone())
            .compile();
        for (apex, expected) in ["zero", "none", "foreign"].into_iter().zip(expected) {
            assert_eq!(answer(&splits, &Call::to(&name(apex))), expected);
        }
    }
}

#[test]
fn clones_share_one_rotation() {
    let splits =
        builder().traffic_split(split("s", "web").backend("x", 1).backend("y", 1)).compile();
    let pick = |splits: &Splits| {
        let web = name("web");
        let smi_split::Outcome::Backends(backends) = splits.select(&Call::to(&web)).outcome()
        else {
            panic!("no backends")
        };
        backends.pick_smooth().service().name().to_owned()
    };
    assert_eq!([pick(&splits), pick(&splits.clone())], ["x", "y"]);
}
