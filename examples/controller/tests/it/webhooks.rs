//! The webhooks, as an API server asks them: registered by the controller, over TLS.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use serde_json::{Value, json};
use smi_controller::webhooks::{self, Address, keep_registered};
use smi_policy::ObjectKind;
use smi_types::api::{Kind, Version};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::api::Cluster;
use crate::api::webhook::client;
use crate::support::{any_route, eventually, is_open, start, status, target, until, version};

/// Serves the webhooks, registers them, and waits until they are.
async fn registered(cluster: &Cluster) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let register: Address = format!("https://127.0.0.1:{}", address.port()).parse().unwrap();
    let (config, ca_bundle) = webhooks::certificate(register.host()).await.unwrap();
    let server = axum_server::from_tcp_rustls(listener, config).unwrap();
    tokio::spawn(server.serve(webhooks::routes().into_make_service()));
    let every = Duration::from_millis(200);
    tokio::spawn(keep_registered(cluster.client(), register, ca_bundle, every));
    eventually("the webhooks are registered", || {
        let store = cluster.store();
        store.validation.is_some() && store.definitions.values().all(|it| it.conversion.is_some())
    })
    .await;
    address
}

/// All that stores an object in one version and reads it in another goes by the webhook; also what
/// the controller itself watches.
#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_converts_by_the_webhook() {
    let cluster = Cluster::start_with_all();
    registered(&cluster).await;
    cluster.put(any_route("shop"));
    let running = start(&cluster);
    let live = running.live.clone();
    let mut asked = 0;
    for version in Version::ALL {
        let mut object = target("cart", version.as_str());
        if version == Version::V1alpha1 {
            object["destination"]["port"] = 8080.into();
        }
        cluster.put(object);
        until(&live, version.as_str(), |now| is_open(now, "cart")).await;
        for wanted in Version::ALL {
            let path =
                format!("/apis/access.smi-spec.io/{wanted}/namespaces/shop/traffictargets/cart");
            let request = axum::http::Request::get(path).body(Vec::new()).unwrap();
            let found: Value = cluster.client().request(request).await.unwrap();
            assert_eq!(found["apiVersion"], format!("access.smi-spec.io/{wanted}"));
            let source = match wanted {
                Version::V1alpha1 => &found["sources"][0],
                _ => &found["spec"]["sources"][0],
            };
            assert_eq!(source["name"], "web", "{version} as {wanted}");
            asked += 1;
        }
        cluster.delete("TrafficTarget", "shop", "cart");
        until(&live, "cart is closed", |now| !is_open(now, "cart")).await;
    }
    println!("{asked} conversions by the webhook");
}

