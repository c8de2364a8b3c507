//! What to ask Prometheus.

use super::promql::{escaped, increase, is_label, is_metric, quantile};
use super::{Collector, LatencyUnit, Matcher, Mesh, NameForm, NameLabel, Party, Series, View};
use crate::serve::{Query, Scope};
use crate::{End, GoDuration, Kind, Resource, SplitBackend, Way};

impl Mesh {
    /// What to ask for the metrics that a request wants.
    ///
    /// A label selector is not part of it, for metrics don't have the labels of objects: see
    /// [`Collector::chosen`].
    ///
    /// # Errors
    ///
    /// The mesh has no metrics for the kind, or for edges between the kinds; a name in the data of
    /// the mesh is none in PromQL; or metrics of TrafficSplits are asked for, for which there is
    /// [`Mesh::plan_split`].
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_metrics_model::prometheus::Mesh;
    /// use smi_metrics_model::serve::Request;
    ///
    /// let plan = |path: &str| match Request::parse("GET", path) {
    ///     Ok(Request::Metrics(query)) => Mesh::linkerd().plan(&query),
    ///     other => panic!("{other:?}"),
    /// };
    /// let deployments = plan("/apis/metrics.smi-spec.io/v1alpha1/namespaces/shop/deployments")?;
    /// assert_eq!(
    ///     deployments.questions()[0].promql(),
    ///     "sum by (namespace, deployment) (increase(response_total{direction=\"inbound\", \
    ///      namespace=\"shop\", deployment!=\"\", classification=\"success\"}[30s]))"
    /// );
    /// let error = plan("/apis/metrics.smi-spec.io/v1alpha1/nodes").unwrap_err();
    /// assert_eq!(error.to_string(), "Linkerd has no metrics of nodes");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn plan(&self, query: &Query) -> Result<Plan, PlanError> {
        self.check()?;
        let kind = query.scope.kind();
        if kind == Kind::TrafficSplit {
            return Err(PlanError::Split);
        }
        let mut plan = Plan { questions: Vec::new(), object: None, names: self.names };
        if let Scope::Edges { peers, .. } = &query.scope {
            for way in [Way::To, Way::From] {
                let fits = |view: &&View| {
                    view.way == way
                        && view.own.names.contains_key(&kind)
                        && view.peer.names.contains_key(peers)
                };
                if let Some(view) = self.views.iter().find(fits) {
                    plan.ask(view, query, Some(*peers));
                }
            }
        } else {
            let fits = |view: &&View| view.way == Way::From && view.own.names.contains_key(&kind);
            if let Some(view) = self.views.iter().find(fits) {
                plan.ask(view, query, None);
            }
        }
        if plan.questions.is_empty() {
            let mesh = self.name.clone();
            return Err(match query.scope {
                Scope::Edges { peers, .. } => PlanError::Edges { mesh, kind, peers },
                _ => PlanError::Kind { mesh, kind },
            });
        }
        if let Scope::Object(object) = &query.scope {
            plan.object = Some(object.clone());
        }
        Ok(plan)
    }

    /// What to ask for the metrics of a TrafficSplit, backend by backend.
    ///
    /// # Errors
    ///
    /// The mesh does not tell backends apart, or a name in its data is none in PromQL.
    pub fn plan_split(&self, split: &Split, window: GoDuration) -> Result<Plan, PlanError> {
        self.check()?;
        let (mesh, kind) = (self.name.clone(), Kind::TrafficSplit);
        let view = self.splits.as_ref().ok_or(PlanError::Kind { mesh, kind })?;
        let namespace = split.split.namespace().unwrap_or_default();
        let mut matchers = view.matchers.clone();
        if let Some(label) = &view.namespace {
            matchers.push(Matcher::equal(label, namespace));
        }
        if let Some(label) = &view.apex {
            // web.shop, with or without the cluster's domain and a port.
            let apex = escaped(&format!("{}.{namespace}", split.apex));
            let short = escaped(&split.apex);
            let regex = format!("({short}|{apex}(\\.svc(\\.[a-z0-9.-]+)?)?)(:[0-9]+)?");
            matchers.push(Matcher::matching(label, regex));
        }
        let names = split.backends.iter().map(|(name, _)| match self.names {
            NameForm::Cluster => {
                let (name, namespace) = (escaped(name), escaped(namespace));
                format!("({namespace}/)?{name}(\\|.*)?")
            }
            form => escaped(&form.written(name)),
        });
        matchers.push(Matcher::matching(&view.backend, names.collect::<Vec<_>>().join("|")));
        let backend = |(name, weight): &(String, u64)| SplitBackend {
            split: split.split.clone(),
            apex: split.apex.clone(),
            name: name.clone(),
            weight: *weight,
        };
        let reading = Reading {
            way: Way::From,
            observed_at: Some(End::Client),
            own: Labels::default(),
            peer: None,
            split: Some((view.backend.clone(), split.backends.iter().map(backend).collect())),
        };
        let mut plan = Plan { questions: Vec::new(), object: None, names: self.names };
        let by = std::slice::from_ref(&view.backend);
        plan.ask_all(&view.series, &matchers, window, by, &reading);
        Ok(plan)
    }

    /// Whether all names in the data are names.
    fn check(&self) -> Result<(), PlanError> {
        let mut labels: Vec<&str> = Vec::new();
        let mut all_series: Vec<&Series> = Vec::new();
        for View { series, matchers, own, peer, .. } in &self.views {
            all_series.push(series);
            labels.extend(matchers.iter().map(|matcher| matcher.label.as_str()));
            for Party { namespace, names } in [own, peer] {
                labels.extend(namespace.as_deref());
                for NameLabel { label, matchers } in names.values() {
                    labels.push(label);
                    labels.extend(matchers.iter().map(|matcher| matcher.label.as_str()));
                }
            }
        }
        if let Some(view) = &self.splits {
            all_series.push(&view.series);
            labels.extend(view.matchers.iter().map(|matcher| matcher.label.as_str()));
            labels.extend(view.apex.as_deref());
            labels.extend(view.namespace.as_deref());
            labels.push(&view.backend);
        }
        for series in all_series {
            labels.extend([series.success.label.as_str(), series.failure.label.as_str()]);
            for metric in [&series.counter, &series.buckets] {
                if !is_metric(metric) {
                    return Err(PlanError::Name { name: metric.clone() });
                }
            }
        }
        match labels.into_iter().find(|label| !is_label(label)) {
            Some(label) => Err(PlanError::Name { name: label.to_owned() }),
            None => Ok(()),
        }
    }
}

