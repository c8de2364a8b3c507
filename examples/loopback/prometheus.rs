//! A real Prometheus, and what it scrapes.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::{debian, ports, wait};

/// How often it scrapes; it gives up on a page after the same time.
pub(crate) const SCRAPE: Duration = Duration::from_millis(500);

/// A running Prometheus; it ends with this value.
pub(crate) struct Prometheus {
    child: Child,
    address: String,
    directory: PathBuf,
    scrapes: Arc<AtomicU64>,
}

/// What a path has for Prometheus.
pub(crate) struct Page {
    pub(crate) path: &'static str,
    pub(crate) media_type: &'static str,
    /// The text, given how many intervals of [`SCRAPE`] there have been. It does not matter if Prometheus
    /// is late, or misses one.
    pub(crate) text: fn(u64) -> String,
}

/// The media type of Prometheus' own format.
pub(crate) const PLAIN: &str = "text/plain; version=0.0.4";

impl Prometheus {
    /// Starts it; nothing where there is none: see [`debian::program`].
    pub(crate) fn start(pages: &'static [Page]) -> Option<Self> {
        let program = debian::program(env!("CARGO_TARGET_TMPDIR"), "prometheus")?;
        let scrapes = Arc::new(AtomicU64::new(0));
        let target = serve(pages, Arc::clone(&scrapes));
        let [address] = ports::free_addresses().map(|address| address.to_string());
        let name = format!("prometheus-{}", address.replace([':', '.'], "-"));
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&directory).unwrap();
        let config = directory.join("prometheus.yml");
        let every = format!("{}ms", SCRAPE.as_millis());
        let mut text = format!(
            "global: {{scrape_interval: {every}, scrape_timeout: {every}}}\nscrape_configs:\n"
        );
        for Page { path, .. } in pages {
            text.push_str(&format!(
                "- {{job_name: '{path}', metrics_path: '{path}', honor_labels: true, \
                 static_configs: [{{targets: ['{target}']}}]}}\n"
            ));
        }
        std::fs::write(&config, text).unwrap();
        let child = Command::new(program)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", directory.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self { child, address, directory, scrapes })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until its first page was asked for so often, and it answers itself.
    #[track_caller]
    pub(crate) fn wait_until_scraped(&self, times: u64) {
        wait::until("Prometheus scrapes", || {
            self.scrapes.load(Ordering::Relaxed) >= times
                && TcpStream::connect(&self.address).is_ok()
        });
    }

    pub(crate) fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Serves the pages on a port of its own, and counts how often the first one is asked for.
fn serve(pages: &'static [Page], scrapes: Arc<AtomicU64>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let start = Instant::now();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let scrapes = Arc::clone(&scrapes);
            // Prometheus keeps its connection open.
            std::thread::spawn(move || answer_all(stream, pages, start, &scrapes));
        }
    });
    address
}

fn answer_all(
    stream: TcpStream,
    pages: &[Page],
    start: Instant,
    scrapes: &AtomicU64,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let mut stream = stream;
    while let Some(request) = lines.next().transpose()? {
        while lines.next().transpose()?.is_some_and(|field| !field.is_empty()) {}
        let is_asked_for = |page: &Page| request.starts_with(&format!("GET {} ", page.path));
        let at = pages.iter().position(is_asked_for).expect("Prometheus asks for pages");
        scrapes.fetch_add(u64::from(at == 0), Ordering::Relaxed);
        let intervals = start.elapsed().as_millis() / SCRAPE.as_millis();
        let text = (pages[at].text)(u64::try_from(intervals).unwrap());
        let (media_type, length) = (pages[at].media_type, text.len());
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\r\n{text}"
        )?;
    }
    Ok(())
}