/// An object that nobody can convert fails every list but that of its own version, which is then
/// the one to watch.
#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_cannot_be_converted_stops_nobody() {
    let split = |name: &str, version: &str, weight: Value| {
        json!({
            "apiVersion": format!("split.smi-spec.io/{version}"), "kind": "TrafficSplit",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"service": name, "backends": [{"service": "v2", "weight": weight}]},
        })
    };
    for is_first in [true, false] {
        let cluster = Cluster::start_with_all();
        registered(&cluster).await;
        cluster.put(split("good", "v1alpha4", 1.into()));
        let mut running = None;
        if !is_first {
            let started = running.insert(start(&cluster));
            until(&started.live, "a snapshot", |now| now.splits.iter().count() == 1).await;
        }
        cluster.put(split("bad", "v1alpha1", "many".into()));
        cluster.put(split("better", "v1alpha2", 1.into()));
        let running = running.unwrap_or_else(|| start(&cluster));
        let what = "the other two";
        let snapshot = until(&running.live, what, |now| now.splits.iter().count() == 2).await;
        assert!(!status(&snapshot, "bad").unwrap().is_accepted());
        let watched = version(&running.live, ObjectKind::TrafficSplit);
        assert_eq!(watched.as_deref(), Some("v1alpha1"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_refuses_what_the_webhook_refuses() {
    let cluster = Cluster::start_with_all();
    registered(&cluster).await;
    let create = async |object: &Value, group: &str, plural: &str| {
        let path = format!("/apis/{group}/v1alpha4/namespaces/shop/{plural}");
        let request = axum::http::Request::post(path).body(object.to_string().into_bytes());
        cluster.client().request::<Value>(request.unwrap()).await
    };
    let mut route = any_route("shop");
    create(&route, "specs.smi-spec.io", "tcproutes").await.unwrap();

    route["metadata"]["name"] = "bad".into();
    route["spec"]["matches"]["ports"] = json!([80, 99999]);
    let error = create(&route, "specs.smi-spec.io", "tcproutes").await.unwrap_err();
    assert!(error.to_string().contains("spec.matches.ports[1]"), "{error}");

    let group = json!({
        "apiVersion": "specs.smi-spec.io/v1alpha4", "kind": "HTTPRouteGroup",
        "metadata": {"name": "api", "namespace": "shop"},
        "spec": {"matches": [{"name": "all", "pathRegex": "/(?!admin).*"}]},
    });
    let error = create(&group, "specs.smi-spec.io", "httproutegroups").await.unwrap_err();
    assert!(error.to_string().contains("look-around"), "{error}");
    assert_eq!(cluster.store().list("tcproutes", None).len(), 1);
    assert!(cluster.store().list("httproutegroups", None).is_empty());
}

/// Definitions that are installed after the controller are registered too.
#[tokio::test(flavor = "multi_thread")]
async fn later_definitions_are_registered() {
    let cluster = Cluster::start(|kind| match kind {
        Kind::TrafficSplit => Vec::new(),
        kind => crate::api::all_versions(kind),
    });
    registered(&cluster).await;
    cluster.change(|store| store.define(Kind::TrafficSplit, &["v1alpha4"]));
    eventually("it is registered", || {
        let store = cluster.store();
        store.definitions["trafficsplits.split.smi-spec.io"].conversion.is_some()
    })
    .await;
}

/// Only who trusts the registered authority gets through, and only by the name it vouches for.
#[tokio::test(flavor = "multi_thread")]
async fn other_authorities_and_names_are_not_trusted() {
    let cluster = Cluster::start_with_all();
    registered(&cluster).await;
    let right = cluster.store().validation.clone().unwrap()["webhooks"][0]["clientConfig"].clone();
    let ask = async |registered: &Value| {
        let (client, path) = client(registered).unwrap();
        let body = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"});
        let request = axum::http::Request::post(path)
            .header("content-type", "application/json")
            .body(body.to_string().into_bytes());
        client.request_text(request.unwrap()).await
    };
    ask(&right).await.unwrap();

    let mut other = right.clone();
    let (_, stranger) = webhooks::certificate("127.0.0.1").await.unwrap();
    other["caBundle"] = json!(k8s_openapi::ByteString(stranger.into_bytes()));
    let error = format!("{:?}", ask(&other).await.unwrap_err());
    assert!(error.contains("InvalidCertificate"), "{error}");

    let mut other = right.clone();
    other["url"] = right["url"].as_str().unwrap().replace("127.0.0.1", "localhost").into();
    let error = format!("{:?}", ask(&other).await.unwrap_err());
    assert!(error.contains("InvalidCertificate"), "{error}");
}

/// Whoever opens a connection and says nothing keeps nobody waiting.
#[tokio::test(flavor = "multi_thread")]
async fn silent_clients_block_nobody() {
    let cluster = Cluster::start_with_all();
    let address = registered(&cluster).await;
    let mut silent = Vec::new();
    for number in 0..100 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        if number % 2 == 0 {
            stream.write_all(b"\x16\x03\x01").await.unwrap();
        }
        silent.push(stream);
    }
    let mut route = any_route("shop");
    route["spec"]["matches"]["ports"] = json!(["http"]);
    let path = "/apis/specs.smi-spec.io/v1alpha4/namespaces/shop/tcproutes";
    let request = axum::http::Request::post(path).body(route.to_string().into_bytes()).unwrap();
    assert!(cluster.client().request::<Value>(request).await.is_err());
    assert_eq!(silent.len(), 100);
}

/// What is no review is refused, and the webhook goes on.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_review_is_refused() {
    let cluster = Cluster::start_with_all();
    registered(&cluster).await;
    let config = cluster.store().validation.clone().unwrap()["webhooks"][0]["clientConfig"].clone();
    let (client, _) = client(&config).unwrap();
    let deep = "[".repeat(100_000);
    for path in ["/validate", "/convert"] {
        for body in ["", "{", "[]", "{\"request\": 7}", deep.as_str()] {
            let request = axum::http::Request::post(path)
                .header("content-type", "application/json")
                .body(body.as_bytes().to_vec());
            let error = client.request_text(request.unwrap()).await.unwrap_err();
            assert!(
                matches!(&error, kube::Error::Api(status) if status.code / 100 == 4),
                "{error}"
            );
        }
    }
    let request = axum::http::Request::get("/validate").body(Vec::new()).unwrap();
    assert!(client.request_text(request).await.is_err());
}

#[test]
fn an_address_is_a_scheme_a_host_and_a_port() {
    let host = |text: &str| text.parse::<Address>().unwrap().host().to_owned();
    assert_eq!(host("https://smi-controller.smi-system.svc"), "smi-controller.smi-system.svc");
    assert_eq!(host("https://host.example:9443/"), "host.example");
    assert_eq!(host("https://[::1]:9443"), "::1");
    for wrong in [
        "",
        "name",
        "/",
        "a/b",
        "http://h",
        "https://",
        "https://:443",
        "https://h/path",
        "https://h?query",
        "https://me@h",
        "https://h:99999",
        "HTTPS://h x",
    ] {
        assert!(wrong.parse::<Address>().is_err(), "{wrong}");
    }
}

/// A Service is registered as one, for an API server need not ask the cluster's DNS.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_registered_as_one() {
    let cluster = Cluster::start_with_all();
    let address: Address = "https://smi-controller.smi-system.svc:8443".parse().unwrap();
    let every = Duration::from_secs(60);
    tokio::spawn(keep_registered(cluster.client(), address, "PEM".to_owned(), every));
    eventually("it is registered", || cluster.store().validation.is_some()).await;
    let store = cluster.store();
    let service = |path: &str| json!({"namespace": "smi-system", "name": "smi-controller", "port": 8443, "path": path});
    let validation = &store.validation.as_ref().unwrap()["webhooks"][0]["clientConfig"];
    assert_eq!(validation["service"], service("/validate"));
    assert_eq!(validation["caBundle"], "UEVN");
    for definition in store.definitions.values() {
        let conversion = definition.conversion.as_ref().unwrap();
        assert_eq!(conversion["strategy"], "Webhook");
        assert_eq!(conversion["webhook"]["clientConfig"]["service"], service("/convert"));
        assert_eq!(conversion["webhook"]["clientConfig"]["caBundle"], "UEVN");
    }
    assert_eq!(store.definitions.len(), Kind::ALL.len());
}