/// The queries that metrics are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    questions: Vec<Question>,
    /// The one object that was asked for: without traffic it still has metrics.
    object: Option<Resource>,
    names: NameForm,
}

impl Plan {
    /// The queries. They can be asked in any order, for the same point in time.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// For the answers.
    pub fn collector(&self) -> Collector {
        Collector::new(self.object.clone(), self.names)
    }

    fn ask(&mut self, view: &View, query: &Query, peers: Option<Kind>) {
        let kind = query.scope.kind();
        let Some(name) = view.own.names.get(&kind) else { return };
        let mut matchers = view.matchers.clone();
        matchers.extend(name.matchers.iter().cloned());
        let (namespace, object) = match &query.scope {
            Scope::Kind { namespace, .. } => (namespace.as_deref(), query.name.as_deref()),
            Scope::Object(object) | Scope::Edges { object, .. } => {
                (object.namespace(), Some(object.name()))
            }
        };
        let written = |name: &str| self.names.written(name);
        let own_namespace = view.own.namespace.as_ref().filter(|_| kind.is_namespaced());
        if let Some(label) = own_namespace {
            let namespaces = namespace.into_iter().chain(query.namespace.as_deref());
            matchers.extend(namespaces.map(|name| Matcher::equal(label, written(name))));
        }
        matchers.push(match object {
            Some(object) => Matcher::equal(&name.label, written(object)),
            None => Matcher::not_equal(&name.label, ""),
        });
        let own = Labels {
            kind: Some(kind),
            namespace: own_namespace.cloned(),
            name: name.label.clone(),
        };
        let mut by: Vec<String> = own.namespace.iter().cloned().collect();
        by.push(own.name.clone());
        let mut peer = None;
        if let Some((peers, name)) =
            peers.and_then(|kind| Some((kind, view.peer.names.get(&kind)?)))
        {
            let namespace = view.peer.namespace.clone().filter(|_| peers.is_namespaced());
            matchers.extend(name.matchers.iter().cloned());
            by.extend(namespace.iter().cloned());
            by.push(name.label.clone());
            peer = Some(Labels { kind: Some(peers), namespace, name: name.label.clone() });
        }
        let reading =
            Reading { way: view.way, observed_at: view.observed_at, own, peer, split: None };
        self.ask_all(&view.series, &matchers, query.window(), &by, &reading);
    }

