//! Measured traffic as answers.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::rollup::{Peer, Rollup};
use crate::serve::{Answer, Query, Scope, Status};
use crate::{
    Backend, Dialect, Direction, DurationError, Edge, End, GoDuration, Kind, ListMeta, Nullable,
    ObjectMeta, ObjectReference, Resource, Side, SplitBackend, Tally, Traffic, TrafficMetrics,
    TrafficMetricsList, Version, Way,
};

/// Writes answers about one window: what was measured, as TrafficMetrics.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use smi_metrics_model::{Kind, Report, Resource, Traffic, Version};
///
/// let end = SystemTime::UNIX_EPOCH + Duration::from_secs(1_554_762_355);
/// let report = Report::new(Version::V1alpha1, end, Duration::from_secs(30))?;
/// let web = Resource::new(Kind::Pod, "shop", "web-0");
///
/// let metrics = report.resource(&web, &Traffic::default());
/// assert_eq!(metrics.timestamp.into_option().as_deref(), Some("2019-04-08T22:25:55Z"));
/// assert_eq!(metrics.window.into_option().as_deref(), Some("30s"));
/// # Ok::<(), smi_metrics_model::DurationError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Report {
    version: Version,
    dialect: Dialect,
    timestamp: Option<String>,
    window: GoDuration,
}

impl Report {
    /// A report in the specification's dialect about a window that ends then.
    ///
    /// # Errors
    ///
    /// The window is longer than 292 years.
    pub fn new(version: Version, end: SystemTime, window: Duration) -> Result<Self, DurationError> {
        Ok(Self {
            version,
            dialect: Dialect::Spec,
            timestamp: rfc3339(end),
            window: window.try_into()?,
        })
    }

    /// In another dialect.
    #[must_use]
    pub const fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// The same about a window of the same length that ends then.
    #[must_use]
    pub fn ending(&self, end: SystemTime) -> Self {
        Self { timestamp: rfc3339(end), ..self.clone() }
    }

    /// All traffic that a resource received.
    pub fn resource(&self, resource: &Resource, traffic: &Traffic) -> TrafficMetrics {
        let edge = self.wire_edge(Way::From, Some(End::Server), self.dialect.everybody());
        self.metrics(resource, edge, &Scope::Object(resource.clone()).path(self.version), traffic)
    }

    /// The traffic between a resource and another; `None`: with anybody.
    pub fn edge(
        &self,
        resource: &Resource,
        way: Way,
        observed_at: Option<End>,
        peer: Option<&Resource>,
        traffic: &Traffic,
    ) -> TrafficMetrics {
        let peer = peer.map_or_else(|| self.dialect.everybody(), |peer| reference(peer).into());
        let edge = self.wire_edge(way, observed_at, peer);
        let scope = Scope::Edges { object: resource.clone(), peers: resource.kind() };
        self.metrics(resource, edge, &scope.path(self.version), traffic)
    }

    /// The traffic that went to a backend of a TrafficSplit.
    pub fn backend(&self, backend: &SplitBackend, traffic: &Traffic) -> TrafficMetrics {
        let edge = self.wire_edge(Way::From, Some(End::Client), self.dialect.everybody());
        let path = Scope::Object(backend.split.clone()).path(self.version);
        let mut metrics = self.metrics(&backend.split, edge, &path, traffic);
        let SplitBackend { apex, name, weight, .. } = backend.clone();
        metrics.backend = Backend { apex, name, weight }.into();
        metrics
    }

    /// An answer of several items, of a scope.
    pub fn list(&self, scope: &Scope, items: Vec<TrafficMetrics>) -> TrafficMetricsList {
        let self_link = (self.dialect == Dialect::GoSdk).then(|| scope.path(self.version));
        TrafficMetricsList {
            // A list has metadata in Kubernetes, be it empty.
            metadata: ListMeta { self_link, ..ListMeta::default() }.into(),
            resource: scope.reference().into(),
            items: items.into(),
            ..TrafficMetricsList::new(self.version)
        }
    }

