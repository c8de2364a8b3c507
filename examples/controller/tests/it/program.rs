//! The program itself: started as the README says, asked over HTTP, stopped by a signal.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use smi_policy::{ObjectKind, ObjectName};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::api::Cluster;
use crate::api::ports::free_addresses;
use crate::api::webhook::certificates;
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

/// A connection that trusts the registered authority only.
async fn connect(address: &str, ca_bundle: &Value) -> TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in certificates(ca_bundle).unwrap() {
        roots.add(certificate.into()).unwrap();
    }
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(ring);
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    let address: SocketAddr = address.parse().unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    TlsConnector::from(config).connect(address.ip().into(), stream).await.unwrap()
}

/// Waits until nobody listens there any more.
#[track_caller]
fn closed(address: &str) -> impl Future<Output = ()> {
    eventually("it accepts no more connections", move || {
        std::net::TcpStream::connect(address).is_err()
    })
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
async fn the_program_reports_and_ends_when_told_to() {
    let cluster = Cluster::start_with_all();
    cluster.put(any_route("shop"));
    cluster.put(target("cart", "v1alpha1"));
    let mut bad = target("bad", "v1alpha1");
    bad["specs"][0]["name"] = "nowhere".into();
    cluster.put(bad);
    let mut program = Program::start(&cluster, &[]);
    let address = program.address().await;
    let ready = async {
        while get(&address, "/readyz").await.0 != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.expect("it gets ready");
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

    assert!(program.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_registers_its_webhooks_anew_at_each_start() {
    let cluster = Cluster::start_with_all();
    let mut bundles = Vec::new();
    for _ in 0..2 {
        cluster.store().validation = None;
        let [listen] = free_addresses().map(|address| address.to_string());
        let url = format!("https://{listen}");
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

/// A review that is being read when the signal comes is read to its end and answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_being_asked_answers_before_the_program_ends() {
    let cluster = Cluster::start_with_all();
    let [listen] = free_addresses().map(|address| address.to_string());
    let url = format!("https://{listen}");
    let mut program = Program::start(&cluster, &["--webhooks", &listen, "--register", &url]);
    program.address().await;
    eventually("the webhooks are registered", || cluster.store().validation.is_some()).await;
    let mut route = any_route("shop");
    route["spec"]["matches"]["ports"] = json!([0]);
    let review = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "in-flight", "operation": "CREATE", "userInfo": {}, "object": route,
            "kind": {"group": "specs.smi-spec.io", "version": "v1alpha4", "kind": "TCPRoute"},
            "resource": {
                "group": "specs.smi-spec.io", "version": "v1alpha4", "resource": "tcproutes",
            },
        },
    });
    let review = review.to_string();
    let head = format!(
        "POST /validate HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         expect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        review.len()
    );
    let registered = cluster.store().validation.clone().unwrap();
    let ca_bundle = &registered["webhooks"][0]["clientConfig"]["caBundle"];
    let mut stream = connect(&listen, ca_bundle).await;
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    // It says itself that it reads.
    let expected = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut found = vec![0; expected.len()];
    stream.read_exact(&mut found).await.unwrap();
    assert_eq!(found, expected);

    let pid = program.child.id().unwrap().to_string();
    assert!(Command::new("kill").arg(pid).status().await.unwrap().success());
    closed(&listen).await;
    assert!(program.child.try_wait().unwrap().is_none(), "it did not wait");
    stream.write_all(review.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    let mut answer = Vec::new();
    // The end of TLS may be missing at the end of the connection; the answer has a length.
    drop(stream.read_to_end(&mut answer).await);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let body: Value = serde_json::from_str(body).unwrap();
    let response = &body["response"];
    assert_eq!((&response["uid"], &response["allowed"]), (&"in-flight".into(), &false.into()));
    let status = tokio::time::timeout(PATIENCE, program.child.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
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
