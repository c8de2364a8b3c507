use serde_json::{Value, json};
use smi_policy::{Access, AccessTraffic};

use crate::table::Table;

/// A table of who may reach whom.
pub(super) fn table<'a>(accesses: impl IntoIterator<Item = &'a Access>) -> Table {
    let mut table =
        Table::new(&["FROM", "TO", "PORTS", "METHODS", "PATH", "HEADERS", "BECAUSE OF"]);
    for access in accesses {
        let or_any = |text: String| if text.is_empty() { "any".to_owned() } else { text };
        let target = access
            .target
            .as_ref()
            .map_or("no target names it".to_owned(), |target| target.to_string());
        let dash = || "-".to_owned();
        let [ports, methods, path, headers, because] = match &access.traffic {
            AccessTraffic::Http { ports, methods, path_regex, headers, http_match, .. } => {
                let headers: Vec<String> =
                    headers.iter().map(|(name, regex)| format!("{name}: {regex}")).collect();
                [
                    ports.clone(),
                    or_any(methods.join(", ")),
                    or_any(path_regex.clone().unwrap_or_default()),
                    or_any(headers.join(", ")),
                    format!("{target} ({http_match})"),
                ]
            }
            AccessTraffic::Tcp { ports } => {
                [format!("{ports}/tcp"), dash(), dash(), dash(), target]
            }
            AccessTraffic::Udp { ports } => {
                [format!("{ports}/udp"), dash(), dash(), dash(), target]
            }
            _ => ["all".to_owned(), dash(), dash(), dash(), target],
        };
        let (from, to) = (access.source.to_string(), access.destination.to_string());
        table.row([from, to, ports, methods, path, headers, because]);
    }
    table
}

/// One way in which somebody may reach somebody.
pub(super) fn json(access: &Access) -> Value {
    let mut row = match &access.traffic {
        AccessTraffic::Http { ports, http3_ports, methods, path_regex, headers, http_match } => {
            json!({
                "protocol": "http",
                "ports": ports,
                "http3Ports": http3_ports,
                "methods": methods,
                "pathRegex": path_regex,
                "headers": headers,
                "match": http_match,
            })
        }
        AccessTraffic::Tcp { ports } => json!({ "protocol": "tcp", "ports": ports }),
        AccessTraffic::Udp { ports } => json!({ "protocol": "udp", "ports": ports }),
        _ => json!({ "protocol": "all", "ports": "all" }),
    };
    if let Some(row) = row.as_object_mut() {
        row.insert("from".to_owned(), access.source.to_string().into());
        row.insert("to".to_owned(), access.destination.to_string().into());
        let target = access.target.as_ref().map(ToString::to_string);
        row.insert("trafficTarget".to_owned(), target.into());
    }
    row
}

/// Notes on what a table does not show.
pub(super) fn notes(accesses: &[Access]) -> Vec<String> {
    let wider = accesses.iter().filter(|access| match &access.traffic {
        AccessTraffic::Http { ports, http3_ports, .. } => ports != http3_ports,
        _ => false,
    });
    let mut notes = Vec::new();
    match wider.count() {
        0 => {}
        count => notes.push(format!(
            "{count} of these rows have other ports for HTTP/3, which UDPRoutes restrict and \
             TCPRoutes do not: see http3Ports of `--output json`"
        )),
    }
    notes
}
