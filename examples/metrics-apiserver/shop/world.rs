//! A made-up shop: who is there, and who called whom.

use std::collections::BTreeMap;
use std::time::Duration;

use smi_metrics_model::rollup::{Edge, Ownership, Rollup};
use smi_metrics_model::serve::{Answer, Query, Scope};
use smi_metrics_model::{End, Kind, Outcome, Recorder, Report, Resource, SplitBackend, Tally};

use smi_metrics_apiserver::{Refusal, Source};

const NAMESPACE: &str = "shop";

/// What the server knows of its cluster.
pub(crate) struct World {
    ownership: Ownership,
    edges: Vec<(Edge, Recorder)>,
}

impl World {
    pub(crate) fn shop() -> Self {
        let mut world = Self { ownership: Ownership::default(), edges: Vec::new() };
        let web = world.pod("web", Kind::Deployment);
        let cart = world.pod("cart", Kind::StatefulSet);
        let old = world.pod("catalog-v1", Kind::Deployment);
        let new = world.pod("catalog-v2", Kind::Deployment);
        world.pod("audit", Kind::DaemonSet);
        let report = world.pod("report", Kind::Job);
        let legacy = world.pod("legacy", Kind::ReplicationController);

        world.record(None, &web, 300, 3, None);
        world.record(Some(&web), &cart, 90, 0, None);
        world.record(Some(&web), &old, 180, 1, Some("catalog-v1"));
        world.record(Some(&web), &new, 20, 2, Some("catalog-v2"));
        world.record(Some(&web), &report, 1, 0, None);
        world.record(Some(&report), &legacy, 6, 0, None);
        world
    }

    fn find(&self, query: &Query, report: &Report) -> Answer {
        // A mesh keeps `Windows` of its recorders. The shop's have recorded one window only.
        let tallies: Vec<Tally> = self.edges.iter().map(|(_, recorder)| recorder.tally()).collect();
        let mut rollup = Rollup::new(query.scope.kind(), &self.ownership);
        if let Scope::Edges { peers, .. } = &query.scope {
            rollup = rollup.with_peers(*peers);
        }
        for ((edge, _), tally) in self.edges.iter().zip(&tallies) {
            rollup.add(edge, tally);
        }
        report.answer(query, &rollup, |resource| self.labels(resource))
    }

    /// The labels of a resource, for label selectors.
    fn labels(&self, resource: &Resource) -> BTreeMap<String, String> {
        let app = resource.name().split("-0").next().unwrap_or_default();
        BTreeMap::from([("app".to_owned(), app.to_owned())])
    }

    /// A pod with all that it belongs to.
    fn pod(&mut self, app: &str, kind: Kind) -> Resource {
        let pod = Resource::new(Kind::Pod, NAMESPACE, format!("{app}-0"));
        let workload = Resource::new(kind, NAMESPACE, app);
        if kind == Kind::Deployment {
            let set = Resource::new(Kind::ReplicaSet, NAMESPACE, format!("{app}-0"));
            self.ownership.add(pod.clone(), set.clone());
            self.ownership.add(set, workload);
        } else {
            self.ownership.add(pod.clone(), workload);
        }
        self.ownership.add(pod.clone(), Resource::new(Kind::Service, NAMESPACE, app));
        self.ownership.add(pod.clone(), Resource::new(Kind::Node, "", "node-1"));
        pod
    }

    /// Requests as both their client and their server recorded them.
    fn record(
        &mut self,
        source: Option<&Resource>,
        destination: &Resource,
        success: u64,
        failure: u64,
        backend: Option<&str>,
    ) {
        for end in [End::Client, End::Server] {
            if end == End::Client && source.is_none() {
                continue;
            }
            let mut edge = Edge::new(source.cloned(), Some(destination.clone()), end);
            if let Some(name) = backend {
                edge = edge.through(SplitBackend {
                    split: Resource::new(Kind::TrafficSplit, NAMESPACE, "catalog-canary"),
                    apex: "catalog".to_owned(),
                    name: name.to_owned(),
                    weight: if name == "catalog-v2" { 10 } else { 90 },
                });
            }
            let recorder = Recorder::new();
            for request in 0..success.saturating_add(failure) {
                let outcome = if request < success { Outcome::Success } else { Outcome::Failure };
                recorder.record(Duration::from_millis(request % 40 + 2), outcome);
            }
            self.edges.push((edge, recorder));
        }
    }
}

impl Source for World {
    async fn answer(&self, query: &Query, report: &Report) -> Result<Answer, Refusal> {
        Ok(self.find(query, report))
    }
}
