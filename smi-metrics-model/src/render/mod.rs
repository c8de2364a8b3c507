//! Metrics for people and machines.

mod graph;
mod openmetrics;
mod row;
mod top;
mod topology;

pub use openmetrics::OpenMetrics;
pub use row::Row;
pub use top::{Columns, SortBy, Top};
pub use topology::{Link, Topology, Workload};
