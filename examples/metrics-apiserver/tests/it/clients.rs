//! Real clients read what the server says: kube's, and kubectl.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use kube::api::{Api, DynamicObject, ListParams};
use kube::core::ApiResource;
use kube::{Client, Config};
use smi_metrics_model::{GROUP, Kind, TrafficMetrics, TrafficMetricsList, Version};

/// The program, on a port of its own.
struct Server {
    program: Child,
    url: String,
    /// What kubectl keeps of it.
    cache: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        Self::start_with(&[])
    }

    fn start_with(arguments: &[&str]) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_smi-metrics-shop"))
            .arg("127.0.0.1:0")
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut url = String::new();
        let output = program.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut url).expect("its URL");
        let cache = tempfile::tempdir().expect("a directory");
        Self { program, url: url.trim().to_owned(), cache }
    }

    fn client(&self) -> Client {
        let config = Config::new(self.url.parse().expect("a URL"));
        Client::try_from(config).expect("a client")
    }

    fn kubectl(&self, arguments: &[&str]) -> Option<String> {
        let output = Command::new("kubectl")
            .args(["--kubeconfig", "/dev/null", "--server", &self.url, "--cache-dir"])
            .arg(self.cache.path())
            .args(arguments)
            .output();
        let Ok(output) = output else {
            println!("skipped: kubectl is not installed");
            return None;
        };
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl {arguments:?}: {error}");
        Some(String::from_utf8(output.stdout).expect("UTF-8"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn resource(kind: Kind, version: Version) -> ApiResource {
    ApiResource {
        group: GROUP.to_owned(),
        version: version.as_str().to_owned(),
        api_version: version.api_version().to_owned(),
        kind: "TrafficMetrics".to_owned(),
        plural: kind.plural().to_owned(),
    }
}

#[tokio::test]
async fn discovery_finds_all_kinds_in_both_versions() {
    let server = Server::start();
    let group = kube::discovery::group(&server.client(), GROUP).await.expect("the group");
    assert_eq!(group.preferred_version(), Some("v1alpha1"));
    for version in Version::ALL {
        let found = group.versioned_resources(version.as_str());
        let names: BTreeSet<_> =
            found.iter().map(|(resource, _)| resource.plural.as_str()).collect();
        let kinds: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.plural()).collect();
        assert_eq!(names, kinds, "{version}");
        for (resource, capabilities) in &found {
            let kind = Kind::from_plural(&resource.plural).expect("a kind");
            let is_namespaced = capabilities.scope == kube::discovery::Scope::Namespaced;
            assert_eq!(is_namespaced, kind.is_namespaced(), "{kind}");
            assert!(capabilities.supports_operation(kube::discovery::verbs::LIST));
            let edges = capabilities.subresources.iter().map(|(edges, _)| edges.plural.as_str());
            assert_eq!(edges.collect::<Vec<_>>(), ["edges"], "{kind}");
        }
    }
}

#[tokio::test]
async fn kubes_api_lists_and_gets_every_kind() {
    let server = Server::start();
    let client = server.client();
    for version in Version::ALL {
        for kind in Kind::ALL {
            let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource(kind, version));
            let list = api.list(&ListParams::default()).await.expect("a list");
            assert!(!list.items.is_empty() || kind == Kind::DaemonSet, "{kind}");
            for object in &list.items {
                let types = object.types.as_ref().expect("types");
                assert_eq!(types.kind, "TrafficMetrics");
                assert_eq!(types.api_version, version.api_version());
                let name = object.metadata.name.as_deref().expect("a name");
                let metrics: TrafficMetrics =
                    serde_json::to_value(object).and_then(serde_json::from_value).expect("metrics");
                assert!(metrics.traffic().expect("traffic").success_rate().is_some());
                if kind != Kind::TrafficSplit {
                    let api: Api<DynamicObject> = match &object.metadata.namespace {
                        Some(namespace) => {
                            let resource = resource(kind, version);
                            Api::namespaced_with(client.clone(), namespace, &resource)
                        }
                        None => api.clone(),
                    };
                    let same = api.get(name).await.expect("the object");
                    assert_eq!(same.metadata.name.as_deref(), Some(name));
                }
            }
        }
    }
}

#[tokio::test]
async fn selectors_choose_items_and_errors_are_statuses() {
    let server = Server::start();
    let pods: Api<DynamicObject> =
        Api::namespaced_with(server.client(), "shop", &resource(Kind::Pod, Version::V1alpha1));
    let chosen =
        pods.list(&ListParams::default().labels("app in (web, cart)")).await.expect("list");
    let names: Vec<_> = chosen.items.iter().filter_map(|pod| pod.metadata.name.clone()).collect();
    assert_eq!(names, ["cart-0", "web-0"]);
    let chosen =
        pods.list(&ListParams::default().fields("metadata.name=web-0")).await.expect("list");
    assert_eq!(chosen.items.len(), 1);

    let code = |error: kube::Error| match error {
        kube::Error::Api(status) => (status.code, status.reason.clone()),
        other => panic!("{other}"),
    };
    let missing = pods.get("nobody").await.expect_err("no such pod");
    assert_eq!(code(missing), (404, "NotFound".to_owned()));
    let bad = pods.list(&ListParams::default().labels("a=b=c")).await.expect_err("a bad selector");
    assert_eq!(code(bad), (400, "BadRequest".to_owned()));
    let gone = pods.delete("web-0", &Default::default()).await.expect_err("not allowed");
    assert_eq!(code(gone), (405, "MethodNotAllowed".to_owned()));
}

#[tokio::test]
async fn edges_and_backends_are_lists() {
    let server = Server::start();
    let client = server.client();
    let get = async |path: &str| {
        let path = format!("/apis/{GROUP}/v1alpha2/namespaces/shop/{path}");
        let request = axum::http::Request::get(path).body(Vec::new()).expect("a request");
        client.request::<TrafficMetricsList>(request).await.expect("a list")
    };
    let edges = get("deployments/web/edges").await;
    let to = edges.items().iter().filter_map(|item| {
        let edge = item.edge.as_option()?;
        let to = edge.direction.as_option()?.as_str() == "to";
        edge.resource.as_option().filter(|_| to)?.name.clone()
    });
    let to: BTreeSet<_> = to.collect();
    assert_eq!(to, BTreeSet::from(["catalog-v1".to_owned(), "catalog-v2".to_owned()]));

    let backends = get("trafficsplits/catalog-canary").await;
    let backend = |item: &TrafficMetrics| {
        let backend = item.backend.as_option().expect("a backend");
        (backend.name.clone(), backend.weight, item.traffic().expect("traffic").requests())
    };
    let backends: Vec<_> = backends.items().iter().map(backend).collect();
    assert_eq!(
        backends,
        [
            ("catalog-v1".to_owned(), 90, Some(181.into())),
            ("catalog-v2".to_owned(), 10, Some(22.into()))
        ]
    );
}

#[test]
fn kubectl_reads_it_raw_and_as_a_table() {
    let server = Server::start_with(&["--own-kinds"]);
    let path = format!("/apis/{GROUP}/v1alpha1/namespaces/shop/deployments/web");
    let Some(raw) = server.kubectl(&["get", "--raw", &path]) else { return };
    let metrics: TrafficMetrics = serde_json::from_str(&raw).expect("metrics");
    assert_eq!(metrics.traffic().expect("traffic").failure, Some(3.into()));

    let resource = format!("deployments.v1alpha1.{GROUP}");
    let table = server.kubectl(&["get", &resource, "-n", "shop"]).expect("kubectl");
    println!("{table}");
    let lines: Vec<Vec<&str>> = table.lines().map(|l| l.split_whitespace().collect()).collect();
    assert_eq!(
        lines.first().expect("headings")[..],
        ["NAME", "SUCCESS", "RPS", "LATENCY_P50", "LATENCY_P90", "LATENCY_P99"]
    );
    let web = lines.iter().find(|line| line.first() == Some(&"web")).expect("web");
    assert_eq!(web[1..3], ["99.01%", "10.1rps"]);
    let wide = server.kubectl(&["get", &resource, "-A", "-o", "wide"]).expect("kubectl");
    println!("{wide}");
    assert!(wide.starts_with("NAMESPACE") && wide.contains("DIRECTION"));
    for kind in Kind::ALL {
        let resource = format!("{}.v1alpha1.{GROUP}", kind.plural());
        let lines = server.kubectl(&["get", &resource, "-A", "--no-headers"]).expect("kubectl");
        assert!(!lines.is_empty() || kind == Kind::DaemonSet, "{kind}");
    }
}
