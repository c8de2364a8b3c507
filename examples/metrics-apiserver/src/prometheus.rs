//! Metrics out of the Prometheus of a mesh.

use std::time::Duration;

use smi_metrics_model::prometheus::{Answer as Series, Mesh, Plan, PlanError};
use smi_metrics_model::serve::{Answer, Query, Scope};
use smi_metrics_model::{Kind, Report, TrafficMetrics};
use ureq::Agent;

use crate::cluster::Cluster;
use crate::serve::Refusal;

/// How long Prometheus may take for one query. API servers give up after a minute.
const PATIENCE: Duration = Duration::from_secs(15);

/// The longest answer that is read, in bytes.
const MAX_ANSWER: u64 = 64 * 1024 * 1024;

/// A Prometheus, and the mesh whose metrics it has.
pub(crate) struct Prometheus {
    agent: Agent,
    url: String,
    mesh: Mesh,
    cluster: Option<Cluster>,
}

impl Prometheus {
    /// `cluster` knows labels and TrafficSplits; without one neither can be asked for.
    pub(crate) fn new(url: &str, mesh: Mesh, cluster: Option<Cluster>) -> Self {
        let agent =
            Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
        let url = format!("{}/api/v1/query", url.trim_end_matches('/'));
        Self { agent: agent.build().new_agent(), url, mesh, cluster }
    }

    pub(crate) async fn answer(&self, query: &Query, report: &Report) -> Result<Answer, Refusal> {
        let mut items = Vec::new();
        if query.scope.kind() == Kind::TrafficSplit {
            for split in self.cluster()?.splits(query) {
                let plan = self.mesh.plan_split(&split, query.window()).map_err(no_plan)?;
                items.extend(self.items(plan, query, report).await?);
            }
        } else {
            let plan = self.mesh.plan(query).map_err(no_plan)?;
            items = self.items(plan, query, report).await?;
        }
        if let Scope::Object(object) = &query.scope
            && object.kind() != Kind::TrafficSplit
        {
            let item = items.into_iter().next();
            return item.map(Answer::from).ok_or_else(|| Refusal::unavailable("no metrics"));
        }
        Ok(report.list(&query.scope, items).into())
    }

    async fn items(
        &self,
        plan: Plan,
        query: &Query,
        report: &Report,
    ) -> Result<Vec<TrafficMetrics>, Refusal> {
        let chosen = match query.labels.is_everything() {
            true => None,
            false => Some(self.cluster()?.chosen(query).await?),
        };
        let mut collector = plan.collector();
        for question in plan.questions() {
            let (agent, url) = (self.agent.clone(), self.url.clone());
            let promql = question.promql().to_owned();
            let asked = tokio::task::spawn_blocking(move || ask(&agent, &url, &promql)).await;
            let series = asked.map_err(|error| Refusal::unavailable(error.to_string()))??;
            collector.add(question, &series);
        }
        for skipped in collector.skipped() {
            eprintln!("{skipped}");
        }
        let collector = collector.chosen(|resource| {
            query.is_asked_for(resource)
                && chosen.as_ref().is_none_or(|chosen| chosen.contains(resource))
        });
        Ok(collector.metrics(report))
    }

    fn cluster(&self) -> Result<&Cluster, Refusal> {
        self.cluster.as_ref().ok_or_else(|| Refusal {
            code: 501,
            reason: "NotImplemented",
            message: "labels and TrafficSplits are known in a cluster only (--cluster)".to_owned(),
        })
    }
}

fn ask(agent: &Agent, url: &str, promql: &str) -> Result<Series, Refusal> {
    let refuse = |what: &dyn std::fmt::Display| {
        eprintln!("Prometheus: {what}");
        // What it says is not for everybody.
        Refusal::unavailable("Prometheus does not answer as it should")
    };
    let mut answer = agent.post(url).send_form([("query", promql)]).map_err(|e| refuse(&e))?;
    let body = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_string();
    Series::parse(&body.map_err(|error| refuse(&error))?).map_err(|error| refuse(&error))
}

/// A kind that the mesh has no metrics of is not found.
fn no_plan(error: PlanError) -> Refusal {
    Refusal { code: 404, reason: "NotFound", message: error.to_string() }
}
