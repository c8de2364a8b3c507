//! A real Prometheus that scrapes made-up metrics of Linkerd.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;

pub(crate) struct Prometheus {
    program: Child,
    address: String,
    directory: PathBuf,
    scrapes: Arc<AtomicU64>,
}

impl Prometheus {
    /// Starts Prometheus; nothing where none is installed, which is a failure where `CI` is `true`.
    pub(crate) fn start() -> Option<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.ci/install-prometheus");
        let found = Command::new("sh").args([script, env!("CARGO_TARGET_TMPDIR")]).output();
        let found = found.ok().filter(|output| output.status.success());
        let Some(found) = found else {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "no prometheus to be had");
            println!("skipped: prometheus is not installed, and can't be fetched by apt-get");
            return None;
        };
        let found = String::from_utf8(found.stdout).unwrap();
        let scrapes = Arc::new(AtomicU64::new(0));
        let count = scrapes.clone();
        let metrics = move || async move { exposition(count.fetch_add(1, Ordering::SeqCst) + 1) };
        let target = TcpListener::bind("127.0.0.1:0").unwrap();
        target.set_nonblocking(true).unwrap();
        let target_address = target.local_addr().unwrap();
        let target = tokio::net::TcpListener::from_std(target).unwrap();
        tokio::spawn(async move {
            axum::serve(target, Router::new().route("/metrics", get(metrics))).await
        });

        // A port that was free just now.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("prometheus-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let config = directory.join("prometheus.yml");
        let text = format!(
            "global: {{scrape_interval: 250ms, scrape_timeout: 250ms}}\n\
             scrape_configs:\n\
             - {{job_name: mesh, honor_labels: true, static_configs: [{{targets: ['{target_address}']}}]}}\n"
        );
        std::fs::write(&config, text).unwrap();
        let program = Command::new(found.trim_end())
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", directory.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self { program, address, directory, scrapes })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn wait_until_scraped(&self, times: u64) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while self.scrapes.load(Ordering::SeqCst) < times {
            assert!(Instant::now() < deadline, "Prometheus does not scrape");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    pub(crate) fn stop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// What Linkerd's proxies expose after so many scrapes, if `web` calls `cart`, of whose requests a
/// quarter fail, and `catalog`.
fn exposition(scrapes: u64) -> String {
    let mut text = String::new();
    for (name, success, failure) in [("cart", 30, 10), ("catalog", 20, 0)] {
        let inbound = format!("direction=\"inbound\",namespace=\"shop\",deployment=\"{name}\"");
        let outbound = format!(
            "direction=\"outbound\",namespace=\"shop\",deployment=\"web\",dst_namespace=\"shop\",\
             dst_deployment=\"{name}\",dst_service=\"{name}\",\
             authority=\"apex.shop.svc.cluster.local:80\""
        );
        for labels in [inbound, outbound] {
            for (class, count) in [("success", success), ("failure", failure)] {
                let count = count * scrapes;
                let series = format!("response_total{{{labels},classification=\"{class}\"}}");
                let _ = writeln!(text, "{series} {count}");
            }
            for le in ["10", "+Inf"] {
                let count = (success + failure) * scrapes;
                let _ =
                    writeln!(text, "response_latency_ms_bucket{{{labels},le=\"{le}\"}} {count}");
            }
        }
    }
    text
}
