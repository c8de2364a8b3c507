//! Waiting for what a test needs, however slow the machine is.

use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything takes that does happen, on a machine that has much else to do too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until it holds.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
