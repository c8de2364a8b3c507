//! Conversions that a person can check.

use serde_json::{Value, json};
use smi_types::Manifest;
use smi_types::api::Version;
use smi_types::api::Version::{V1alpha1, V1alpha2, V1alpha3, V1alpha4};
use smi_types::convert::{Annotations, Companions, ConvertError, Converter, PRESERVED_ANNOTATION};
use smi_types::hub::{MatchRef, Object, PortCondition, Ports};

use super::{convert, meaning};

fn target(version: Version, spec: Value) -> Value {
    json!({
        "apiVersion": format!("access.smi-spec.io/{version}"),
        "kind": "TrafficTarget",
        "metadata": { "name": "api", "namespace": "shop" },
        "spec": spec,
    })
}

fn with_port() -> Value {
    target(
        V1alpha2,
        json!({
            "destination": { "kind": "ServiceAccount", "name": "api", "port": 8080 },
            "rules": [{ "kind": "HTTPRouteGroup", "name": "routes" }],
            "sources": [{ "kind": "ServiceAccount", "name": "web" }],
        }),
    )
}

fn split(version: Version, spec: Value) -> Value {
    json!({
        "apiVersion": format!("split.smi-spec.io/{version}"),
        "kind": "TrafficSplit",
        "metadata": { "name": "canary" },
        "spec": spec,
    })
}

fn weights(object: &Value) -> Vec<Value> {
    let backends = object["spec"]["backends"].as_array().unwrap();
    backends.iter().map(|backend| backend["weight"].clone()).collect()
}

fn annotation(object: &Value) -> Option<&str> {
    object["metadata"]["annotations"][PRESERVED_ANNOTATION].as_str()
}

fn codes(object: &Value) -> Vec<&'static str> {
    let manifest = Manifest::of(object).unwrap();
    manifest.problems().map(|problem| problem.code().as_str()).collect()
}

#[track_caller]
fn port(object: &Value) -> PortCondition {
    match meaning(object) {
        Some(Object::TrafficTarget(target)) => target.port,
        other => panic!("no TrafficTarget: {other:?}"),
    }
}

#[test]
fn the_port_of_a_destination_goes_on_restricting() {
    let newer = convert(&with_port(), V1alpha4).unwrap();
    assert_eq!(
        newer.object["spec"]["destination"],
        json!({ "kind": "ServiceAccount", "name": "api" })
    );
    assert_eq!(
        annotation(&newer.object),
        Some(
            r#"{"version":1,"fields":[{"path":"spec.destination.port","value":8080,"of":{"kind":"ServiceAccount","name":"api"}}]}"#
        )
    );
    assert_eq!(port(&newer.object), PortCondition::Only(8080));
    assert_eq!(codes(&newer.object), [""; 0]);
}

#[test]
fn the_port_is_let_go_where_the_destination_was_edited() {
    let mut newer = convert(&with_port(), V1alpha4).unwrap().object;
    newer["spec"]["destination"]["name"] = "other".into();
    assert_eq!(port(&newer), PortCondition::Any);
    assert_eq!(codes(&newer), ["preserved-field-outdated"]);
    let back = convert(&newer, V1alpha2).unwrap();
    assert_eq!(
        back.object["spec"]["destination"],
        json!({ "kind": "ServiceAccount", "name": "other" })
    );
    assert_eq!(annotation(&back.object), None);
    assert!(back.moves.iter().any(|step| step.is_loss()), "{:?}", back.moves);
}

#[test]
fn other_edits_leave_the_port_alone() {
    let mut newer = convert(&with_port(), V1alpha4).unwrap().object;
    newer["spec"]["sources"] = json!([{ "kind": "ServiceAccount", "name": "other" }]);
    let back = convert(&newer, V1alpha2).unwrap().object;
    assert_eq!(back["spec"]["destination"]["port"], 8080);
}

#[test]
fn a_companion_says_the_port() {
    let converter = Converter::new().companions(Companions::Emit).annotations(Annotations::Omit);
    let newer = converter.convert(with_port(), V1alpha4).unwrap();
    assert_eq!(annotation(&newer.object), None);
    assert_eq!(
        newer.object["spec"]["rules"],
        json!([{ "kind": "HTTPRouteGroup", "name": "routes" }, { "kind": "TCPRoute", "name": "api-port-8080" }])
    );
    assert_eq!(
        newer.companions,
        [json!({
            "apiVersion": "specs.smi-spec.io/v1alpha4",
            "kind": "TCPRoute",
            "metadata": { "name": "api-port-8080", "namespace": "shop" },
            "spec": { "matches": { "ports": [8080] } },
        })]
    );
    assert_eq!(
        newer.moves[0].to_string(),
        "spec.destination.port: said by the TCPRoute shop/api-port-8080 now"
    );
}

