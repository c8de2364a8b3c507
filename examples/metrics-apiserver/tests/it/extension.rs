//! The server as an extension of an API server, with a real Prometheus behind it.
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use kube::config::AuthInfo;
use kube::{Client, Config};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};
use serde_json::{Value, json};
use smi_metrics_model::{TrafficMetrics, TrafficMetricsList};

use crate::api::{Cluster, Fault};
use crate::prometheus::Prometheus;
use crate::scraped;
use crate::wait::{self, PATIENCE};

/// An authority that vouches for API servers.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Certificate and key of a client of this name.
    fn client(&self, name: &str) -> (String, String) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }
}

/// What kube-apiserver says of how it passes on who asks.
fn trust(cluster: &Cluster, authority: &Authority) {
    cluster.put(json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "extension-apiserver-authentication", "namespace": "kube-system"},
        "data": {
            "requestheader-client-ca-file": authority.0.pem(),
            "requestheader-allowed-names": "[\"front-proxy-client\"]",
            "requestheader-username-headers": "[\"X-Remote-User\"]",
            "requestheader-group-headers": "[\"X-Remote-Group\"]",
            "requestheader-extra-headers-prefix": "[\"X-Remote-Extra-\"]",
        },
    }));
}

/// The server as a program.
struct Server {
    program: Child,
    url: String,
    ca: Vec<Vec<u8>>,
}

impl Server {
    fn start(cluster: &Cluster, prometheus: &str) -> Self {
        let config = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("kubeconfig-{}", cluster.url().replace([':', '/'], "-")));
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "clusters": [{"name": "here", "cluster": {"server": cluster.url()}}],
            "users": [{"name": "me", "user": {}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        });
        std::fs::write(&config, kubeconfig.to_string()).unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_smi-metrics-apiserver"))
            .args(["127.0.0.1:0", "--cluster", "mesh/metrics", "--prometheus", prometheus])
            .env("KUBECONFIG", config)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(program.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let mut server = Self { program, url: url.trim().to_owned(), ca: Vec::new() };
        wait::until("it registers", || cluster.store().services.len() == 2);
        let service = cluster.store().services["v1alpha1.metrics.smi-spec.io"].clone();
        let spec = &service["spec"];
        assert_eq!(spec["service"], json!({"name": "metrics", "namespace": "mesh", "port": 443}));
        let bundle: k8s_openapi::ByteString =
            serde_json::from_value(spec["caBundle"].clone()).unwrap();
        use rustls::pki_types::CertificateDer;
        use rustls::pki_types::pem::PemObject;
        let certificates = CertificateDer::pem_slice_iter(&bundle.0);
        server.ca = certificates.map(|certificate| certificate.unwrap().to_vec()).collect();
        server
    }

    /// Asks it to end, and waits until it has.
    fn terminate(&mut self) -> ExitStatus {
        let id = self.program.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.program.wait().unwrap()
    }

