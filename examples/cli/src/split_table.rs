use serde::Serialize;
use smi_split::{Outcome, Port, Split, Splits};

use crate::table::Table;

/// One line of the split table: where the traffic of a service goes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SplitLine {
    split: String,
    service: String,
    /// `None`: ports are not looked at, because no Services are known.
    port: Option<String>,
    /// HTTPRouteGroups one of which must match; empty: all traffic.
    matches: Vec<String>,
    /// `backends`, `apex` or `no-backend`.
    outcome: &'static str,
    backends: Vec<Backend>,
}

#[derive(Debug, Serialize)]
struct Backend {
    service: String,
    share: String,
    percent: f64,
}

pub(crate) fn lines(splits: &Splits) -> Vec<SplitLine> {
    splits.iter().flat_map(lines_of).collect()
}

fn lines_of(split: &Split) -> Vec<SplitLine> {
    match split.ports() {
        None => vec![line(split, None)],
        Some(ports) => ports.map(|port| line(split, Some(port))).collect(),
    }
}

fn line(split: &Split, port: Option<Port>) -> SplitLine {
    let (outcome, backends) = match split.outcome(port) {
        Outcome::Backends(backends) => {
            let backend = |(leaf, share): (&smi_split::Leaf, smi_split::Share)| Backend {
                service: leaf.service().to_string(),
                share: share.to_string(),
                percent: share.percent(),
            };
            ("backends", backends.shares().map(backend).collect())
        }
        Outcome::Apex => ("apex", Vec::new()),
        Outcome::NoBackend => ("no-backend", Vec::new()),
    };
    SplitLine {
        split: split.name().to_string(),
        service: split.apex().to_string(),
        port: port.map(|port| port.to_string()),
        matches: split.route_groups().iter().map(|group| group.name().to_string()).collect(),
        outcome,
        backends,
    }
}

pub(crate) fn table(lines: &[SplitLine]) -> Table {
    let mut table = Table::new(&["SERVICE", "PORT", "WHEN", "GOES TO", "BECAUSE OF"]);
    for line in lines {
        let goes_to = match line.outcome {
            "apex" => "its own endpoints".to_owned(),
            "no-backend" => "nowhere: no backend can be used".to_owned(),
            _ => {
                let backend = |backend: &Backend| {
                    format!("{} {}%", backend.service, rounded(backend.percent))
                };
                line.backends.iter().map(backend).collect::<Vec<_>>().join(", ")
            }
        };
        let when = if line.matches.is_empty() {
            "always".to_owned()
        } else {
            format!("HTTP matches {}", line.matches.join(" or "))
        };
        table.row([
            line.service.clone(),
            line.port.clone().unwrap_or_else(|| "any".to_owned()),
            when,
            goes_to,
            line.split.clone(),
        ]);
    }
    table
}

/// At most two decimals, none if they are zero.
pub(crate) fn rounded(percent: f64) -> String {
    let text = format!("{percent:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
