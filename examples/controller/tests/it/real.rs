//! The controller against a real API server: `SMI_E2E_KUBECONFIG=FILE cargo test -p smi-controller`.
//!
//! It takes a cluster for tests, in which the user may do everything. The definitions of SMI are
//! replaced; those that were not there are deleted in the end, with all objects. The webhooks are
//! tried where `SMI_E2E_WEBHOOK_HOST` names this machine as the API server reaches it.

use std::net::TcpListener;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client};
use serde_json::{Value, json};
use smi_controller::webhooks::{self, Address};
use smi_controller::{Controller, Snapshot};
use smi_policy::{ObjectKind, ObjectName};
use smi_types::access::v1alpha3::TrafficTarget;
use smi_types::crd::{ConversionWebhook, CrdOptions};
use smi_types::specs::v1alpha4::{HttpRouteGroup, TcpRoute};
use tokio::task::JoinSet;

use crate::api::Cluster;
use crate::support::{PATIENCE, any_route, is_open_in, pace, target_for, until};

const US: &str = "smi-controller-test";

#[tokio::test(flavor = "multi_thread")]
async fn a_real_api_server_is_followed() {
    let Some(path) = std::env::var_os("SMI_E2E_KUBECONFIG") else {
        println!("skipped: SMI_E2E_KUBECONFIG names no cluster");
        return;
    };
    drop(rustls::crypto::ring::default_provider().install_default());
    let kubeconfig = Kubeconfig::read_from(path).unwrap();
    let options = KubeConfigOptions::default();
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
    let client = Client::try_from(config).unwrap();

    let new = install(&client, &CrdOptions::default()).await;
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let namespace = format!("smi-e2e-{}", std::process::id());
    let object = serde_json::from_value(json!({"metadata": {"name": namespace}})).unwrap();
    namespaces.create(&PostParams::default(), &object).await.unwrap();
    let webhooks = std::env::var("SMI_E2E_WEBHOOK_HOST").ok();
    if webhooks.is_none() {
        println!("skipped: SMI_E2E_WEBHOOK_HOST does not say where the webhooks are");
    }
    let followed = is_followed(&client, &namespace, webhooks.as_deref());
    let outcome = AssertUnwindSafe(followed).catch_unwind().await;

    // Whatever came of it, nothing is left.
    drop(namespaces.delete(&namespace, &DeleteParams::default()).await);
    let configurations: Api<ValidatingWebhookConfiguration> = Api::all(client.clone());
    drop(configurations.delete("smi-controller", &DeleteParams::default()).await);
    install(&client, &CrdOptions::default()).await;
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    for definition in definitions.list(&ListParams::default()).await.unwrap() {
        let name = definition.metadata.name.unwrap();
        if new.contains(&name) {
            definitions.delete(&name, &DeleteParams::default()).await.unwrap();
        }
    }
    outcome.unwrap();
}

/// What is asked of a real API server holds for the one in this process.
#[tokio::test(flavor = "multi_thread")]
async fn the_api_server_of_these_tests_passes_too() {
    let cluster = Cluster::start_with_all();
    is_followed(&cluster.client(), "shop", Some("127.0.0.1")).await;
    let asked = cluster.store().requests.iter().filter(|it| it.contains("dryRun=All")).count();
    assert!(asked > 0);
}

/// Installs all definitions, and gives the names of those that were not there.
async fn install(client: &Client, options: &CrdOptions) -> Vec<String> {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let apply = PatchParams::apply(US).force();
    let mut new = Vec::new();
    for definition in options.definitions() {
        let name = definition.metadata.name.clone().unwrap();
        if definitions.get_opt(&name).await.unwrap().is_none() {
            new.push(name.clone());
        }
        definitions.patch(&name, &apply, &Patch::Apply(&definition)).await.unwrap();
        if definition.spec.conversion.is_none() {
            // The controller may have written one, which an apply by another leaves alone.
            let none = json!({"spec": {"conversion": {"strategy": "None", "webhook": null}}});
            definitions.patch(&name, &PatchParams::default(), &Patch::Merge(&none)).await.unwrap();
        }
    }
    new
}

