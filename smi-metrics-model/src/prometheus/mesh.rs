//! How a mesh counts requests, as data.

use std::collections::BTreeMap;

use crate::{End, Kind, Way};

/// The metrics of a mesh: which to ask for which kind, in which direction.
///
/// The meshes here are starting points: their fields are public, so that what an installation
/// relabels can be said. A name that is none in PromQL is refused when a plan is made.
///
/// # Examples
///
/// ```
/// use smi_metrics_model::Kind;
/// use smi_metrics_model::prometheus::{Mesh, NameLabel};
///
/// let mut mesh = Mesh::istio();
/// for view in &mut mesh.views {
///     // This installation adds the node to each series.
///     view.own.names.insert(Kind::Node, NameLabel::new("node"));
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mesh {
    /// What to call the mesh in errors.
    pub name: String,
    /// How the mesh writes names of objects in labels.
    pub names: NameForm,
    /// The ways to look at traffic, the best first.
    pub views: Vec<View>,
    /// How the backends of a TrafficSplit are found.
    pub splits: Option<SplitView>,
}

/// One way to look at traffic: in one direction, from one end.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Which way the requests go, seen from [`View::own`].
    pub way: Way,
    /// At which end they are observed; `None`: the metrics don't say.
    pub observed_at: Option<End>,
    /// What is counted.
    pub series: Series,
    /// What holds for all series of the view.
    pub matchers: Vec<Matcher>,
    /// The resource whose metrics these are.
    pub own: Party,
    /// The other end of the traffic.
    pub peer: Party,
}

/// The names of a counter and a histogram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The counter of requests.
    pub counter: String,
    /// The buckets of the histogram of latencies, with the label `le`.
    pub buckets: String,
    /// The unit of the latencies.
    pub unit: LatencyUnit,
    /// Which requests succeeded.
    pub success: Matcher,
    /// Which requests failed.
    pub failure: Matcher,
}

/// The unit of a histogram of latencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LatencyUnit {
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
}

/// The labels that say who is at one end of the traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// The label with the namespace. `None`: the namespace is that of the other end.
    pub namespace: Option<String>,
    /// The labels with the names, for the kinds that there is one for.
    pub names: BTreeMap<Kind, NameLabel>,
}

/// The label with the name of a resource of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameLabel {
    /// The label.
    pub label: String,
    /// What else holds for resources of the kind.
    pub matchers: Vec<Matcher>,
}

impl NameLabel {
    /// A label that only resources of the kind have.
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), matchers: Vec::new() }
    }
}

/// How the requests that a TrafficSplit sent to its backends are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitView {
    /// What is counted.
    pub series: Series,
    /// What holds for all series.
    pub matchers: Vec<Matcher>,
    /// The label with the authority that clients asked for: the apex, as `web.shop.svc…`. `None`:
    /// the metrics don't say, and all requests to the backends count.
    pub apex: Option<String>,
    /// The label with the backend.
    pub backend: String,
    /// The label with the namespace of the backend.
    pub namespace: Option<String>,
}

/// How names of objects are written in labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NameForm {
    /// As they are.
    Plain,
    /// With `_` in the place of `-` and `.`. Coming back, each `_` is read as `-`.
    Underscored,
    /// As Envoy's clusters are called: `name`, `namespace/name`, or either with `|port` behind.
    Cluster,
}

/// A condition on a label.
///
/// # Examples
///
/// ```
/// use smi_metrics_model::prometheus::Matcher;
///
/// let matcher = Matcher::equal("namespace", "a\"b");
/// assert_eq!(matcher.to_string(), r#"namespace="a\"b""#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher {
    /// The label.
    pub label: String,
    /// How to compare.
    pub operator: Operator,
    /// The value or regular expression. It is quoted when it is written.
    pub value: String,
}

impl Matcher {
    /// The label has this value.
    pub fn equal(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), operator: Operator::Equal, value: value.into() }
    }

    /// The label has another value.
    pub fn not_equal(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { operator: Operator::NotEqual, ..Self::equal(label, value) }
    }

    /// The whole value of the label matches a regular expression.
    pub fn matching(label: impl Into<String>, regex: impl Into<String>) -> Self {
        Self { operator: Operator::Matching, ..Self::equal(label, regex) }
    }

    /// The whole value of the label does not match a regular expression.
    pub fn not_matching(label: impl Into<String>, regex: impl Into<String>) -> Self {
        Self { operator: Operator::NotMatching, ..Self::equal(label, regex) }
    }
}

/// How a [`Matcher`] compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Matching,
    /// `!~`
    NotMatching,
}
