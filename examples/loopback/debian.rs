//! Programs that tests fetch, as Debian has them.

use std::path::PathBuf;
use std::process::Command;

/// Where a program is: the one that is installed, or one fetched into `directory`. `None`, with a
/// printed reason, where that is impossible; in CI it is a failure.
#[track_caller]
pub(crate) fn program(directory: &str, name: &str) -> Option<PathBuf> {
    // This file is part of tests of several packages, at different depths.
    let mut above = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let script = above.find_map(|it| Some(it.join(".ci/install-debian")).filter(|it| it.exists()));
    let script = script.expect("a checkout has the script");
    let output = Command::new("sh").arg(script).args([directory, name]).output();
    let reason = match output {
        Ok(output) if output.status.success() => {
            return Some(String::from_utf8_lossy(&output.stdout).trim_end().into());
        }
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    let is_ci = std::env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(!is_ci, "{name} is not to be had: {reason}");
    println!("skipped: {name} is not installed, and can't be fetched: {reason}");
    None
}
