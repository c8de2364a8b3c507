//! The program itself: started as the README says, asked over HTTP, stopped by a signal. And the
//! controller against a real API server, where there is one.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use smi_controller::Controller;
use smi_policy::{ObjectKind, ObjectName};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};

use crate::api::Cluster;
use crate::support::{PATIENCE, any_route, eventually, target, until};

struct Program {
    child: Child,
    output: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(cluster: &Cluster, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_smi-controller"))
            .args(["--report", "127.0.0.1:0"])
            .args(arguments)
            .env("KUBECONFIG", kubeconfig(cluster))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, output }
    }

    /// The host and port in the next line.
    async fn address(&mut self) -> String {
        let line = tokio::time::timeout(PATIENCE, self.output.next_line()).await.unwrap();
        let line = line.unwrap().expect("a line");
        let (_, address) = line.split_once("://").expect("an address");
        address.split('/').next().unwrap().to_owned()
    }

    async fn terminate(&mut self) -> std::process::ExitStatus {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").arg(pid).status().await.unwrap().success());
        tokio::time::timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap()
    }
}

/// A file for KUBECONFIG.
fn kubeconfig(cluster: &Cluster) -> PathBuf {
    let url = cluster.url();
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "here", "cluster": {"server": url}}],
        "users": [{"name": "me", "user": {}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        "current-context": "here",
    });
    let name = format!("kubeconfig-{}", url.replace([':', '/'], "-"));
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, config.to_string()).unwrap();
    path
}

