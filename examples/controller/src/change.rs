use std::collections::BTreeMap;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use smi_policy::{Diagnostic, ObjectKind, ObjectName};
use smi_types::hub::Object;

/// What has become of an SMI object.
#[derive(Clone, Debug)]
pub enum Change {
    /// It is new, or another than before. It is in the same form whatever its API version.
    Upsert(Object),
    /// It is there, but could not be read: it grants nothing, whatever it was before.
    Unreadable(ObjectKind, ObjectName, Vec<Diagnostic>),
    /// It is there no more.
    Delete(ObjectKind, ObjectName),
}

/// What is called for each change.
pub type Callback = Box<dyn FnMut(&Change) -> Result<(), Box<dyn Error + Send + Sync>> + Send>;

/// Calls back until the sender is gone, one change after the other. What failed is called again
/// later, unless the object has changed again.
pub(crate) fn call(
    mut callback: Callback,
    changes: &Receiver<((ObjectKind, ObjectName), Change)>,
    retry: Duration,
) {
    let mut due = BTreeMap::new();
    loop {
        match changes.recv_timeout(retry) {
            Ok((id, change)) => drop(due.insert(id, change)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        due.extend(changes.try_iter());
        due.retain(|(kind, name), change| {
            match catch_unwind(AssertUnwindSafe(|| callback(change))) {
                Ok(Ok(())) => return false,
                Ok(Err(error)) => tracing::warn!("callback for {kind} {name}: {error}"),
                Err(_) => tracing::warn!("callback for {kind} {name}: it has panicked"),
            }
            true
        });
    }
}
