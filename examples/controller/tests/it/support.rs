use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use smi_controller::{Controller, KindStatus, Live, ObjectStatus, Pace, Running, Snapshot};
use smi_policy::{HttpRequest, Identity, ObjectKind, Policy, Request, Semantics};
use smi_split::{Call, ObjectName, Outcome, Splits};
use smi_types::Manifest;
use smi_types::manifest::Resources;

use crate::api::Cluster;
pub(crate) use crate::api::wait::PATIENCE;

pub(crate) fn pace() -> Pace {
    Pace {
        settle: Duration::from_millis(10),
        retry: Duration::from_millis(5),
        discover: Duration::from_millis(200),
    }
}

pub(crate) fn controller(cluster: &Cluster) -> Controller {
    Controller { pace: pace(), ..Controller::new(cluster.client()) }
}

pub(crate) fn start(cluster: &Cluster) -> Running {
    Controller { events: false, ..controller(cluster) }.start()
}

/// The first snapshot that is as it should be.
#[track_caller]
pub(crate) fn until<'l>(
    live: &'l Live,
    what: &'l str,
    holds: impl Fn(&Snapshot) -> bool + 'l,
) -> impl Future<Output = Arc<Snapshot>> + 'l {
    let caller = std::panic::Location::caller();
    async move {
        let found = async {
            let mut generation = 0;
            loop {
                let snapshot = live.newer_than(generation).await.expect("a controller that runs");
                if holds(&snapshot) {
                    return snapshot;
                }
                generation = snapshot.generation;
            }
        };
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(snapshot) => snapshot,
            Err(_) => panic!("{caller}: not within {PATIENCE:?}: {what}\n{:#?}", live.kinds()),
        }
    }
}

/// What has become of the object of this name, whatever its kind.
pub(crate) fn status<'s>(snapshot: &'s Snapshot, name: &str) -> Option<&'s ObjectStatus> {
    snapshot.objects.iter().find(|((_, object), _)| object.name() == name).map(|(_, it)| it)
}

/// The version of a kind that is watched.
pub(crate) fn version(live: &Live, kind: ObjectKind) -> Option<String> {
    let KindStatus { api_version, .. } = &live.kinds()[&kind];
    api_version.as_deref().and_then(|it| it.rsplit('/').next()).map(str::to_owned)
}

/// Waits for something that no snapshot tells.
#[track_caller]
pub(crate) fn eventually(what: &str, holds: impl Fn() -> bool) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let deadline = Instant::now() + PATIENCE;
        while !holds() {
            assert!(Instant::now() < deadline, "{caller}: not within {PATIENCE:?}: {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

pub(crate) fn target(name: &str, version: &str) -> Value {
    target_for(name, version, "shop", "web")
}

/// A TrafficTarget that opens `shop/<name>` for `shop/<source>` by the TCPRoute `any`.
pub(crate) fn target_for(name: &str, version: &str, namespace: &str, source: &str) -> Value {
    let destination = json!({"kind": "ServiceAccount", "name": name, "namespace": namespace});
    let sources = json!([{"kind": "ServiceAccount", "name": source, "namespace": namespace}]);
    let rules = json!([{"kind": "TCPRoute", "name": "any"}]);
    let mut object = json!({
        "apiVersion": format!("access.smi-spec.io/{version}"),
        "kind": "TrafficTarget",
        "metadata": {"name": name, "namespace": namespace},
    });
    if version == "v1alpha1" {
        object["destination"] = destination;
        object["sources"] = sources;
        object["specs"] = rules;
    } else {
        object["spec"] = json!({"destination": destination, "sources": sources, "rules": rules});
    }
    object
}

pub(crate) fn any_route(namespace: &str) -> Value {
    json!({
        "apiVersion": "specs.smi-spec.io/v1alpha4",
        "kind": "TCPRoute",
        "metadata": {"name": "any", "namespace": namespace},
        "spec": {"matches": {}},
    })
}

/// Whether `shop/web` may open a connection to `shop/<name>`.
pub(crate) fn is_open(snapshot: &Snapshot, name: &str) -> bool {
    is_open_in(&snapshot.policy, "shop", name)
}

pub(crate) fn is_open_in(policy: &Policy, namespace: &str, name: &str) -> bool {
    let source = Identity::service_account(namespace, "web");
    let destination = Identity::service_account(namespace, name);
    policy.authorize(&Request::tcp(Some(&source), &destination, 8080)).is_allowed()
}

/// Policy and splits of what is stored, without a controller.
pub(crate) fn compiled(cluster: &Cluster) -> (Policy, Splits) {
    let mut resources = Resources::default();
    for object in cluster.store().objects.values() {
        resources.add("stored", Manifest::of(object).unwrap());
    }
    let semantics = Semantics::default();
    let splits = Splits::builder(semantics.clone()).resources(&resources).services_known();
    (Policy::from_resources(&resources, semantics), splits.compile())
}

/// What a policy and splits answer to many questions about these accounts and services, and how
/// many those are.
pub(crate) fn answers(
    policy: &Policy,
    splits: &Splits,
    namespaces: &[&str],
    names: &[&str],
) -> Vec<String> {
    let mut answers = Vec::new();
    let accounts = || {
        namespaces.iter().flat_map(|namespace| {
            names.iter().map(|name| Identity::service_account(*namespace, *name))
        })
    };
    let headers = [("x-session", "1")];
    for source in accounts() {
        for destination in accounts() {
            for port in [80, 8080, 9090] {
                let tcp = Request::tcp(Some(&source), &destination, port);
                answers.push(policy.authorize(&tcp).to_string());
                for (method, path) in [
                    ("GET", "/metrics"),
                    ("GET", "/products/7/stock"),
                    ("POST", "/orders"),
                    ("DELETE", "/carts/7/items/2"),
                ] {
                    let http = HttpRequest::new(method, path).headers(&headers);
                    let http = Request::http(Some(&source), &destination, port, http);
                    answers.push(policy.authorize(&http).to_string());
                }
            }
        }
    }
    for namespace in namespaces {
        for name in names {
            let apex = ObjectName::new(*namespace, *name);
            let selection = splits.select(&Call::to(&apex));
            answers.push(match selection.outcome() {
                Outcome::Backends(backends) => backends
                    .shares()
                    .map(|(backend, share)| format!("{} {share}", backend.service()))
                    .collect::<Vec<_>>()
                    .join(", "),
                Outcome::Apex => "apex".to_owned(),
                Outcome::NoBackend => "none".to_owned(),
            });
        }
    }
    answers
}
