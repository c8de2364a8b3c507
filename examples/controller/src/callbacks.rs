use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use smi_types::Manifest;
use smi_types::api::Kind;
use smi_types::hub::{
    HttpRouteGroup, IdentityBinding, Object, PortRoute, TrafficSplit, TrafficTarget,
};
use smi_types::manifest::ObjectKey;
use smi_types::problem::Problem;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::Watched;
use crate::world::Id;

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

/// Calls back until the sender is gone and all changes are reported.
pub(crate) async fn run(
    callbacks: Arc<dyn Callbacks>,
    mut changes: UnboundedReceiver<Changed>,
    retry: Duration,
) {
    let mut due: BTreeMap<Id, Option<Manifest>> = BTreeMap::new();
    let mut failed: BTreeMap<Id, Option<Manifest>> = BTreeMap::new();
    loop {
        let next = tokio::select! {
            next = changes.recv() => next,
            () = tokio::time::sleep(retry), if !failed.is_empty() => {
                due.append(&mut failed);
                None
            }
        };
        if next.is_none() && due.is_empty() {
            return;
        }
        let waiting = std::iter::from_fn(|| changes.try_recv().ok());
        for Changed { id, now } in next.into_iter().chain(waiting) {
            failed.remove(&id);
            due.insert(id, now);
        }
        while let Some((id, now)) = due.pop_first() {
            let callbacks = callbacks.clone();
            let call = move || {
                let outcome = call(&*callbacks, &id, now.as_ref());
                (id, now, outcome)
            };
            let Ok((id, now, outcome)) = tokio::task::spawn_blocking(call).await else {
                eprintln!("a callback panicked; its change is lost");
                continue;
            };
            if let Err(error) = outcome {
                eprintln!("callback for {id}: {error}; will be called again");
                failed.insert(id, now);
            }
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
