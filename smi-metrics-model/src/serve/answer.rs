//! What a request for metrics gets.

use serde::Serialize;

use super::{IncludeObject, RequestError, Status, Table};
use crate::{TrafficMetrics, TrafficMetricsList};

/// The answer to a request for metrics, to be written as JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// The metrics of one object.
    One(Box<TrafficMetrics>),
    /// Several metrics.
    Several(Box<TrafficMetricsList>),
    /// There are none.
    Failure(Box<Status>),
}

impl Answer {
    /// The status code of HTTP.
    pub fn code(&self) -> u16 {
        match self {
            Self::One(_) | Self::Several(_) => 200,
            Self::Failure(status) => status.code,
        }
    }

    /// The metrics.
    pub fn items(&self) -> &[TrafficMetrics] {
        match self {
            Self::One(metrics) => std::slice::from_ref(metrics),
            Self::Several(list) => list.items(),
            Self::Failure(_) => &[],
        }
    }

    /// The answer as a table, for clients that ask for one. A failure has no table.
    pub fn table(&self, include: IncludeObject) -> Option<Table> {
        (self.code() == 200).then(|| Table::new(self.items(), include))
    }
}

impl From<TrafficMetrics> for Answer {
    fn from(metrics: TrafficMetrics) -> Self {
        Self::One(Box::new(metrics))
    }
}

impl From<TrafficMetricsList> for Answer {
    fn from(list: TrafficMetricsList) -> Self {
        Self::Several(Box::new(list))
    }
}

impl From<Status> for Answer {
    fn from(status: Status) -> Self {
        Self::Failure(Box::new(status))
    }
}

impl From<RequestError> for Answer {
    fn from(error: RequestError) -> Self {
        Status::from(error).into()
    }
}
