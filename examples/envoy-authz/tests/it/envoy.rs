//! A real Envoy on loopback.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::loopback::ports;

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
    directory: tempfile::TempDir,
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
        let mut envoy = Self { child, directory };
        for listener in config["static_resources"]["listeners"].as_array().unwrap() {
            let port = listener["address"]["socket_address"]["port_value"].as_u64().unwrap();
            let address = (Ipv4Addr::LOCALHOST, u16::try_from(port).unwrap()).into();
            ports::wait_for(address, || envoy.check());
        }
        envoy
    }

    /// Fails, with what it said, if it has ended.
    #[track_caller]
    fn check(&mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            let log = fs::read_to_string(self.directory.path().join("log"));
            panic!("Envoy has ended with {status}\n{}", log.unwrap_or_default());
        }
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
