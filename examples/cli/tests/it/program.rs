//! Running the program, and what came of it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A path below this crate.
pub(crate) fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The program, in the folder of the examples.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_smi"));
    command.args(args).current_dir(here(".."));
    command
}

/// Runs the program without colours.
pub(crate) fn smi(args: &[&str]) -> Run {
    Run::of(command(args).env("NO_COLOR", "1").output().expect("smi runs"))
}

/// Runs the program in a folder of this crate.
pub(crate) fn smi_in(folder: &str, args: &[&str]) -> Run {
    let mut command = command(args);
    Run::of(command.current_dir(here(folder)).env("NO_COLOR", "1").output().expect("smi runs"))
}

/// Runs the program on a text that it reads from its standard input.
pub(crate) fn smi_reading(input: &str, args: &[&str]) -> Run {
    let mut command = command(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.env("NO_COLOR", "1").spawn().expect("smi runs");
    child.stdin.take().expect("input").write_all(input.as_bytes()).expect("written");
    Run::of(child.wait_with_output().expect("smi ends"))
}

/// What a run of the program came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self {
            status: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// The run, if it ended with this status.
    #[track_caller]
    pub(crate) fn ends_with(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{}{}", self.stdout, self.stderr);
        self
    }

    /// Its output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }
}

/// Compares with a golden file; `SMI_BLESS=1 cargo test` rewrites them.
#[track_caller]
pub(crate) fn assert_golden(name: &str, found: &str) {
    let path = here("tests/golden").join(name);
    if std::env::var_os("SMI_BLESS").is_some() {
        std::fs::write(&path, found).expect("golden file written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{name} is not as it was; SMI_BLESS=1 accepts this:\n{found}");
}
