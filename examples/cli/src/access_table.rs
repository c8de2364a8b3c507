use serde::Serialize;
use smi_policy::{HttpMatch, ObjectName, Policy, Subject, TargetView};

use crate::table::Table;

/// One line of the access table: who may call whom, and how.
#[derive(Debug, Serialize)]
pub(crate) struct Access {
    from: String,
    to: String,
    protocol: &'static str,
    /// `all`, or a list.
    ports: String,
    /// Of an HTTP match; empty lists and `None` are no condition.
    methods: Vec<String>,
    path_regex: Option<String>,
    headers: Vec<(String, String)>,
    #[serde(rename = "trafficTarget")]
    target: String,
    #[serde(rename = "match")]
    http_match: Option<String>,
}

/// What each target admits, one line for each source and each kind of traffic or HTTP match.
pub(crate) fn accesses(policy: &Policy) -> Vec<Access> {
    let mut lines = Vec::new();
    for target in policy.targets().filter(|target| target.void().is_none()) {
        let to = subject(&target.resource().destination, target.name());
        for source in target.sources() {
            let from = subject(&source, target.name());
            lines.extend(lines_of(&target, from, to.clone()));
        }
    }
    lines.sort_by(|a, b| (&a.to, &a.from).cmp(&(&b.to, &b.from)));
    lines
}

pub(crate) fn table(accesses: &[Access]) -> Table {
    let mut table =
        Table::new(&["FROM", "TO", "PORTS", "METHODS", "PATH", "HEADERS", "BECAUSE OF"]);
    for access in accesses {
        let or_any = |text: String| if text.is_empty() { "any".to_owned() } else { text };
        let is_http = access.protocol == "http";
        let http = |text: String| if is_http { or_any(text) } else { "-".to_owned() };
        let headers = access.headers.iter().map(|(name, regex)| format!("{name}: {regex}"));
        let ports = match access.protocol {
            "http" => access.ports.clone(),
            protocol => format!("{}/{protocol}", access.ports),
        };
        table.row([
            access.from.clone(),
            access.to.clone(),
            ports,
            http(if access.methods.iter().any(|method| method == "*") {
                String::new()
            } else {
                access.methods.join(", ")
            }),
            http(access.path_regex.clone().unwrap_or_default()),
            http(headers.collect::<Vec<_>>().join(", ")),
            match &access.http_match {
                Some(http_match) => format!("{} ({http_match})", access.target),
                None => access.target.clone(),
            },
        ]);
    }
    table
}

fn lines_of(target: &TargetView<'_>, from: String, to: String) -> Vec<Access> {
    let line = |protocol, ports: String| Access {
        from: from.clone(),
        to: to.clone(),
        protocol,
        ports,
        methods: Vec::new(),
        path_regex: None,
        headers: Vec::new(),
        target: target.name().to_string(),
        http_match: None,
    };
    let only = target.only_port().map(|port| port.to_string());
    let tcp_ports = target.tcp_ports().map(|ports| ports.to_string());
    let ports = only.or(tcp_ports.clone()).unwrap_or_else(|| "all".to_owned());
    let mut lines = Vec::new();
    match target.http_matches() {
        Some(matches) => lines.extend(matches.map(|(group, http_match)| {
            let HttpMatch { name, path_regex, methods, headers } = http_match;
            let name = name.unwrap_or_else(|| "unnamed".to_owned());
            Access {
                methods,
                path_regex,
                headers,
                http_match: Some(format!("{}#{name}", group.name())),
                ..line("http", ports.clone())
            }
        })),
        None if tcp_ports.is_some() => lines.push(line("tcp", ports)),
        None => {}
    }
    if let Some(ports) = target.udp_ports() {
        lines.push(line("udp", ports.to_string()));
    }
    lines.retain(|line| line.ports != "none");
    lines
}

fn subject(subject: &Subject, target: &ObjectName) -> String {
    match subject {
        Subject::ServiceAccount { namespace, name } => {
            format!("{}/{name}", namespace.as_deref().unwrap_or(target.namespace()))
        }
        Subject::IdentityBinding { namespace, name } => {
            format!("{}/{name} (binding)", namespace.as_deref().unwrap_or(target.namespace()))
        }
        Subject::Unreadable => "nobody".to_owned(),
    }
}
