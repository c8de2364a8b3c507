//! From answers to metrics.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use smi_types::quantity::Quantity;

use super::plan::{Labels, Reading};
use super::{Answer, LatencyUnit, Measure, NameForm, Question};
use crate::{End, Kind, Report, Resource, SplitBackend, Traffic, TrafficMetrics, Way};

/// Puts the answers to the queries of a [`Plan`](super::Plan) together.
///
/// A count is rounded to a thousandth, a latency to a microsecond. What is NaN or infinite is no
/// measurement: a latency without requests is absent. A count that no series has is zero.
#[derive(Clone, Debug)]
pub struct Collector {
    object: Option<Resource>,
    names: NameForm,
    items: BTreeMap<Key, Traffic>,
    skipped: Vec<Skipped>,
}

impl Collector {
    pub(super) const fn new(object: Option<Resource>, names: NameForm) -> Self {
        Self { object, names, items: BTreeMap::new(), skipped: Vec::new() }
    }

    /// Adds the answer to a question of the plan.
    pub fn add(&mut self, question: &Question, answer: &Answer) {
        for (index, sample) in answer.samples().iter().enumerate() {
            let Some(key) = self.key(&question.reading, &sample.labels) else {
                self.skip(question, index, "its labels name nothing that was asked for");
                continue;
            };
            for (time, number) in &sample.points {
                let key = Key { millis: answer.is_range().then(|| millis(*time)), ..key.clone() };
                // A resource without a measurement is there all the same.
                let traffic = self.items.entry(key).or_default();
                let slot = slot(traffic, question.measure());
                if number.is_nan() {
                    continue;
                }
                match value(question, *number) {
                    Some(value) if slot.as_ref().is_none_or(|known| *known == value) => {
                        *slot = Some(value);
                    }
                    Some(_) => self.skip(question, index, "it is there twice"),
                    None => self.skip(question, index, "its value is negative or not finite"),
                }
            }
        }
    }

    /// What was in the answers and is not in the metrics.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// Only the resources that are chosen, such as by a label selector.
    #[must_use]
    pub fn chosen(mut self, is_chosen: impl Fn(&Resource) -> bool) -> Self {
        self.items.retain(|key, _| is_chosen(&key.resource));
        self
    }

    /// The metrics, in order. Those of a matrix have the timestamps of its points, the others that
    /// of the report.
    pub fn metrics(self, report: &Report) -> Vec<TrafficMetrics> {
        let Self { object, mut items, .. } = self;
        if let Some(object) = object
            && items.is_empty()
        {
            let key = Key {
                resource: object,
                millis: None,
                way: Way::From,
                observed_at: Some(End::Server),
                peer: None,
                backend: None,
            };
            items.insert(key, Traffic::default());
        }
        let item = |(key, mut traffic): (Key, Traffic)| {
            traffic.success.get_or_insert_default();
            traffic.failure.get_or_insert_default();
            let at =
                key.millis.map(|millis| SystemTime::UNIX_EPOCH + Duration::from_millis(millis));
            let report = at.map_or_else(|| report.clone(), |at| report.ending(at));
            match (&key.peer, &key.backend) {
                (_, Some(backend)) => report.backend(backend, &traffic),
                (Some(peer), None) => {
                    let (way, end) = (key.way, key.observed_at);
                    report.edge(&key.resource, way, end, peer.as_ref(), &traffic)
                }
                (None, None) => {
                    let (way, end) = (key.way, key.observed_at);
                    report.edge(&key.resource, way, end, None, &traffic)
                }
            }
        };
        items.into_iter().map(item).collect()
    }

    fn key(&self, reading: &Reading, labels: &BTreeMap<String, String>) -> Option<Key> {
        let Reading { way, observed_at, own, peer, split } = reading;
        let (way, observed_at) = (*way, *observed_at);
        if let Some((label, backends)) = split {
            let (_, name) = self.names.read(labels.get(label)?);
            let backend = backends.iter().find(|backend| backend.name == name)?;
            let (resource, backend) = (backend.split.clone(), Some(backend.clone()));
            return Some(Key { resource, millis: None, way, observed_at, peer: None, backend });
        }
        let resource = self.resource(own, labels, None)?;
        let peer = peer.as_ref().map(|peer| self.resource(peer, labels, resource.namespace()));
        Some(Key { resource, millis: None, way, observed_at, peer, backend: None })
    }

    fn resource(
        &self,
        party: &Labels,
        labels: &BTreeMap<String, String>,
        other_namespace: Option<&str>,
    ) -> Option<Resource> {
        let value = |label: &str| labels.get(label).filter(|value| !value.is_empty());
        let kind: Kind = party.kind?;
        let (own_namespace, name) = self.names.read(value(&party.name)?);
        let namespace = match &party.namespace {
            Some(label) => Some(self.names.read(value(label)?).1),
            None => own_namespace.or_else(|| other_namespace.map(str::to_owned)),
        };
        Some(Resource::new(kind, namespace.unwrap_or_default(), name))
    }

    fn skip(&mut self, question: &Question, index: usize, reason: &'static str) {
        self.skipped.push(Skipped { measure: question.measure(), index, reason });
    }
}

/// A series that says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skipped {
    measure: Measure,
    index: usize,
    reason: &'static str,
}

impl Skipped {
    /// Which metric was asked for.
    pub const fn measure(&self) -> Measure {
        self.measure
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: data.result[{}]: {}", self.measure, self.index, self.reason)
    }
}

/// What metrics are about, in the order in which they are listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    resource: Resource,
    way: Way,
    observed_at: Option<End>,
    /// `None`: not an edge. `Some(None)`: an edge to somebody unknown.
    peer: Option<Option<Resource>>,
    backend: Option<SplitBackend>,
    /// The point in time, in milliseconds since 1970, if there are several.
    millis: Option<u64>,
}

impl NameForm {
    /// The namespace, if there is one, and the name in a label.
    fn read(self, text: &str) -> (Option<String>, String) {
        match self {
            Self::Plain => (None, text.to_owned()),
            Self::Underscored => (None, text.replace('_', "-")),
            Self::Cluster => {
                let text = text.split('|').next().unwrap_or(text);
                match text.split_once('/') {
                    Some((namespace, name)) => (Some(namespace.to_owned()), name.to_owned()),
                    None => (None, text.to_owned()),
                }
            }
        }
    }
}

fn slot(traffic: &mut Traffic, measure: Measure) -> &mut Option<Quantity> {
    match measure {
        Measure::Success => &mut traffic.success,
        Measure::Failure => &mut traffic.failure,
        Measure::P50 => &mut traffic.p50,
        Measure::P90 => &mut traffic.p90,
        Measure::P99 => &mut traffic.p99,
    }
}

/// A number as the metric has it; `None` if it is negative or not finite.
fn value(question: &Question, number: f64) -> Option<Quantity> {
    let is_count = matches!(question.measure(), Measure::Success | Measure::Failure);
    let quantity = match question.unit {
        _ if is_count => Quantity::rounded(number, 3)?,
        LatencyUnit::Seconds => Quantity::rounded(number, 6)?,
        LatencyUnit::Milliseconds => Quantity::rounded(number, 3)?.scaled(-3)?,
    };
    (!quantity.is_negative()).then_some(quantity)
}

/// A point in time in whole milliseconds. One before 1970 counts as 1970, and one beyond the year
/// 9999 as that.
fn millis(seconds: f64) -> u64 {
    // The conversion itself stops at the bounds.
    ((seconds * 1_000.0).round() as u64).min(253_402_300_799_000)
}
