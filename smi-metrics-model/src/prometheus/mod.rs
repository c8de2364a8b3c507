//! Metrics out of Prometheus: what to ask, and what its answers mean.
//!
//! A [`Mesh`] says, as data, under which names and labels a mesh counts requests. Its
//! [`plan`](Mesh::plan) for a request is a handful of PromQL queries; the caller asks Prometheus
//! (`/api/v1/query`, or `/api/v1/query_range`), and a [`Collector`] makes metrics of the answers.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use smi_metrics_model::prometheus::{Answer, Mesh};
//! use smi_metrics_model::serve::{Query, Scope};
//! use smi_metrics_model::{Kind, Report, Version};
//!
//! let scope = Scope::Kind { kind: Kind::Deployment, namespace: Some("shop".to_owned()) };
//! let query = Query::new(Version::V1alpha1, scope);
//! let plan = Mesh::linkerd().plan(&query)?;
//! let mut collector = plan.collector();
//! for question in plan.questions() {
//!     // Ask Prometheus for `question.promql()`. Say this is its answer:
//!     let json = r#"{"status": "success", "data": {"resultType": "vector", "result": [
//!         {"metric": {"namespace": "shop", "deployment": "web"}, "value": [1554762355, "12"]}
//!     ]}}"#;
//!     collector.add(question, &Answer::parse(json)?);
//! }
//! let report = Report::new(query.version, SystemTime::now(), Duration::from_secs(30))?;
//! let items = collector.metrics(&report);
//! assert_eq!(items[0].traffic()?.success.map(|count| count.to_string()).as_deref(), Some("12"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Names and labels go into queries as quoted, exact values: nothing that a client sends is ever
//! read as PromQL, or as a regular expression.

mod answer;
mod collect;
mod mesh;
mod meshes;
mod plan;
mod promql;

pub use answer::{Answer, AnswerError, Sample};
pub use collect::{Collector, Skipped};
pub use mesh::{
    LatencyUnit, Matcher, Mesh, NameForm, NameLabel, Operator, Party, Series, SplitView, View,
};
pub use plan::{Measure, Plan, PlanError, Question, Split};
