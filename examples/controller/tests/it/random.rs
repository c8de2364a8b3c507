//! Random changes and faults: in the end the controller knows what is stored, and what the callbacks
//! were told adds up to it.

use std::collections::BTreeMap;

use crate::api::{Cluster, Cut, Fault};
use crate::callbacks::{Told, telling};
use crate::support::{answers, any_route, compiled, eventually, status, target_for, until};
use serde_json::json;

/// A generator of the family of Lehmer: enough to choose, and the same in each run.
struct Choice(u128);

impl Choice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(0xda94_2042_e4dd_58b5);
        usize::try_from((self.0 >> 64) % end as u128).unwrap()
    }

    fn of<T: Copy>(&mut self, options: &[T]) -> T {
        options[self.below(options.len())]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_the_controller_converges_to_what_is_stored() {
    let rounds: u128 = std::env::var("SMI_CONTROLLER_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(8);
    let names = ["web", "cart", "orders", "payments"];
    let (mut compared, mut allowed) = (0, 0);
    for seed in 1..=rounds {
        let mut choice = Choice(seed * 2 + 1);
        let mut cluster = Cluster::start_with_all();
        let told = Told::default();
        let running = telling(&cluster, &told);
        let live = running.live.clone();
        for _ in 0..120 {
            let (namespace, name) = (choice.of(&["shop", "data"]), choice.of(&names));
            match choice.below(20) {
                0..=7 => {
                    let version = choice.of(&["v1alpha1", "v1alpha2", "v1alpha3", "v1alpha4"]);
                    let source = choice.of(&names);
                    cluster.put(target_for(name, version, namespace, source));
                }
                8..=10 => drop(cluster.delete("TrafficTarget", namespace, name)),
                11 => cluster.put(any_route(namespace)),
                12 => drop(cluster.delete("TCPRoute", namespace, "any")),
                13 => {
                    let mut broken = target_for(name, "v1alpha4", namespace, "web");
                    broken["spec"] = choice.of(&["a", "b"]).into();
                    cluster.put(broken);
                }
                14 => cluster.put(json!({
                    "apiVersion": "split.smi-spec.io/v1alpha2", "kind": "TrafficSplit",
                    "metadata": {"name": name, "namespace": namespace},
                    "spec": {"service": name, "backends": [
                        {"service": "web", "weight": choice.below(5)},
                        {"service": "cart", "weight": choice.below(5)},
                    ]},
                })),
                15 => {
                    let cut = choice.of(&[
                        Cut::End,
                        Cut::Break,
                        Cut::Garbage,
                        Cut::Error(410),
                        Cut::Error(500),
                    ]);
                    cluster.cut(cut);
                }
                16 => cluster.compact(),
                17 => {
                    let path = choice.of(&["limit=", "watch=", "/apis/", "traffictargets"]);
                    let fault = choice.of(&[Fault::Status(500), Fault::Broken, Fault::Garbage]);
                    cluster.fail(1 + choice.below(3), path, fault);
                }
                18 if choice.below(4) == 0 => {
                    cluster.go_down();
                    cluster.go_up();
                }
                _ => tokio::time::sleep(std::time::Duration::from_millis(15)).await,
            }
        }
        cluster.store().faults.clear();
        // A last change says when all is seen.
        cluster.put(target_for("last", "v1alpha4", "shop", "web"));
        let stored: BTreeMap<_, _> = cluster.store().objects.clone();
        let namespaces = ["shop", "data"];
        let (policy, splits) = compiled(&cluster);
        let expected = answers(&policy, &splits, &namespaces, &names);
        let what = format!("what is stored with seed {seed}");
        let snapshot = until(&live, &what, |now| {
            now.objects.len() == stored.len()
                && status(now, "last").is_some()
                && answers(&now.policy, &now.splits, &namespaces, &names) == expected
        })
        .await;
        compared += expected.len();
        allowed += expected.iter().filter(|answer| answer.starts_with("allow")).count();
        let keys = snapshot.objects.keys().map(|(kind, name)| format!("{kind} {name}"));
        let keys: Vec<String> = keys.collect();
        eventually(&format!("the callbacks with seed {seed}"), || {
            let told = told.objects.lock().unwrap();
            told.len() == keys.len() && keys.iter().all(|key| told.contains_key(key))
        })
        .await;
    }
    println!("{rounds} histories, {compared} answers compared, {allowed} of them allow");
    assert!(compared > 0 && allowed > 0);
}