    /// Asks as an API server that has this certificate passes a request on.
    async fn ask(
        &self,
        identity: Option<&(String, String)>,
        user: Option<&str>,
        path: &str,
    ) -> kube::Result<Value> {
        let mut config = Config::new(self.url.parse().unwrap());
        config.tls_server_name = Some("metrics.mesh.svc".to_owned());
        config.root_cert = Some(self.ca.clone());
        // Otherwise it comes back by itself after a 503, for minutes.
        config.default_retry = false;
        if let Some((certificate, key)) = identity {
            let base64 = |text: &str| {
                let bytes = k8s_openapi::ByteString(text.as_bytes().to_vec());
                serde_json::to_value(bytes).unwrap().as_str().unwrap().to_owned()
            };
            config.auth_info = AuthInfo {
                client_certificate_data: Some(base64(certificate)),
                client_key_data: Some(base64(key).into()),
                ..AuthInfo::default()
            };
        }
        let mut request = axum::http::Request::get(path);
        if let Some(user) = user {
            request = request
                .header("X-Remote-User", user)
                .header("X-Remote-Group", "shoppers")
                .header("X-Remote-Group", "system:authenticated")
                .header("X-Remote-Extra-Example.org%2fScope", "some");
        }
        Client::try_from(config)?.request(request.body(Vec::new()).unwrap()).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

#[track_caller]
fn code(answer: kube::Result<Value>) -> u16 {
    match answer {
        Err(kube::Error::Api(status)) => status.code,
        other => panic!("{other:?}"),
    }
}

const DEPLOYMENTS: &str = "/apis/metrics.smi-spec.io/v1alpha1/namespaces/shop/deployments";

/// Requests that succeeded, as a share of all.
fn success(item: &TrafficMetrics) -> f64 {
    item.traffic().unwrap().success_rate().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_of_prometheus_are_served_to_whom_the_api_server_lets() {
    let Some(mut prometheus) = Prometheus::start(scraped::PAGES) else { return };
    let mut cluster = Cluster::start(|kind| match kind {
        smi_types::api::Kind::TrafficSplit => vec!["v1alpha2"],
        _ => Vec::new(),
    });
    let authority = Authority::new();
    trust(&cluster, &authority);
    cluster.store().allowed = vec!["ada".to_owned()];
    for (name, tier) in [("cart", "front"), ("catalog", "back")] {
        cluster.put(json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": "shop", "labels": {"tier": tier}},
        }));
    }
    cluster.put(json!({
        "apiVersion": "split.smi-spec.io/v1alpha2", "kind": "TrafficSplit",
        "metadata": {"name": "canary", "namespace": "shop"},
        "spec": {"service": "apex", "backends": [
            {"service": "cart", "weight": 90}, {"service": "catalog", "weight": 10},
        ]},
    }));
    let mut server = Server::start(&cluster, &prometheus.url());
    let front = authority.client("front-proxy-client");
    prometheus.wait_until_scraped(4);

    // What Prometheus knows is what is served.
    let ada = async |path: &str| server.ask(Some(&front), Some("ada"), path).await;
    let list = async |path: &str| -> TrafficMetricsList {
        serde_json::from_value(ada(path).await.unwrap()).unwrap()
    };
    let mut compared = 0;
    let names = |list: &TrafficMetricsList| -> Vec<String> {
        let resources = list.items().iter().filter_map(|item| item.resource.as_option());
        resources.filter_map(|resource| resource.name.clone()).collect()
    };
    // It may have scraped, and not be able to say so yet.
    let deadline = Instant::now() + PATIENCE;
    let mut deployments = list(&format!("{DEPLOYMENTS}?t=1m")).await;
    while names(&deployments) != ["cart", "catalog"] {
        assert!(Instant::now() < deadline, "{deployments:?}");
        deployments = list(&format!("{DEPLOYMENTS}?t=1m")).await;
    }
    for (item, expected) in deployments.items().iter().zip([0.75, 1.0]) {
        assert!((success(item) - expected).abs() < 0.01, "{item:?}");
        compared += 1;
    }
    let chosen = list(&format!("{DEPLOYMENTS}?t=1m&labelSelector=tier%3Dback")).await;
    assert_eq!(names(&chosen), ["catalog"]);
    let one: TrafficMetrics =
        serde_json::from_value(ada(&format!("{DEPLOYMENTS}/cart?t=1m")).await.unwrap()).unwrap();
    assert!((success(&one) - 0.75).abs() < 0.01);
    let edges = list(&format!("{DEPLOYMENTS}/web/edges?t=1m")).await;
    assert_eq!(edges.items().len(), 2);
    let split = "/apis/metrics.smi-spec.io/v1alpha2/namespaces/shop/trafficsplits/canary?t=1m";
    let mut backends = list(split).await;
    let deadline = Instant::now() + PATIENCE;
    while backends.items().is_empty() {
        assert!(Instant::now() < deadline, "the split is not seen");
        backends = list(split).await;
    }
    for (item, (name, weight, expected)) in
        backends.items().iter().zip([("cart", 90, 0.75), ("catalog", 10, 1.0)])
    {
        let backend = item.backend.as_option().unwrap();
        assert_eq!((&*backend.name, &*backend.apex, backend.weight), (name, "apex", weight));
        assert!((success(item) - expected).abs() < 0.01);
        compared += 1;
    }
    assert_eq!(code(ada("/apis/metrics.smi-spec.io/v1alpha1/nodes").await), 404);

    // The API server was asked about each request, with everything that it said of the user.
    let review = cluster.store().reviews[0].clone();
    assert_eq!(review["user"], "ada");
    assert_eq!(review["groups"], json!(["shoppers", "system:authenticated"]));
    assert_eq!(review["extra"], json!({"example.org/scope": ["some"]}));
    let asked = &review["resourceAttributes"];
    assert_eq!(
        *asked,
        json!({
            "group": "metrics.smi-spec.io", "version": "v1alpha1", "resource": "deployments",
            "namespace": "shop", "verb": "list",
        })
    );
    let of_edges = cluster
        .store()
        .reviews
        .iter()
        .find(|it| it["resourceAttributes"]["subresource"] == "edges")
        .cloned()
        .unwrap();
    assert_eq!(of_edges["resourceAttributes"]["name"], "web");

    // About a request that makes no sense too, so that who may read learns why.
    assert_eq!(code(ada(&format!("{DEPLOYMENTS}?t=soon")).await), 400);
    let nonsense = cluster.store().reviews.last().cloned().unwrap();
    assert_eq!(nonsense["resourceAttributes"], *asked);

    // Nobody else is answered.
    assert_eq!(code(server.ask(Some(&front), Some("eve"), DEPLOYMENTS).await), 403);
    assert_eq!(code(server.ask(Some(&front), Some("eve"), "/apis").await), 403);
    assert_eq!(code(server.ask(Some(&front), None, DEPLOYMENTS).await), 401);
    assert_eq!(code(server.ask(None, Some("ada"), DEPLOYMENTS).await), 401);
    let other = authority.client("somebody-else");
    assert_eq!(code(server.ask(Some(&other), Some("ada"), DEPLOYMENTS).await), 401);
    let stranger = Authority::new().client("front-proxy-client");
    let refused = server.ask(Some(&stranger), Some("ada"), DEPLOYMENTS).await;
    assert!(!matches!(refused, Ok(_) | Err(kube::Error::Api(_))), "{refused:?}");
    ada("/apis").await.unwrap();

    // Who can't be asked about is not answered, nor is anybody while the API server is away.
    for status in [500, 503] {
        cluster.fail(1, "subjectaccessreviews", Fault::Status(status));
        assert_eq!(code(ada(DEPLOYMENTS).await), 503);
    }
    ada(DEPLOYMENTS).await.unwrap();
    cluster.go_down();
    let asked = Instant::now();
    assert_eq!(code(ada(DEPLOYMENTS).await), 503);
    println!("without the API server: 503 after {:?}", asked.elapsed());
    cluster.go_up();

    // Without Prometheus there is a failure, not an empty list.
    prometheus.stop();
    for path in [DEPLOYMENTS.to_owned(), format!("{DEPLOYMENTS}/cart"), split.to_owned()] {
        let error = ada(&path).await.unwrap_err();
        let kube::Error::Api(status) = &error else { panic!("{error}") };
        assert_eq!((status.code, &*status.reason), (503, "ServiceUnavailable"));
        compared += 1;
    }
    // While others have their connections open, and it watches over who is trusted.
    assert!(server.terminate().success());
    println!("{compared} answers of a real Prometheus and its absence compared");
    assert!(compared >= 7);
}
