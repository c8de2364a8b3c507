use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use smi_types::Manifest;
use smi_types::api::Kind;
use smi_types::hub::{
    HttpRouteGroup, IdentityBinding, Object, PortRoute, TrafficSplit, TrafficTarget,
};
use smi_types::manifest::ObjectKey;
use smi_types::problem::Problem;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::world::Id;
use crate::{Pace, Watched};

/// What has become of an object.
#[derive(Debug)]
pub enum Change<'a, T> {
    /// It is new, or another than before.
    Upsert(&'a T),
    /// It is there, but could not be read: it grants nothing, whatever it was before.
    Unreadable(&'a ObjectKey, &'a [Problem]),
    /// It is there no more, or never was as far as the callback knows.
    Delete(&'a ObjectKey),
}

/// What a callback returns. A change that fails is reported again later, if it is still the newest
/// of its object.
pub type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Is called for each object that has changed, one change after the other.
///
/// Objects are in the form of `smi_types::hub`, whatever their API version. Of several changes of
/// one object in short time only the newest may be reported. Callbacks may block.
#[expect(unused_variables, reason = "the names are documentation")]
pub trait Callbacks: Send + Sync {
    /// A TrafficTarget has changed.
    fn traffic_target(&self, change: Change<'_, TrafficTarget>) -> Outcome {
        Ok(())
    }

    /// An IdentityBinding has changed.
    fn identity_binding(&self, change: Change<'_, IdentityBinding>) -> Outcome {
        Ok(())
    }

    /// An HTTPRouteGroup has changed.
    fn http_route_group(&self, change: Change<'_, HttpRouteGroup>) -> Outcome {
        Ok(())
    }

    /// A TCPRoute has changed.
    fn tcp_route(&self, change: Change<'_, PortRoute>) -> Outcome {
        Ok(())
    }

    /// A UDPRoute has changed.
    fn udp_route(&self, change: Change<'_, PortRoute>) -> Outcome {
        Ok(())
    }

    /// A TrafficSplit has changed.
    fn traffic_split(&self, change: Change<'_, TrafficSplit>) -> Outcome {
        Ok(())
    }
}

/// An object that has changed, and what it is now.
#[derive(Clone, Debug)]
pub(crate) struct Changed {
    pub(crate) id: Id,
    pub(crate) now: Option<Manifest>,
}

/// Calls back until the sender is gone and nothing is left to report.
pub(crate) async fn run(
    callbacks: Arc<dyn Callbacks>,
    mut changes: UnboundedReceiver<Changed>,
    pace: Pace,
) {
    let mut failed: BTreeMap<Id, Option<Manifest>> = BTreeMap::new();
    let mut wait = pace.retry;
    loop {
        let mut due = BTreeMap::new();
        tokio::select! {
            next = changes.recv() => match next {
                Some(Changed { id, now }) => drop(due.insert(id, now)),
                None => return,
            },
            () = tokio::time::sleep(wait), if !failed.is_empty() => {
                due.append(&mut failed);
                wait = (wait * 2).min(pace.retry_at_most);
            }
        }
        while let Ok(Changed { id, now }) = changes.try_recv() {
            due.insert(id, now);
        }
        for (id, now) in due {
            failed.remove(&id);
            let (callbacks, at, newest) = (callbacks.clone(), id.clone(), now.clone());
            let call = tokio::task::spawn_blocking(move || call(&*callbacks, &at, newest.as_ref()));
            let error = match call.await {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => error.to_string(),
                Err(panic) => panic.to_string(),
            };
            eprintln!("callback for {id}: {error}; it will be called again");
            failed.insert(id, now);
        }
        if failed.is_empty() {
            wait = pace.retry;
        }
    }
}

fn call(callbacks: &dyn Callbacks, id: &Id, now: Option<&Manifest>) -> Outcome {
    let (Watched::Smi(kind), Some(key)) = (id.watched, id.key()) else { return Ok(()) };
    let document = now.and_then(|manifest| manifest.documents().first());
    let problems = document.map(|document| document.problems());
    // Of a kind other than the object's there is none, so each arm can only meet its own.
    macro_rules! change {
        ($callback:ident, $kind:ident) => {
            match document.and_then(|document| document.object()) {
                Some(Object::$kind(object)) => callbacks.$callback(Change::Upsert(object)),
                _ => callbacks.$callback(match problems {
                    Some(problems) => Change::Unreadable(&key, problems),
                    None => Change::Delete(&key),
                }),
            }
        };
    }
    match kind {
        Kind::TrafficTarget => change!(traffic_target, TrafficTarget),
        Kind::IdentityBinding => change!(identity_binding, IdentityBinding),
        Kind::HttpRouteGroup => change!(http_route_group, HttpRouteGroup),
        Kind::TcpRoute => change!(tcp_route, TcpRoute),
        Kind::UdpRoute => change!(udp_route, UdpRoute),
        Kind::TrafficSplit => change!(traffic_split, TrafficSplit),
    }
}
