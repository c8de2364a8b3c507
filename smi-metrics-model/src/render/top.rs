//! `kubectl traffic top`.

use std::cmp::Ordering;

use serde::Serialize;

use super::Row;
use crate::TrafficMetrics;

/// Metrics as lines, as `kubectl top` shows them (specification, "Top").
///
/// # Examples
///
/// ```
/// use smi_metrics_model::TrafficMetricsList;
/// use smi_metrics_model::render::{Columns, Top};
///
/// let list: TrafficMetricsList = serde_json::from_str(r#"{"items": [{
///     "resource": {"kind": "Pod", "namespace": "shop", "name": "web-0"},
///     "window": "30s",
///     "metrics": [
///         {"name": "p99_response_latency", "unit": "seconds", "value": "20m"},
///         {"name": "success_count", "value": "27"},
///         {"name": "failure_count", "value": "3"}
///     ]
/// }]}"#)?;
/// assert_eq!(
///     Top::new(list.items()).text(Columns::Usual),
///     "NAME    SUCCESS      RPS   LATENCY_P50   LATENCY_P90   LATENCY_P99\n\
///      web-0    90.00%   1.0rps             -             -          20ms\n"
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Top {
    rows: Vec<Row>,
}

impl Top {
    /// Lines about these metrics, by namespace and name.
    pub fn new(items: &[TrafficMetrics]) -> Self {
        let top = Self { rows: items.iter().map(Row::new).collect() };
        top.sorted_by(SortBy::Name)
    }

    /// In another order. What has no value comes last.
    #[must_use]
    pub fn sorted_by(mut self, by: SortBy) -> Self {
        self.rows.sort_by(|left, right| {
            let by_value = match by {
                SortBy::Name => Ordering::Equal,
                SortBy::Success => rising(left.success_rate, right.success_rate),
                SortBy::Rps => rising(left.rps.map(|rps| -rps), right.rps.map(|rps| -rps)),
                SortBy::Latency => match (&left.p99, &right.p99) {
                    (Some(left), Some(right)) => right.cmp(left),
                    (left, right) => right.is_some().cmp(&left.is_some()),
                },
            };
            by_value.then_with(|| key(left).cmp(&key(right)))
        });
        self
    }

    /// The lines.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The table as text, with a line break after each line.
    pub fn text(&self, columns: Columns) -> String {
        let namespaces: std::collections::BTreeSet<_> =
            self.rows.iter().map(|row| row.namespace.as_deref()).collect();
        let is_wide = columns == Columns::Wide;
        let has =
            |field: fn(&Row) -> &Option<String>| self.rows.iter().any(|row| field(row).is_some());
        let has_peers = is_wide || has(|row| &row.peer);
        let has_backends = is_wide || has(|row| &row.backend);

        let mut lines: Vec<Vec<Cell>> = Vec::new();
        let mut heading: Vec<Cell> = Vec::new();
        if is_wide || namespaces.len() > 1 {
            heading.push(Cell::left("NAMESPACE"));
        }
        heading.push(Cell::left("NAME"));
        if has_peers {
            heading.extend([Cell::left("DIRECTION"), Cell::left("PEER")]);
        }
        if has_backends {
            heading.push(Cell::left("BACKEND"));
        }
        let numbers = ["SUCCESS", "RPS", "LATENCY_P50", "LATENCY_P90", "LATENCY_P99"];
        heading.extend(numbers.map(Cell::right));
        if is_wide {
            heading.extend(["SIDE", "WINDOW"].map(Cell::left));
        }
        lines.push(heading);
        for row in &self.rows {
            let [name, numbers @ ..] = row.cells();
            let [direction, peer, side, backend, window] = row.wide_cells();
            let mut line = Vec::new();
            if is_wide || namespaces.len() > 1 {
                line.push(Cell::left(super::row::shown(row.namespace.clone())));
            }
            line.push(Cell::left(name));
            if has_peers {
                line.extend([direction, peer].map(Cell::left));
            }
            if has_backends {
                line.push(Cell::left(backend));
            }
            line.extend(numbers.map(Cell::right));
            if is_wide {
                line.extend([side, window].map(Cell::left));
            }
            lines.push(line);
        }
        aligned(&lines)
    }
}

/// The order of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    /// By namespace, name and the other end.
    #[default]
    Name,
    /// The lowest success rate first.
    Success,
    /// The most requests first.
    Rps,
    /// The longest 99th percentile first.
    Latency,
}

/// Which columns to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Columns {
    /// Name, success rate, requests a second and latencies; and namespace, peer and backend where
    /// lines differ by them.
    #[default]
    Usual,
    /// All.
    Wide,
}

/// One cell of a text in columns.
pub(super) struct Cell {
    text: String,
    is_right: bool,
}

impl Cell {
    pub(super) fn left(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_right: false }
    }

    pub(super) fn right(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_right: true }
    }
}

/// Lines with their cells below each other, without spaces at the end.
pub(super) fn aligned(lines: &[Vec<Cell>]) -> String {
    let count = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.text.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let mut padded = String::new();
        for (index, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let gap = if index > 0 { "   " } else { "" };
            let cell_text = &cell.text;
            padded.push_str(&if cell.is_right {
                format!("{gap}{cell_text:>width$}")
            } else {
                format!("{gap}{cell_text:<width$}")
            });
        }
        text.push_str(padded.trim_end());
        text.push('\n');
    }
    text
}

fn rising(left: Option<f64>, right: Option<f64>) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => left.total_cmp(&right),
        (left, right) => right.is_some().cmp(&left.is_some()),
    }
}

fn key(row: &Row) -> [Option<&str>; 6] {
    let Row { namespace, name, backend, direction, peer, side, .. } = row;
    [
        namespace.as_deref(),
        Some(name),
        backend.as_deref(),
        direction.as_deref(),
        peer.as_deref(),
        side.as_deref(),
    ]
}