/// Status and body of an answer.
async fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_reports_and_drains() {
    let cluster = Cluster::start_with_all();
    cluster.put(any_route("shop"));
    cluster.put(target("cart", "v1alpha1"));
    let mut bad = target("bad", "v1alpha1");
    bad["specs"][0]["name"] = "nowhere".into();
    cluster.put(bad);
    let mut program = Program::start(&cluster, &[]);
    let address = program.address().await;
    let mut ready = 0;
    while ready != 200 {
        (ready, _) = get(&address, "/readyz").await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (status, report) = get(&address, "/report").await;
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!((status, &report["generation"]), (200, &1.into()));
    let kind = &report["kinds"]["TrafficTarget"];
    assert_eq!(
        (&kind["apiVersion"], &kind["synced"], &kind["lost"]),
        (&"access.smi-spec.io/v1alpha4".into(), &true.into(), &Value::Null)
    );
    assert_eq!(report["objects"].as_array().unwrap().len(), 3);
    let objects = report["objects"].as_array().unwrap();
    let of = |name: &str| objects.iter().find(|it| it["object"]["name"] == name).unwrap();
    assert_eq!((&of("cart")["accepted"], &of("bad")["accepted"]), (&true.into(), &false.into()));
    let finding = &of("bad")["findings"][0];
    // In the layout of the version in which the server sent it.
    assert_eq!(
        (&finding["code"], &finding["isError"]),
        (&"dangling-reference".into(), &true.into())
    );
    assert_eq!(get(&address, "/livez").await.0, 200);

    // A request that is under way when the signal comes is answered.
    let mut slow = TcpStream::connect(&address).await.unwrap();
    slow.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let pid = program.child.id().unwrap().to_string();
    assert!(Command::new("kill").arg(pid).status().await.unwrap().success());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(TcpStream::connect(&address).await.is_err(), "still accepts connections");
    slow.write_all(b"connection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let status = tokio::time::timeout(PATIENCE, program.child.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_registers_its_webhooks_anew_at_each_start() {
    let cluster = Cluster::start_with_all();
    let mut bundles = Vec::new();
    for _ in 0..2 {
        cluster.store().validation = None;
        // A port that is free is found by taking one.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (listen, url) = (format!("127.0.0.1:{port}"), format!("https://127.0.0.1:{port}"));
        let mut program = Program::start(&cluster, &["--webhooks", &listen, "--register", &url]);
        assert_eq!(program.address().await, listen);
        eventually("the webhooks are registered", || cluster.store().validation.is_some()).await;
        let registered = cluster.store().validation.clone().unwrap();
        bundles.push(registered["webhooks"][0]["clientConfig"]["caBundle"].clone());
        let mut route = any_route("shop");
        route["spec"]["matches"]["ports"] = json!([0]);
        let path = "/apis/specs.smi-spec.io/v1alpha4/namespaces/shop/tcproutes";
        let request = axum::http::Request::post(path).body(route.to_string().into_bytes()).unwrap();
        let error = cluster.client().request::<Value>(request).await.unwrap_err();
        assert!(error.to_string().contains("spec.matches.ports[0]"), "{error}");
        assert!(program.terminate().await.success());
    }
    assert_ne!(bundles[0], bundles[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cluster_the_program_says_so() {
    let output = Command::new(env!("CARGO_BIN_EXE_smi-controller"))
        .env("KUBECONFIG", "/does/not/exist")
        .env_remove("KUBERNETES_SERVICE_HOST")
        .output()
        .await
        .unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("no cluster"), "{message}");
}

/// The API server in this process is good enough for kubectl, which nobody here wrote.
#[tokio::test(flavor = "multi_thread")]
async fn kubectl_works_with_the_api_server_of_these_tests() {
    let Ok(version) = Command::new("kubectl").args(["version", "--client"]).output().await else {
        println!("skipped: kubectl is not installed");
        return;
    };
    assert!(version.status.success());
    let cluster = Cluster::start_with_all();
    let running = crate::support::start(&cluster);
    let live = running.live.clone();
    let config = kubeconfig(&cluster);
    let kubectl = async |arguments: &[&str]| {
        let cache = concat!(env!("CARGO_TARGET_TMPDIR"), "/kubectl-cache");
        let output = Command::new("kubectl")
            .args(["--cache-dir", cache])
            .args(arguments)
            .env("KUBECONFIG", &config)
            .output()
            .await
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "kubectl {arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    };
    let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/../manifests/shop/cart.yaml");
    kubectl(&["create", "--validate=false", "-f", shop]).await;
    let stored = cluster.store().list("traffictargets", None).len();
    until(&live, "what kubectl created", |now| {
        now.objects.keys().filter(|(kind, _)| *kind == ObjectKind::TrafficTarget).count() == stored
    })
    .await;
    let listed =
        kubectl(&["get", "traffictargets.v1alpha4.access.smi-spec.io", "-A", "-o", "name"]);
    assert_eq!(listed.await.lines().count(), stored);
    let name = cluster.store().list("traffictargets", None)[0]["metadata"]["name"].clone();
    let name = name.as_str().unwrap();
    kubectl(&["delete", "--wait=false", "traffictargets.access.smi-spec.io", "-n", "shop", name])
        .await;
    until(&live, "what kubectl deleted", |now| {
        !now.objects.contains_key(&(ObjectKind::TrafficTarget, ObjectName::new("shop", name)))
    })
    .await;
    println!("kubectl created, listed and deleted {stored} TrafficTargets");
    assert!(stored > 0);
}

/// `SMI_E2E_KUBECONFIG=… cargo test -p smi-controller`: a cluster for tests, whose definitions of SMI
/// this replaces.
#[tokio::test(flavor = "multi_thread")]
async fn a_real_api_server_is_followed() {
    use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
    use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams};
    use kube::config::{KubeConfigOptions, Kubeconfig};
    use smi_types::access::v1alpha3::TrafficTarget;
    use smi_types::specs::v1alpha4::TcpRoute;

    let Some(path) = std::env::var_os("SMI_E2E_KUBECONFIG") else {
        println!("skipped: SMI_E2E_KUBECONFIG names no cluster");
        return;
    };
    let kubeconfig = Kubeconfig::read_from(path).unwrap();
    let options = KubeConfigOptions::default();
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
    let client = kube::Client::try_from(config).unwrap();

    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let apply = PatchParams::apply("smi-controller-test").force();
    for definition in smi_types::crd::all() {
        let name = definition.metadata.name.clone().unwrap();
        definitions.patch(&name, &apply, &Patch::Apply(&definition)).await.unwrap();
    }
    let namespaces: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(client.clone());
    let namespace = format!("smi-e2e-{}", std::process::id());
    let object = serde_json::from_value(json!({"metadata": {"name": namespace}}));
    namespaces.create(&PostParams::default(), &object.unwrap()).await.unwrap();

    let running =
        Controller { pace: crate::support::pace(), ..Controller::new(client.clone()) }.start();
    let live = running.live.clone();
    let routes: Api<TcpRoute> = Api::namespaced(client.clone(), &namespace);
    let targets: Api<TrafficTarget> = Api::namespaced(client.clone(), &namespace);
    let stored = |object: Value| {
        let mut object = object;
        object["metadata"]["namespace"] = namespace.as_str().into();
        object
    };
    let is_open = |now: &smi_controller::Snapshot, name: &str| {
        crate::support::is_open_in(&now.policy, &namespace, name)
    };
    let target = |name: &str| -> TrafficTarget {
        let object = crate::support::target_for(name, "v1alpha3", &namespace, "web");
        serde_json::from_value(object).unwrap()
    };
    let route = serde_json::from_value(stored(any_route("shop"))).unwrap();
    // A definition is served a moment after it is accepted.
    let mut tries = 0;
    while let Err(error) = routes.create(&PostParams::default(), &route).await {
        tries += 1;
        assert!(tries < 100, "{error}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    targets.create(&PostParams::default(), &target("cart")).await.unwrap();
    until(&live, "cart is open", |now| is_open(now, "cart")).await;
    targets.delete("cart", &DeleteParams::default()).await.unwrap();
    until(&live, "cart is closed", |now| !is_open(now, "cart")).await;

    // What is wrong becomes an event.
    let mut dangling = target("dangling");
    dangling.spec.rules[0].name = "nowhere".to_owned();
    targets.create(&PostParams::default(), &dangling).await.unwrap();
    let events: Api<k8s_openapi::api::events::v1::Event> =
        Api::namespaced(client.clone(), &namespace);
    let mut found = 0;
    for _ in 0..200 {
        let list = events.list(&ListParams::default()).await.unwrap();
        found = list.iter().filter(|it| it.reason.as_deref() == Some("DanglingReference")).count();
        if found > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    namespaces.delete(&namespace, &DeleteParams::default()).await.unwrap();
    assert_eq!(found, 1);
    println!("a real API server: opened, closed and reported");
}
