//! Objects are such as an API server takes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use gateway_api::experimental::tcproutes::TcpRouteSpec;
use gateway_api::experimental::udproutes::UdpRouteSpec;
use gateway_api::grpcroutes::GrpcRouteSpec;
use gateway_api::httproutes::HttpRouteSpec;
use jsonschema::Validator;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use smi_gateway_api::{Mesh, Migration, Options};

use crate::request::compiled;
use crate::{access, corpus, golden, worlds};

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The kinds besides routes, each with what was written down of its published definition: fields,
/// values, patterns and bounds. Unknown fields are errors.
const DEFINITIONS: &[(&str, &str, &str)] = &[
    ("v1", "Namespace", include_str!("../schemas/namespace.json")),
    ("cilium.io/v2", "CiliumNetworkPolicy", include_str!("../schemas/cilium-network-policy.json")),
    (
        "gateway.networking.x-k8s.io/v1alpha1",
        "XAuthorizationPolicy",
        include_str!("../schemas/gateway-api-authorization-policy.json"),
    ),
    (
        "policy.linkerd.io/v1alpha1",
        "AuthorizationPolicy",
        include_str!("../schemas/linkerd-authorization-policy.json"),
    ),
    (
        "policy.linkerd.io/v1alpha1",
        "MeshTLSAuthentication",
        include_str!("../schemas/linkerd-mesh-tls-authentication.json"),
    ),
    (
        "policy.linkerd.io/v1alpha1",
        "NetworkAuthentication",
        include_str!("../schemas/linkerd-network-authentication.json"),
    ),
    ("policy.linkerd.io/v1beta3", "HTTPRoute", include_str!("../schemas/linkerd-http-route.json")),
    ("policy.linkerd.io/v1beta3", "Server", include_str!("../schemas/linkerd-server.json")),
    (
        "security.istio.io/v1",
        "AuthorizationPolicy",
        include_str!("../schemas/istio-authorization-policy.json"),
    ),
];

const GATEWAY: &str = "gateway.networking.k8s.io/v1";
const GATEWAY_ALPHA: &str = "gateway.networking.k8s.io/v1alpha2";

type Kind = (String, String);

fn validators() -> &'static BTreeMap<Kind, Validator> {
    static VALIDATORS: LazyLock<BTreeMap<Kind, Validator>> = LazyLock::new(|| {
        let written = DEFINITIONS.iter().map(|(version, kind, text)| {
            ((version.to_string(), kind.to_string()), serde_json::from_str(text).unwrap())
        });
        // These know no bounds: see `bounds_of_route`.
        let routes = [
            (GATEWAY, "HTTPRoute", schemars::schema_for!(HttpRouteSpec)),
            (GATEWAY, "GRPCRoute", schemars::schema_for!(GrpcRouteSpec)),
            (GATEWAY_ALPHA, "TCPRoute", schemars::schema_for!(TcpRouteSpec)),
            (GATEWAY_ALPHA, "UDPRoute", schemars::schema_for!(UdpRouteSpec)),
        ];
        let routes = routes.map(|(version, kind, schema)| {
            ((version.to_owned(), kind.to_owned()), Value::from(schema))
        });
        let all = written.chain(routes);
        all.map(|(kind, schema)| (kind, jsonschema::validator_for(&schema).unwrap())).collect()
    });
    &VALIDATORS
}

