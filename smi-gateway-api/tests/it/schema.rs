//! Objects are such as an API server takes.

use gateway_api::experimental::tcproutes::TcpRouteSpec;
use gateway_api::experimental::udproutes::UdpRouteSpec;
use gateway_api::grpcroutes::GrpcRouteSpec;
use gateway_api::httproutes::HttpRouteSpec;
use serde_json::Value;
use smi_gateway_api::{Mesh, Migration, Options};

use crate::golden;

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn is_name(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && regex::Regex::new("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
            .unwrap()
            .is_match(text)
}

/// Checks a route against the schema of its type, which has no bounds, and against the bounds and
/// rules of the published definition.
#[track_caller]
pub(crate) fn check(object: &Value) {
    let kind = object["kind"].as_str().unwrap();
    let name = object["metadata"]["name"].as_str().unwrap();
    assert!(is_name(name), "{name}");
    if !object["apiVersion"].as_str().unwrap().starts_with("gateway.networking.k8s.io/") {
        return;
    }
    let schema = match kind {
        "HTTPRoute" => schemars::schema_for!(HttpRouteSpec),
        "GRPCRoute" => schemars::schema_for!(GrpcRouteSpec),
        "TCPRoute" => schemars::schema_for!(TcpRouteSpec),
        "UDPRoute" => schemars::schema_for!(UdpRouteSpec),
        other => panic!("{other}"),
    };
    let spec = &object["spec"];
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    let errors: Vec<String> = validator.iter_errors(spec).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}\n{object}");

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
            let headers = list(&own["headers"]);
            assert!(headers.len() <= 16);
            for header in headers {
                let value = header["value"].as_str().unwrap();
                assert!((1..=4096).contains(&value.chars().count()));
                let name = header["name"].as_str().unwrap();
                let pattern = "^[A-Za-z0-9!#$%&'*+\\-.^_\x60|~]{1,256}$";
                assert!(regex::Regex::new(pattern).unwrap().is_match(name), "{name}");
            }
        }
    }
}

/// The validation rules of HTTPPathMatch.
#[track_caller]
fn path_is_valid(kind: &str, value: &str) {
    assert!(value.chars().count() <= 1024);
    if kind == "RegularExpression" {
        regex::Regex::new(value).unwrap();
        return;
    }
    assert!(value.starts_with('/'), "{value}");
    for part in ["//", "/./", "/../", "%2f", "%2F", "#"] {
        assert!(!value.contains(part), "{value}");
    }
    assert!(!value.ends_with("/..") && !value.ends_with("/."), "{value}");
    let pattern = "^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$";
    assert!(regex::Regex::new(pattern).unwrap().is_match(value), "{value}");
}

#[test]
fn the_shop_becomes_valid_objects() {
    for mesh in [Mesh::Linkerd, Mesh::Istio, Mesh::Cilium, Mesh::GatewayApi] {
        let options = Options::default().mesh(mesh).account_label("app");
        let migration = Migration::plan(&golden::shop(), &options);
        let mut names = std::collections::BTreeSet::new();
        for object in migration.objects() {
            check(&serde_json::to_value(object).unwrap());
            let (version, namespace) = (object.api_version(), object.namespace());
            let key = (version, object.kind(), namespace, object.name());
            assert!(names.insert(key), "twice: {key:?}");
        }
    }
}
