//! Objects as JSON, of every kind and version: mostly right, sometimes with what another version
//! has, sometimes with wrong shapes.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use smi_types::api::{Kind, Version};

/// How far from right objects may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Care {
    /// Fields of the version only, each with a right value: typed objects can be made of them.
    Right,
    /// Anything.
    Any,
}

pub(super) fn object(care: Care) -> BoxedStrategy<Value> {
    let kinds = prop::sample::select(vec![
        Kind::TrafficTarget,
        Kind::TrafficTarget,
        Kind::TrafficSplit,
        Kind::TrafficSplit,
        Kind::TcpRoute,
        Kind::HttpRouteGroup,
        Kind::IdentityBinding,
        Kind::UdpRoute,
    ]);
    let kind_versions =
        kinds.prop_flat_map(|kind| (Just(kind), prop::sample::select(kind.versions().to_vec())));
    kind_versions.prop_flat_map(move |(kind, version)| of(kind, version, care)).boxed()
}

fn of(kind: Kind, version: Version, care: Care) -> BoxedStrategy<Value> {
    let flat = match kind {
        Kind::TrafficTarget => version == Version::V1alpha1,
        Kind::HttpRouteGroup => version <= Version::V1alpha2,
        Kind::TcpRoute => version <= Version::V1alpha2,
        _ => false,
    };
    let body = match kind {
        Kind::TrafficTarget => target(version, care),
        Kind::HttpRouteGroup => fields(vec![("matches", or_wrong(care, list(http_match(care))))]),
        Kind::TcpRoute if version <= Version::V1alpha3 && care == Care::Right => {
            Just(json!({})).boxed()
        }
        Kind::TcpRoute | Kind::UdpRoute => port_route(care),
        Kind::IdentityBinding => fields(vec![("schemes", schemes())]),
        Kind::TrafficSplit => split(version, care),
    };
    let head = json!({
        "apiVersion": format!("{}/{version}", kind.group()),
        "kind": kind.as_str(),
    });
    // Wrong layout at times: what stands at a place that another version has.
    let astray = match care {
        Care::Right => Just(false).boxed(),
        Care::Any => prop::bool::weighted(0.1).boxed(),
    };
    let object = (metadata(), body, astray).prop_map(move |(metadata, body, astray)| {
        let mut object = head.clone();
        object["metadata"] = metadata;
        if flat || astray {
            object.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        }
        if !flat || astray {
            object["spec"] = body;
        }
        object
    });
    object.boxed()
}

fn metadata() -> BoxedStrategy<Value> {
    let text = prop_oneof!["[a-z]{1,5}", "\\PC{1,6}"];
    (
        "[a-z]{1,8}",
        prop::option::of("[a-z]{1,5}"),
        prop::option::of((text.clone(), text.clone())),
        prop::option::of((text.clone(), text)),
    )
        .prop_map(|(name, namespace, label, annotation)| {
            let mut metadata = json!({ "name": name, "generation": 3 });
            if let Some(namespace) = namespace {
                metadata["namespace"] = namespace.into();
            }
            for (key, entry) in [("labels", label), ("annotations", annotation)] {
                if let Some((name, value)) = entry {
                    metadata[key] = json!({ name: value });
                }
            }
            metadata
        })
        .boxed()
}

fn target(version: Version, care: Care) -> BoxedStrategy<Value> {
    let rules = if version == Version::V1alpha1 { "specs" } else { "rules" };
    let mut all = vec![
        ("sources", or_wrong(care, list(subject(version, care, false)))),
        (rules, or_wrong(care, list(rule(care)))),
    ];
    let destination = subject(version, care, true);
    if care == Care::Any {
        // The fields of all versions may be absent; a typed target has its destination.
        all.push(("destination", or_wrong(care, destination)));
        return fields(all);
    }
    (fields(all), destination)
        .prop_map(|(mut body, destination)| {
            body["destination"] = destination;
            body
        })
        .boxed()
}

fn subject(version: Version, care: Care, destination: bool) -> BoxedStrategy<Value> {
    let kind = select(vec![
        json!("ServiceAccount"),
        json!("ServiceAccount"),
        json!("IdentityBinding"),
        json!("Group"),
    ]);
    let mut optional = vec![("namespace", select(vec![json!("a"), json!("b"), json!("")]))];
    let any = care == Care::Any;
    let has_port = version <= Version::V1alpha2 && destination;
    if has_port || any {
        let mut ports = vec![json!(80), json!(8080)];
        if any {
            ports.extend([json!("8080"), json!(0), json!("0"), json!("http"), json!(70_000)]);
        }
        optional.push(("port", select(ports)));
    }
    if version == Version::V1alpha4 || any {
        let mut groups = vec![json!(""), json!("access.smi-spec.io"), json!("other")];
        if any {
            groups.push(json!(1));
        }
        optional.push(("group", select(groups)));
    }
    if any {
        optional.push(("note", select(vec![json!("unknown")])));
    }
    let name = select(vec![json!("web"), json!("api"), json!("smi-spec.io/preserved")]);
    let subject = (kind, name, fields(optional)).prop_map(|(kind, name, mut subject)| {
        subject["kind"] = kind;
        subject["name"] = name;
        subject
    });
    or_wrong(care, subject.boxed())
}

