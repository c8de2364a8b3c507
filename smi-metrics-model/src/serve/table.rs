//! Answers as `kubectl get` prints them.

use serde::Serialize;
use serde_json::{Value, json};

use crate::TrafficMetrics;
use crate::render::Row;

/// How a client wants an answer, by the `Accept` field of its request.
///
/// # Examples
///
/// ```
/// use smi_metrics_model::serve::Representation;
///
/// let kubectl = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
/// assert_eq!(Representation::accepted(kubectl), Representation::Table);
/// assert_eq!(Representation::accepted("*/*"), Representation::Object);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Representation {
    /// The metrics themselves.
    Object,
    /// A [`Table`].
    Table,
}

impl Representation {
    /// The first representation in an `Accept` field that there is. Where there is none, it is the
    /// metrics themselves.
    pub fn accepted(accept: &str) -> Self {
        for media_type in accept.split(',') {
            let mut parts = media_type.split(';').map(str::trim);
            if !matches!(parts.next(), Some("application/json" | "application/*" | "*/*")) {
                continue;
            }
            let parameter = |name: &str| {
                let mut parameters = parts.clone().filter_map(|part| part.split_once('='));
                parameters.find(|(found, _)| found.trim() == name).map(|(_, value)| value.trim())
            };
            match (parameter("as"), parameter("g"), parameter("v")) {
                (None, ..) => return Self::Object,
                (Some("Table"), Some("meta.k8s.io"), Some("v1")) => return Self::Table,
                _ => {}
            }
        }
        Self::Object
    }
}

/// How much of each object a table holds: `includeObject` in the query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum IncludeObject {
    /// Nothing.
    None,
    /// Its metadata, from which `kubectl` has the namespace.
    #[default]
    Metadata,
    /// All of it.
    Object,
}

impl IncludeObject {
    /// The value of the query's `includeObject`; `None` if it is unknown.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "None" => Self::None,
            "" | "Metadata" => Self::Metadata,
            "Object" => Self::Object,
            _ => return None,
        })
    }
}

/// Metrics in columns (Kubernetes meta v1, `Table`).
///
/// # Examples
///
/// ```
/// use smi_metrics_model::TrafficMetrics;
/// use smi_metrics_model::serve::{IncludeObject, Table};
///
/// let metrics: TrafficMetrics = serde_json::from_str(r#"{
///     "resource": {"kind": "Pod", "namespace": "shop", "name": "web-0"},
///     "window": "30s",
///     "metrics": [{"name": "success_count", "value": "60"}, {"name": "failure_count", "value": "0"}]
/// }"#)?;
/// let table = Table::new(&[metrics], IncludeObject::default());
/// assert_eq!(table.rows[0].cells[..3], ["web-0", "100.00%", "2.0rps"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Table {
    /// Always `Table`.
    pub kind: &'static str,
    /// Always `meta.k8s.io/v1`.
    pub api_version: &'static str,
    /// Nothing.
    pub metadata: super::Empty,
    /// The columns.
    pub column_definitions: Vec<Column>,
    /// A row for each item.
    pub rows: Vec<TableRow>,
}

impl Table {
    /// The table of these metrics.
    pub fn new(items: &[TrafficMetrics], include: IncludeObject) -> Self {
        let columns: [(&'static str, &'static str, u8, &'static str); 11] = [
            ("Name", "name", 0, "The name of the resource."),
            ("Success", "", 0, "The share of requests that succeeded."),
            ("RPS", "", 0, "Requests a second."),
            ("Latency_P50", "", 0, "The latency of half of the responses."),
            ("Latency_P90", "", 0, "The latency of 90 % of the responses."),
            ("Latency_P99", "", 0, "The latency of 99 % of the responses."),
            ("Direction", "", 1, "Which way the requests go."),
            ("Peer", "", 1, "The other end of the traffic."),
            ("Side", "", 1, "At which end it was observed."),
            ("Backend", "", 1, "The backend of the TrafficSplit."),
            ("Window", "", 1, "The time over which was measured."),
        ];
        let column = |(name, format, priority, description)| Column {
            name,
            r#type: "string",
            format,
            description,
            priority,
        };
        Self {
            kind: "Table",
            api_version: "meta.k8s.io/v1",
            metadata: super::Empty {},
            column_definitions: columns.map(column).into(),
            rows: items.iter().map(|item| TableRow::new(item, include)).collect(),
        }
    }
}

/// A column of a [`Table`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// The heading.
    pub name: &'static str,
    /// Always `string`.
    pub r#type: &'static str,
    /// `name` for names.
    pub format: &'static str,
    /// What it says.
    pub description: &'static str,
    /// 0, or 1 for what only `-o wide` shows.
    pub priority: u8,
}

/// A row of a [`Table`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableRow {
    /// One text for each column.
    pub cells: Vec<String>,
    /// The object, or as much of it as was asked for.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub object: Value,
}

impl TableRow {
    fn new(item: &TrafficMetrics, include: IncludeObject) -> Self {
        let row = Row::new(item);
        let object = match include {
            IncludeObject::None => Value::Null,
            IncludeObject::Metadata => partial(item, &row),
            IncludeObject::Object => serde_json::to_value(item).unwrap_or(Value::Null),
        };
        let cells = row.cells().into_iter().chain(row.wide_cells()).collect();
        Self { cells, object }
    }
}

/// A PartialObjectMetadata.
fn partial(item: &TrafficMetrics, row: &Row) -> Value {
    let mut metadata = item.metadata.as_option().cloned().unwrap_or_default();
    metadata.name.get_or_insert_with(|| row.name.clone());
    metadata.namespace = metadata.namespace.or_else(|| row.namespace.clone());
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
    })
}