    fn ask_all(
        &mut self,
        series: &Series,
        matchers: &[Matcher],
        window: GoDuration,
        by: &[String],
        reading: &Reading,
    ) {
        for measure in Measure::ALL {
            let with = |matcher: &Matcher| {
                let mut matchers = matchers.to_vec();
                matchers.push(matcher.clone());
                matchers
            };
            let promql = match measure {
                Measure::Success => increase(&series.counter, &with(&series.success), window, by),
                Measure::Failure => increase(&series.counter, &with(&series.failure), window, by),
                Measure::P50 => quantile("0.5", &series.buckets, matchers, window, by),
                Measure::P90 => quantile("0.9", &series.buckets, matchers, window, by),
                Measure::P99 => quantile("0.99", &series.buckets, matchers, window, by),
            };
            let (unit, reading) = (series.unit, reading.clone());
            self.questions.push(Question { measure, promql, unit, reading });
        }
    }
}

/// One query of a [`Plan`].
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    measure: Measure,
    promql: String,
    pub(super) unit: LatencyUnit,
    pub(super) reading: Reading,
}

impl Question {
    /// What is asked for.
    pub const fn measure(&self) -> Measure {
        self.measure
    }

    /// The text of the query.
    pub fn promql(&self) -> &str {
        &self.promql
    }
}

/// One of the metrics of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// `success_count`
    Success,
    /// `failure_count`
    Failure,
    /// `p50_response_latency`
    P50,
    /// `p90_response_latency`
    P90,
    /// `p99_response_latency`
    P99,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Success, Self::Failure, Self::P50, Self::P90, Self::P99];
}

/// A TrafficSplit, as far as metrics go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The TrafficSplit.
    pub split: Resource,
    /// The service whose traffic is split, in the same namespace.
    pub apex: String,
    /// The services that get parts of it, with their weights.
    pub backends: Vec<(String, u64)>,
}

/// Why there is nothing to ask.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The mesh has no metrics for the kind.
    #[error("{mesh} has no metrics of {}", .kind.plural())]
    Kind {
        /// The mesh.
        mesh: String,
        /// The kind.
        kind: Kind,
    },
    /// The mesh has no metrics for edges between the kinds.
    #[error("{mesh} has no metrics of edges between {} and {}", .kind.plural(), .peers.plural())]
    Edges {
        /// The mesh.
        mesh: String,
        /// The kind of the object.
        kind: Kind,
        /// The kind of the other ends.
        peers: Kind,
    },
    /// The backends of a TrafficSplit have to be given.
    #[error("metrics of a TrafficSplit are asked for with its backends")]
    Split,
    /// A name in the data of the mesh is none in PromQL.
    #[error("`{}` is no name of a metric or a label", .name.escape_debug())]
    Name {
        /// The name.
        name: String,
    },
}

/// How to read the labels of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading {
    pub(super) way: Way,
    pub(super) observed_at: Option<End>,
    pub(super) own: Labels,
    pub(super) peer: Option<Labels>,
    /// The label of the backend, and the backends.
    pub(super) split: Option<(String, Vec<SplitBackend>)>,
}

/// The labels of one end.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Labels {
    pub(super) kind: Option<Kind>,
    pub(super) namespace: Option<String>,
    pub(super) name: String,
}

impl NameForm {
    /// A name as it is in labels.
    fn written(self, name: &str) -> String {
        match self {
            Self::Plain | Self::Cluster => name.to_owned(),
            Self::Underscored => name.replace(['-', '.'], "_"),
        }
    }
}