fn rule(care: Care) -> BoxedStrategy<Value> {
    let kinds = ["HTTPRouteGroup", "TCPRoute", "UDPRoute", "GRPCRoute"];
    let kind = select(kinds.map(Value::from).to_vec());
    let rule = (kind, "[a-z]{1,3}", prop::collection::vec("[a-z]{1,3}", 0..3)).prop_map(
        |(kind, name, matches)| {
            let mut rule = json!({ "kind": kind, "name": name });
            if !matches.is_empty() {
                rule["matches"] = matches.into();
            }
            rule
        },
    );
    or_wrong(care, rule.boxed())
}

fn http_match(care: Care) -> BoxedStrategy<Value> {
    let headers = select(vec![json!([{ "a": ".*" }]), json!([{ "a": "b" }, { "c": "d" }])]);
    let matched = fields(vec![
        ("name", select(vec![json!("m"), json!("n")])),
        ("pathRegex", select(vec![json!("/api"), json!("")])),
        ("methods", select(vec![json!(["GET"]), json!(["*", "PUT"])])),
        ("headers", headers),
    ]);
    or_wrong(care, matched)
}

fn port_route(care: Care) -> BoxedStrategy<Value> {
    let port = || match care {
        Care::Right => select(vec![json!(80), json!(8080), json!(0), json!(70_000)]),
        Care::Any => select(vec![json!(80), json!(8080), json!(443.0), json!("http"), json!(0)]),
    };
    let name = select(vec![json!("m"), json!("")]);
    let matches = fields(vec![("name", name), ("ports", or_wrong(care, list(port())))]);
    let mut all = vec![("matches", or_wrong(care, matches))];
    if care == Care::Any {
        all.push(("ports", list(port())));
    }
    fields(all)
}

fn schemes() -> BoxedStrategy<Value> {
    fields(vec![
        ("serviceAccount", select(vec![json!("web")])),
        ("spiffeIdentities", select(vec![json!(["spiffe://a/b"])])),
        ("podLabelSelector", select(vec![json!({ "matchLabels": { "a": "b" } })])),
    ])
}

fn split(version: Version, care: Care) -> BoxedStrategy<Value> {
    let mut weights: Vec<Value> = [0_u64, 1, 10, 90, 1 << 40].map(Value::from).to_vec();
    if version == Version::V1alpha1 {
        weights = ["0", "1", "10", "500m", "1.5", "1k", "1e2", "3u", "0.5", "2Ki"]
            .map(Value::from)
            .to_vec();
        if care == Care::Any {
            weights.extend([json!(1), json!(0.25), json!("1E"), json!("1n")]);
        }
    }
    if care == Care::Any {
        weights.extend([json!(-1), json!("500m"), json!("x"), json!(2.0), json!(null)]);
    }
    // Mostly right ones, or hardly any list would be.
    let weight = match care {
        Care::Right => select(weights),
        Care::Any => prop_oneof![3 => Just(json!(3)), 3 => select(weights)].boxed(),
    };
    let backend = ("[a-z]{1,3}", weight)
        .prop_map(|(service, weight)| json!({ "service": service, "weight": weight }));
    let reference = select(vec![
        json!({ "kind": "HTTPRouteGroup", "name": "g" }),
        json!({ "apiGroup": "specs.smi-spec.io", "kind": "HTTPRouteGroup", "name": "g" }),
        json!({ "kind": "TCPRoute", "name": "t" }),
    ]);
    let mut all = vec![("backends", or_wrong(care, list(backend.boxed())))];
    if version >= Version::V1alpha3 || care == Care::Any {
        all.push(("matches", or_wrong(care, list(or_wrong(care, reference)))));
    }
    (fields(all), "[a-z]{1,3}")
        .prop_map(|(mut body, service)| {
            body["service"] = service.into();
            body
        })
        .boxed()
}

/// Each field is there or isn't.
fn fields(fields: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let fields: Vec<_> = fields
        .into_iter()
        .map(|(key, value)| prop::option::weighted(0.7, value.prop_map(move |value| (key, value))))
        .collect();
    fields
        .prop_map(|fields| {
            let fields = fields.into_iter().flatten();
            Value::Object(fields.map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
        })
        .boxed()
}

fn list(item: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop::collection::vec(item, 0..4).prop_map(Value::from).boxed()
}

fn or_wrong(care: Care, value: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    if care == Care::Right {
        return value;
    }
    let wrong = select(vec![json!(null), json!("x"), json!([]), json!({}), json!(7), json!(true)]);
    prop_oneof![19 => value, 1 => wrong].boxed()
}

fn select(values: Vec<Value>) -> BoxedStrategy<Value> {
    prop::sample::select(values).boxed()
}