    /// What a request asks for, out of tallies that were rolled up for its kinds.
    ///
    /// `labels` knows the labels of a resource, for label selectors: they choose items, and filter
    /// nothing within them. The metrics of a TrafficSplit are a list of its backends. An object
    /// that has had no traffic is not found.
    pub fn answer(
        &self,
        query: &Query,
        rollup: &Rollup<'_>,
        labels: impl Fn(&Resource) -> BTreeMap<String, String>,
    ) -> Answer {
        let is_chosen = |resource: &Resource| {
            query.is_asked_for(resource)
                && (query.labels.is_everything() || query.labels.matches(&labels(resource)))
        };
        let items: Vec<TrafficMetrics> = match &query.scope {
            Scope::Kind { kind: Kind::TrafficSplit, .. } => {
                let splits = rollup.splits().filter(|split| is_chosen(split));
                splits.flat_map(|split| self.backends(split, rollup)).collect()
            }
            Scope::Kind { .. } => {
                let items = rollup.resources().filter(|(resource, _)| is_chosen(resource));
                items.map(|(resource, tally)| self.resource(resource, &tally.into())).collect()
            }
            Scope::Object(split) if split.kind() == Kind::TrafficSplit => {
                self.backends(split, rollup)
            }
            Scope::Object(resource) => {
                return match rollup.received(resource) {
                    Some(tally) => self.resource(resource, &tally.into()).into(),
                    None => Status::not_found(resource).into(),
                };
            }
            Scope::Edges { object, .. } => {
                let item = |(peer, tally): (Peer, &Tally)| {
                    let (way, end) = (peer.way, Some(peer.observed_at));
                    self.edge(object, way, end, peer.resource.as_ref(), &tally.into())
                };
                rollup.edges(object).map(item).collect()
            }
        };
        match &query.scope {
            Scope::Object(object) | Scope::Edges { object, .. } if items.is_empty() => {
                Status::not_found(object).into()
            }
            scope => {
                let selector = query.labels.to_label_selector();
                TrafficMetricsList { selector, ..self.list(scope, items) }.into()
            }
        }
    }

    fn backends(&self, split: &Resource, rollup: &Rollup<'_>) -> Vec<TrafficMetrics> {
        let backends = rollup.backends(split);
        backends.map(|(backend, tally)| self.backend(&backend, &tally.into())).collect()
    }

    fn metrics(
        &self,
        resource: &Resource,
        edge: Edge,
        path: &str,
        traffic: &Traffic,
    ) -> TrafficMetrics {
        let timestamp = self.timestamp.clone().map_or(Nullable::Absent, Nullable::Value);
        let metadata = ObjectMeta {
            name: Some(resource.name().to_owned()),
            namespace: resource.namespace().map(str::to_owned),
            self_link: (self.dialect == Dialect::GoSdk).then(|| path.to_owned()),
            creation_timestamp: timestamp.clone(),
            ..ObjectMeta::default()
        };
        TrafficMetrics {
            metadata: metadata.into(),
            resource: reference(resource).into(),
            edge: edge.into(),
            timestamp,
            window: self.window.to_string().into(),
            metrics: self.dialect.metrics(traffic).into(),
            ..TrafficMetrics::new(self.version)
        }
    }

    fn wire_edge(
        &self,
        way: Way,
        observed_at: Option<End>,
        resource: Nullable<ObjectReference>,
    ) -> Edge {
        // The first version of the Go SDK has no side.
        let has_side = self.dialect == Dialect::Spec || self.version > Version::V1alpha1;
        let side = observed_at.filter(|_| has_side).map(Side::from);
        Edge {
            direction: Direction::from(way).into(),
            side: side.map_or(Nullable::Absent, Nullable::Value),
            resource,
        }
    }
}

impl From<Way> for Direction {
    fn from(way: Way) -> Self {
        match way {
            Way::To => Self::To,
            Way::From => Self::From,
        }
    }
}

impl From<End> for Side {
    fn from(end: End) -> Self {
        match end {
            End::Client => Self::Client,
            End::Server => Self::Server,
        }
    }
}

impl From<&Resource> for ObjectReference {
    fn from(resource: &Resource) -> Self {
        reference(resource)
    }
}

fn reference(resource: &Resource) -> ObjectReference {
    ObjectReference {
        kind: Some(resource.kind().as_str().to_owned()),
        namespace: resource.namespace().map(str::to_owned),
        name: Some(resource.name().to_owned()),
        ..ObjectReference::default()
    }
}

/// A point in time as Kubernetes writes it, in whole seconds.
fn rfc3339(time: SystemTime) -> Option<String> {
    let time = jiff::Timestamp::try_from(time).ok()?;
    Some(jiff::Timestamp::from_second(time.as_second()).ok()?.to_string())
}
