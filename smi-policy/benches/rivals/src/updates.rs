//! What changing one resource of many costs.

use std::time::Instant;

use smi_policy::{Changes, HttpMatch, HttpRouteGroup, PolicyStore, Semantics};

use crate::measure::on_cpu;
use crate::workload::Workload;

const CHANGES: usize = 200;

/// Replaces groups, one after another, in a store that holds the whole workload.
pub fn run(workload: &Workload) {
    let store = PolicyStore::new(Semantics::default());
    let mut all = Changes::new();
    for number in 0..workload.targets.len() {
        let (group, access) = workload.resources(&workload.targets[number]);
        all = all.http_route_group(group).traffic_target(access);
    }
    store.apply(all);
    let step = (workload.targets.len() / CHANGES).max(1);
    let changes: Vec<HttpRouteGroup> = workload
        .targets
        .iter()
        .step_by(step)
        .map(|target| {
            let (group, _) = workload.resources(target);
            group.with(HttpMatch::new("new").path_regex("/new/[a-z]+").method("GET"))
        })
        .collect();
    let (begin, cpu) = (Instant::now(), on_cpu());
    let count = changes.len();
    for group in changes {
        store.apply(Changes::new().http_route_group(group));
    }
    let took = on_cpu() - cpu;
    let elapsed = begin.elapsed().as_secs_f64() * 1e3;
    println!(
        "changing a group and publishing: {:.3} ms of a processor, {:.3} ms on the clock",
        took / count as f64,
        elapsed / count as f64
    );
}