fn is_name(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && compiled("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
            .is_match(text)
}

/// What is wrong with an object, by the definition of its kind.
fn errors(object: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let kind = (text(&object["apiVersion"]), text(&object["kind"]));
    let Some(validator) = validators().get(&kind) else { return vec![format!("{kind:?}")] };
    let is_route = kind.0.starts_with("gateway.networking.k8s.io/");
    let object = if is_route { &object["spec"] } else { object };
    validator.iter_errors(object).map(|error| error.to_string()).collect()
}

/// Checks an object against the published definition of its kind, and that there is no field that an
/// API server would not store.
#[track_caller]
pub(crate) fn check(object: &Value) {
    let errors = errors(object);
    assert!(errors.is_empty(), "{errors:?}\n{object}");
    assert!(is_name(object["metadata"]["name"].as_str().unwrap()), "{object}");
    let annotations = object["metadata"]["annotations"].to_string();
    assert!(annotations.len() < 256 << 10, "the bound of an API server");
    let spec = &object["spec"];
    let stored = match (object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap()) {
        (GATEWAY, "HTTPRoute") => stored::<HttpRouteSpec>(spec),
        (GATEWAY, "GRPCRoute") => stored::<GrpcRouteSpec>(spec),
        (GATEWAY_ALPHA, "TCPRoute") => stored::<TcpRouteSpec>(spec),
        (GATEWAY_ALPHA, "UDPRoute") => stored::<UdpRouteSpec>(spec),
        _ => return,
    };
    assert_eq!(stored, *spec);
    bounds_of_route(spec);
}

fn stored<T: DeserializeOwned + Serialize>(spec: &Value) -> Value {
    serde_json::to_value(serde_json::from_value::<T>(spec.clone()).unwrap()).unwrap()
}

/// The bounds and rules of the published definition of routes.
#[track_caller]
fn bounds_of_route(spec: &Value) {
    let rules = list(&spec["rules"]);
    assert!((1..=16).contains(&rules.len()), "{} rules", rules.len());
    let matches: usize = rules.iter().map(|rule| list(&rule["matches"]).len().max(1)).sum();
    assert!(matches <= 128, "{matches} matches");
    for parent in list(&spec["parentRefs"]) {
        assert_eq!(
            (&parent["group"], &parent["kind"]),
            (&Value::from(""), &Value::from("Service"))
        );
        assert!((1..=65535).contains(&parent["port"].as_u64().unwrap()));
    }
    for rule in rules {
        let backends = list(&rule["backendRefs"]);
        assert!((1..=16).contains(&backends.len()), "{} backends", backends.len());
        for backend in backends {
            assert!(backend["weight"].as_u64().unwrap() <= 1_000_000);
            assert!((1..=65535).contains(&backend["port"].as_u64().unwrap()));
            assert!(is_name(backend["name"].as_str().unwrap()));
        }
        let matches = list(&rule["matches"]);
        assert!(matches.len() <= 64, "{} matches", matches.len());
        for own in matches {
            if let Some(path) = own["path"].as_object() {
                path_is_valid(path["type"].as_str().unwrap(), path["value"].as_str().unwrap());
            }
            if let Some(method) = own["method"].as_object() {
                grpc_method_is_valid(method);
            }
            let headers = list(&own["headers"]);
            assert!(headers.len() <= 16);
            let names: BTreeSet<String> = headers
                .iter()
                .map(|header| header["name"].as_str().unwrap().to_ascii_lowercase())
                .collect();
            assert_eq!(names.len(), headers.len(), "a map by name, and names have no case");
            for header in headers {
                let value = header["value"].as_str().unwrap();
                assert!((1..=4096).contains(&value.chars().count()));
                let name = header["name"].as_str().unwrap();
                let pattern = "^[A-Za-z0-9!#$%&'*+\\-.^_\x60|~]{1,256}$";
                assert!(compiled(pattern).is_match(name), "{name}");
            }
        }
    }
}

/// The validation rules of GRPCMethodMatch.
#[track_caller]
fn grpc_method_is_valid(method: &serde_json::Map<String, Value>) {
    let text = |key| method.get(key).and_then(Value::as_str);
    assert!(text("service").or(text("method")).is_some(), "one of the two");
    assert_eq!(text("type"), Some("Exact"), "others have no rules");
    for (key, pattern) in [
        ("service", r"^(?i)\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$"),
        ("method", "^[A-Za-z_][A-Za-z_0-9]*$"),
    ] {
        if let Some(value) = text(key) {
            assert!(
                (1..=1024).contains(&value.len()) && compiled(pattern).is_match(value),
                "{value}"
            );
        }
    }
}

/// The validation rules of HTTPPathMatch.
#[track_caller]
fn path_is_valid(kind: &str, value: &str) {
    assert!(value.chars().count() <= 1024);
    if kind == "RegularExpression" {
        compiled(value);
        return;
    }
    assert!(value.starts_with('/'), "{value}");
    for part in ["//", "/./", "/../", "%2f", "%2F", "#"] {
        assert!(!value.contains(part), "{value}");
    }
    assert!(!value.ends_with("/..") && !value.ends_with("/."), "{value}");
    let pattern = "^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$";
    assert!(compiled(pattern).is_match(value), "{value}");
}

/// Every object is valid, and there is one of each name.
#[track_caller]
fn check_all(migration: &Migration, counts: &mut BTreeMap<Kind, usize>) {
    let mut names = BTreeSet::new();
    for object in migration.objects() {
        check(&serde_json::to_value(object).unwrap());
        let (version, namespace) = (object.api_version(), object.namespace());
        let key = (version, object.kind(), namespace, object.name());
        assert!(names.insert(key), "twice: {key:?}");
        *counts.entry((version.to_owned(), object.kind().to_owned())).or_default() += 1;
    }
}

#[test]
fn objects_are_such_as_their_definitions_take() {
    let mut counts = BTreeMap::new();
    let options = |mesh| {
        let network = "10.0.0.0/8".parse().unwrap();
        let options = Options::default().mesh(mesh).account_label("app").assumed_port(80);
        options.network(network, "shop", "web")
    };
    for mesh in [Mesh::Linkerd, Mesh::Istio, Mesh::Cilium, Mesh::GatewayApi] {
        check_all(&Migration::plan(&golden::shop(), &options(mesh)), &mut counts);
        for resources in corpus::worlds() {
            check_all(&Migration::plan(&resources, &options(mesh)), &mut counts);
        }
    }
    let mut runner = TestRunner::deterministic();
    for _ in 0..crate::cases() {
        let access = (worlds::groups(), access::targets(), access::semantics());
        let (groups, targets, semantics) = access.new_tree(&mut runner).unwrap().current();
        let resources = crate::resources(&(access::manifests() + &groups + &targets));
        for mesh in [Mesh::Linkerd, Mesh::Istio, Mesh::Cilium, Mesh::GatewayApi] {
            let options = options(mesh).semantics(semantics.clone());
            check_all(&Migration::plan(&resources, &options), &mut counts);
        }
        for traffic in ["http", "grpc", "tcp", "udp"] {
            let splits = worlds::splits_of(traffic).new_tree(&mut runner).unwrap().current();
            let grpc = worlds::grpc_groups().new_tree(&mut runner).unwrap().current();
            let groups = if traffic == "grpc" { &grpc } else { &groups };
            let resources = crate::resources(&(groups.clone() + &splits));
            check_all(&Migration::plan(&resources, &Options::default()), &mut counts);
        }
    }
    for ((version, kind), count) in &counts {
        println!("{count} {version} {kind}");
    }
    for kind in validators().keys() {
        assert!(counts.get(kind).is_some_and(|count| *count > 0), "none of {kind:?}");
    }
}

#[test]
fn what_a_definition_does_not_take_is_found() {
    let migration = |mesh| {
        let network = "10.0.0.0/8".parse().unwrap();
        let options = Options::default().mesh(mesh).account_label("app");
        Migration::plan(&golden::shop(), &options.network(network, "shop", "web"))
    };
    for mesh in [Mesh::Linkerd, Mesh::Istio, Mesh::Cilium, Mesh::GatewayApi] {
        for object in migration(mesh).objects() {
            if object.api_version().starts_with("gateway.networking.k8s.io/") {
                continue;
            }
            let whole = serde_json::to_value(object).unwrap();
            assert!(errors(&whole).is_empty());
            for place in places(&whole) {
                let mut other = whole.clone();
                other.pointer_mut(&place).unwrap()["misspelt"] = Value::Null;
                assert!(!errors(&other).is_empty(), "{place} of {whole}");
            }
        }
    }
}

/// The places of all objects within a value that have fields, not names of their own.
fn places(value: &Value) -> Vec<String> {
    let under = |(key, value): (String, &Value)| {
        let below = places(value);
        below.into_iter().map(move |place| format!("/{key}{place}")).collect::<Vec<_>>()
    };
    match value {
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .filter(|(key, _)| !["matchLabels", "annotations"].contains(&key.as_str()));
            let below = fields.flat_map(|(key, value)| under((key.clone(), value)));
            [String::new()].into_iter().chain(below).collect()
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.flat_map(|(index, value)| under((index.to_string(), value))).collect()
        }
        _ => Vec::new(),
    }
}