/// Tries until it succeeds: a definition is served a moment after it is accepted.
async fn patiently<T, E: std::fmt::Display>(
    what: &str,
    mut done: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match done().await {
            Ok(found) => return found,
            Err(error) => assert!(Instant::now() < deadline, "{what}: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn is_followed(client: &Client, namespace: &str, webhooks: Option<&str>) {
    let routes: Api<TcpRoute> = Api::namespaced(client.clone(), namespace);
    let targets: Api<TrafficTarget> = Api::namespaced(client.clone(), namespace);
    let target = |name: &str| -> TrafficTarget {
        serde_json::from_value(target_for(name, "v1alpha3", namespace, "web")).unwrap()
    };
    let route: TcpRoute = serde_json::from_value(any_route(namespace)).unwrap();
    let create = PostParams::default();
    patiently("a TCPRoute", async || routes.create(&create, &route).await).await;

    let running = Controller { pace: pace(), ..Controller::new(client.clone()) }.start();
    let live = &running.live;
    let is_open = |now: &Snapshot, name: &str| is_open_in(&now.policy, namespace, name);
    // A target that came before its route would dangle for a moment.
    let any = (ObjectKind::TcpRoute, ObjectName::new(namespace, "any"));
    until(live, "the route is seen", |now| now.objects.contains_key(&any)).await;
    patiently("a TrafficTarget", async || targets.create(&create, &target("cart")).await).await;
    until(live, "cart is open", |now| is_open(now, "cart")).await;
    targets.delete("cart", &DeleteParams::default()).await.unwrap();
    until(live, "cart is closed", |now| !is_open(now, "cart")).await;

    // What is wrong becomes an event, once.
    let mut dangling = target("dangling");
    dangling.spec.rules[0].name = "nowhere".to_owned();
    targets.create(&create, &dangling).await.unwrap();
    let events: Api<Event> = Api::namespaced(client.clone(), namespace);
    let ours = ListParams::default().fields("reportingController=smi-spec.io/controller");
    let found = patiently("an event", async || {
        let list = events.list(&ours).await.map_err(|error| error.to_string())?;
        let reason = |event: &Event| {
            let regarding = event.regarding.clone().unwrap_or_default();
            (regarding.name.unwrap_or_default(), event.reason.clone().unwrap_or_default())
        };
        let found: Vec<_> = list.iter().map(reason).collect();
        if found.is_empty() { Err("there is none".to_owned()) } else { Ok(found) }
    });
    assert_eq!(found.await, [("dangling".to_owned(), "DanglingReference".to_owned())]);
    println!("opened, closed and reported");

    if let Some(host) = webhooks {
        webhooks_are_asked(client, namespace, host).await;
    }
}

/// The API server refuses what the webhook refuses, and converts by it.
async fn webhooks_are_asked(client: &Client, namespace: &str, host: &str) {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let url = format!("https://{host}:{}", listener.local_addr().unwrap().port());
    let address: Address = url.parse().unwrap();
    let (config, ca_bundle) = webhooks::certificate(address.host()).await.unwrap();
    let server = axum_server::from_tcp_rustls(listener, config).unwrap();
    tokio::spawn(server.serve(webhooks::routes().into_make_service()));
    // With a webhook, the definitions serve all versions.
    let convert = ConversionWebhook::url(format!("{url}/convert")).unwrap();
    install(
        client,
        &CrdOptions::default().conversion_webhook(convert.ca_bundle(ca_bundle.as_str())),
    )
    .await;
    let every = Duration::from_secs(1);
    // Ends with this function, however that ends.
    let mut registering = JoinSet::new();
    registering.spawn(webhooks::keep_registered(client.clone(), address, ca_bundle, every));

    let groups: Api<HttpRouteGroup> = Api::namespaced(client.clone(), namespace);
    let group: HttpRouteGroup = serde_json::from_value(json!({
        "apiVersion": "specs.smi-spec.io/v1alpha4", "kind": "HTTPRouteGroup",
        "metadata": {"name": "api", "namespace": namespace},
        "spec": {"matches": [{"name": "all", "pathRegex": "/(?!admin).*"}]},
    }))
    .unwrap();
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    patiently("a refusal", async || match groups.create(&dry, &group).await {
        Err(error) if error.to_string().contains("look-around") => Ok(()),
        outcome => Err(format!("{outcome:?}")),
    })
    .await;

    let path =
        format!("/apis/access.smi-spec.io/v1alpha1/namespaces/{namespace}/traffictargets/dangling");
    let old: Value = patiently("an older version", async || {
        let request = axum::http::Request::get(&path).body(Vec::new()).unwrap();
        client.request(request).await
    })
    .await;
    assert_eq!(old["apiVersion"], "access.smi-spec.io/v1alpha1");
    assert_eq!(
        (&old["sources"][0]["name"], &old["specs"][0]["name"]),
        (&"web".into(), &"nowhere".into())
    );
    println!("refused and converted by the webhooks");
}
