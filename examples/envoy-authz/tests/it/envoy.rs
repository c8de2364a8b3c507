//! A real Envoy on loopback.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// The program, installed if need be. `None`, with a printed reason, where that is impossible; in CI
/// it is a failure.
pub(crate) fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match PROGRAM.get_or_init(install) {
        Ok(program) => Some(program),
        Err(reason) if std::env::var_os("CI").is_some_and(|ci| ci == "true") => {
            panic!("Envoy cannot be installed: {reason}")
        }
        Err(reason) => {
            println!("skipped: Envoy cannot be installed: {reason}");
            None
        }
    }
}

fn install() -> Result<PathBuf, String> {
    // Beside what cargo builds, so that it is kept as long as that.
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tools");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/install-envoy.sh");
    let output = Command::new("sh").arg(script).arg(tools).output();
    let output = output.map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim().into()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// A running Envoy; it ends with this value.
pub(crate) struct Envoy {
    child: Child,
    _directory: tempfile::TempDir,
}

impl Envoy {
    /// Starts with a configuration and waits until all its listeners are there.
    #[track_caller]
    pub(crate) fn start(program: &Path, config: &Value) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("envoy.json");
        fs::write(&file, config.to_string()).unwrap();
        let log = fs::File::create(directory.path().join("log")).unwrap();
        let child = Command::new(program)
            .args(["--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"])
            .arg("--config-path")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut envoy = Self { child, _directory: directory };
        let ports = config["static_resources"]["listeners"].as_array().unwrap().iter();
        for listener in ports {
            let port = listener["address"]["socket_address"]["port_value"].as_u64().unwrap();
            envoy.wait_for(u16::try_from(port).unwrap());
        }
        envoy
    }

    #[track_caller]
    fn wait_for(&mut self, port: u16) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let ended = self.child.try_wait().unwrap();
            if ended.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(self._directory.path().join("log"));
                panic!("Envoy does not listen on {port}: {ended:?}\n{}", log.unwrap_or_default());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// So many addresses that nobody listens on.
pub(crate) fn free_addresses<const N: usize>() -> [SocketAddr; N] {
    let listeners: [TcpListener; N] =
        std::array::from_fn(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap())
}