/// The ports of TCPRoutes add up, and a rule where there was none would grant something.
#[test]
fn a_companion_never_widens() {
    let converter = Converter::new().companions(Companions::Emit);
    for rules in [json!([]), json!([{ "kind": "TCPRoute", "name": "any" }]), json!(null)] {
        let mut object = with_port();
        object["spec"]["rules"] = rules;
        let newer = converter.convert(object.clone(), V1alpha4).unwrap();
        assert!(newer.companions.is_empty());
        assert_eq!(port(&newer.object), PortCondition::Only(8080));
        let bare = converter.annotations(Annotations::Omit).convert(object, V1alpha4);
        assert!(matches!(bare, Err(ConvertError::Widens { .. })), "{bare:?}");
    }
}

#[test]
fn an_identity_binding_is_kept_and_not_taken_for_a_service_account() {
    let newer = target(
        V1alpha4,
        json!({
            "destination": { "kind": "IdentityBinding", "name": "api", "group": "access.smi-spec.io" },
            "rules": [{ "kind": "UDPRoute", "name": "dns" }],
            "sources": [
                { "kind": "ServiceAccount", "name": "web" },
                { "kind": "IdentityBinding", "name": "jobs" },
            ],
        }),
    );
    let older = convert(&newer, V1alpha2).unwrap().object;
    assert_eq!(
        older["spec"],
        json!({
            "destination": { "kind": "IdentityBinding", "name": "smi-spec.io/preserved" },
            "rules": [],
            "sources": [{ "kind": "ServiceAccount", "name": "web" }],
        })
    );
    assert_eq!(meaning(&older), meaning(&newer));
    assert_eq!(codes(&older), [""; 0]);

    // A source that is added in the old version joins those that are kept.
    let mut edited = older;
    edited["spec"]["sources"]
        .as_array_mut()
        .unwrap()
        .insert(0, json!({ "kind": "ServiceAccount", "name": "new" }));
    let back = convert(&edited, V1alpha4).unwrap().object;
    let names: Vec<_> = back["spec"]["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["new", "jobs", "web"]);
}

#[test]
fn what_means_nothing_in_its_version_means_nothing_in_the_next() {
    let old = target(
        V1alpha2,
        json!({
            "destination": { "kind": "ServiceAccount", "name": "api" },
            "rules": [{ "kind": "UDPRoute", "name": "dns" }],
            "sources": [{ "kind": "IdentityBinding", "name": "jobs" }],
        }),
    );
    let newer = convert(&old, V1alpha4).unwrap().object;
    assert_eq!(newer["spec"]["sources"], json!([]));
    assert_eq!(newer["spec"]["rules"], json!([]));
    assert_eq!(meaning(&newer), meaning(&old));
}

#[test]
fn the_ports_of_a_tcp_route_go_on_restricting() {
    let newer = json!({
        "apiVersion": "specs.smi-spec.io/v1alpha4",
        "kind": "TCPRoute",
        "metadata": { "name": "web" },
        "spec": { "matches": { "name": "m", "ports": [80, 443] } },
    });
    for (version, spec) in [(V1alpha1, Value::Null), (V1alpha2, Value::Null), (V1alpha3, json!({}))]
    {
        let older = convert(&newer, version).unwrap().object;
        assert_eq!(older["spec"], spec);
        let Some(Object::TcpRoute(route)) = meaning(&older) else { panic!("{older}") };
        assert_eq!(route.ports, Ports::Only(vec![80, 443]));
    }
}

#[test]
fn the_matches_of_a_split_go_on_restricting_while_the_weights_change() {
    let newer = split(
        V1alpha4,
        json!({
            "service": "web",
            "matches": [{ "kind": "HTTPRouteGroup", "name": "beta" }],
            "backends": [{ "service": "v1", "weight": 90 }, { "service": "v2", "weight": 10 }],
        }),
    );
    let mut older = convert(&newer, V1alpha2).unwrap().object;
    assert_eq!(older["spec"].get("matches"), None);
    older["spec"]["backends"][0]["weight"] = 80.into();
    let Some(Object::TrafficSplit(meant)) = meaning(&older) else { panic!("{older}") };
    assert_eq!(meant.matches, [MatchRef::HttpRouteGroup("beta".into())]);

    let mut other = older.clone();
    other["spec"]["service"] = "shop".into();
    let Some(Object::TrafficSplit(meant)) = meaning(&other) else { panic!("{other}") };
    assert_eq!(meant.matches, []);

    let back = convert(&older, V1alpha3).unwrap().object;
    assert_eq!(back["spec"]["matches"], newer["spec"]["matches"]);
    assert_eq!(weights(&back), [80, 10]);
}

#[test]
fn weights_keep_their_ratio_exactly() {
    for (before, after) in [
        (["1", "500m"], [2_u64, 1]),
        (["1.5", "500m"], [3, 1]),
        (["0.1", "0.2"], [1, 2]),
        (["90", "10"], [90, 10]),
        (["1k", "1"], [1000, 1]),
        (["2Ki", "1"], [2048, 1]),
        (["0", "500m"], [0, 1]),
        (["0", "0.0"], [0, 0]),
    ] {
        let old = split(
            V1alpha1,
            json!({
                "service": "web",
                "backends": [
                    { "service": "a", "weight": before[0] },
                    { "service": "b", "weight": before[1] },
                ],
            }),
        );
        let newer = convert(&old, V1alpha3).unwrap().object;
        assert_eq!(weights(&newer), after, "{before:?}");
        assert_eq!(weights(&convert(&newer, V1alpha1).unwrap().object), before);
        let mut edited = newer;
        edited["spec"]["backends"][0]["weight"] = 7.into();
        let back = weights(&convert(&edited, V1alpha1).unwrap().object);
        assert_eq!(back, ["7".to_owned(), after[1].to_string()], "{before:?}");
    }
}

#[test]
fn weights_that_can_not_be_said_are_refused() {
    let with = |version, first: Value, second: Value| {
        split(
            version,
            json!({
                "service": "web",
                "backends": [{ "service": "a", "weight": first }, { "service": "b", "weight": second }],
            }),
        )
    };
    for (object, to, message) in [
        (
            with(V1alpha1, json!("1E"), json!("1n")),
            V1alpha2,
            "TrafficSplit canary: spec.backends: the weights are too far apart: reduced to whole \
             numbers, they don't fit 64 bits",
        ),
        (
            with(V1alpha1, json!("1"), json!("-1")),
            V1alpha4,
            "TrafficSplit canary: spec.backends[1].weight: expected a quantity from 0, such as \
             `500m`, found `-1`",
        ),
        (
            with(V1alpha2, json!("500m"), json!(1)),
            V1alpha1,
            "TrafficSplit canary: spec.backends[0].weight: expected a whole number from 0, found \
             `500m`",
        ),
    ] {
        assert_eq!(convert(&object, to).unwrap_err().to_string(), message);
    }
}

#[test]
fn an_annotation_that_can_not_be_read_voids_the_object_and_is_carried_along() {
    for text in
        ["", "{}", r#"{"version":2}"#, r#"{"version":1,"fields":[{"path":"spec.x","value":1}]}"#]
    {
        let mut object = with_port();
        object["metadata"]["annotations"] = json!({ PRESERVED_ANNOTATION: text });
        assert_eq!(meaning(&object), None);
        assert_eq!(codes(&object), ["preserved-annotation-unreadable"]);
        let newer = convert(&object, V1alpha4).unwrap().object;
        assert_eq!(meaning(&newer), None, "{newer}");
        assert_eq!(convert(&newer, V1alpha2).unwrap().object, object);
    }
}

#[test]
fn what_a_version_does_not_have_gets_no_effect_by_conversion() {
    let old = split(
        V1alpha2,
        json!({ "service": "web", "backends": [], "matches": [{ "kind": "HTTPRouteGroup", "name": "x" }] }),
    );
    let newer = convert(&old, V1alpha4).unwrap();
    assert_eq!(newer.object["spec"].get("matches"), None);
    assert_eq!(
        newer.moves[0].to_string(),
        "spec.matches: dropped, because it had no effect and would get one"
    );

    let mut newer = with_port();
    newer["apiVersion"] = "access.smi-spec.io/v1alpha3".into();
    let older = convert(&newer, V1alpha2).unwrap().object;
    assert_eq!(port(&older), PortCondition::Any);
}

#[test]
fn the_layout_follows_the_version() {
    let old = json!({
        "apiVersion": "access.smi-spec.io/v1alpha1",
        "kind": "TrafficTarget",
        "metadata": { "name": "api" },
        "destination": { "kind": "ServiceAccount", "name": "api" },
        "specs": [],
        "sources": [],
    });
    let newer = convert(&old, V1alpha2).unwrap();
    let moves: Vec<_> = newer.moves.iter().map(ToString::to_string).collect();
    assert_eq!(
        moves,
        [
            "destination: moved to spec.destination",
            "sources: moved to spec.sources",
            "specs: moved to spec.rules"
        ]
    );
    assert_eq!(convert(&newer.object, V1alpha1).unwrap().object, old);
}

#[test]
fn a_kind_of_one_version_has_no_other() {
    let route = json!({ "apiVersion": "specs.smi-spec.io/v1alpha4", "kind": "UDPRoute", "metadata": { "name": "dns" } });
    assert_eq!(convert(&route, V1alpha4).unwrap().object, route);
    assert_eq!(
        convert(&route, V1alpha3).unwrap_err().to_string(),
        "UDPRoute dns: a UDPRoute does not exist in v1alpha3"
    );
}
