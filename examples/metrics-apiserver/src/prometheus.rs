use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use smi_metrics_model::prometheus::{Answer as Series, Mesh, Plan, PlanError};
use smi_metrics_model::serve::{Answer, Query, Reason, Scope, Status};
use smi_metrics_model::{Kind, Report, TrafficMetrics};
use ureq::Agent;

use crate::{Cluster, Refusal, Source};

/// How long Prometheus may take for one query. API servers give up after a minute.
const PATIENCE: Duration = Duration::from_secs(15);

/// The longest answer that is read, in bytes.
const MAX_ANSWER: u64 = 64 * 1024 * 1024;

/// A Prometheus, and the mesh whose metrics it has.
pub struct Prometheus {
    agent: Agent,
    url: String,
    mesh: Mesh,
    cluster: Option<Arc<Cluster>>,
}

impl Prometheus {
    /// `cluster` knows labels and TrafficSplits; without one neither can be asked for.
    pub fn new(url: &str, mesh: Mesh, cluster: Option<Arc<Cluster>>) -> Self {
        let agent =
            Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
        let url = format!("{}/api/v1/query", url.trim_end_matches('/'));
        Self { agent: agent.build().new_agent(), url, mesh, cluster }
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
        let (agent, url) = (self.agent.clone(), self.url.clone());
        let asked = tokio::task::spawn_blocking(move || {
            let mut collector = plan.collector();
            for question in plan.questions() {
                collector.add(question, &ask(&agent, &url, question.promql())?);
            }
            Ok::<_, Refusal>(collector)
        });
        let collector = asked.await.map_err(|error| failed(&error))??;
        collector.skipped().iter().for_each(|skipped| tracing::warn!("{skipped}"));
        let collector = collector.chosen(|resource| {
            query.is_asked_for(resource)
                && chosen.as_ref().is_none_or(|chosen| chosen.contains(resource))
        });
        Ok(collector.metrics(report))
    }

    fn cluster(&self) -> Result<&Cluster, Refusal> {
        let unknown = "labels and TrafficSplits are known in a cluster only (--cluster)";
        Ok(self.cluster.as_deref().ok_or_else(|| Status::unavailable(unknown))?)
    }
}

impl Source for Prometheus {
    async fn answer(&self, query: &Query, report: &Report) -> Result<Answer, Refusal> {
        // A kind that the mesh has no metrics of is not found.
        let no_plan = |error: PlanError| Status::new(Reason::NotFound, error.to_string());
        let mut items = Vec::new();
        if query.scope.kind() == Kind::TrafficSplit {
            for split in self.cluster()?.splits(query).await? {
                let plan = self.mesh.plan_split(&split, query.window()).map_err(no_plan)?;
                items.extend(self.items(plan, query, report).await?);
            }
        } else {
            let plan = self.mesh.plan(query).map_err(no_plan)?;
            items = self.items(plan, query, report).await?;
        }
        match &query.scope {
            Scope::Object(object) if object.kind() != Kind::TrafficSplit => {
                let item = items.into_iter().next();
                Ok(item.map(Answer::from).ok_or_else(|| Status::unavailable("no metrics"))?)
            }
            scope => Ok(report.list(scope, items).into()),
        }
    }
}

fn ask(agent: &Agent, url: &str, promql: &str) -> Result<Series, Refusal> {
    let mut answer = agent.post(url).send_form([("query", promql)]).map_err(|e| failed(&e))?;
    let body = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_string();
    let body = body.map_err(|error| failed(&error))?;
    Ok(Series::parse(&body).map_err(|error| failed(&error))?)
}

fn failed(error: &dyn Display) -> Status {
    tracing::warn!("Prometheus: {error}");
    // What it says is not for everybody.
    Status::unavailable("Prometheus does not answer as it should")
}
