use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::diff::{Change, Diff};
use super::matrix::{AccessTraffic, Matrix};

impl Matrix {
    /// The matrix as a graph in Graphviz's DOT: a node for each party, an edge for each pair, with
    /// the conditions as its label.
    pub fn to_dot(&self) -> String {
        self.graph().dot()
    }

    /// The matrix as a Mermaid flowchart.
    pub fn to_mermaid(&self) -> String {
        self.graph().mermaid()
    }

    fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        for access in &self.accesses {
            let label = match &access.traffic {
                AccessTraffic::Everything => "everything".to_owned(),
                AccessTraffic::Tcp { ports } => format!("TCP {ports}"),
                AccessTraffic::Udp { ports } => format!("UDP {ports}"),
                AccessTraffic::Http { ports, methods, path_regex, headers, .. } => {
                    let methods = if methods.is_empty() {
                        "any method".to_owned()
                    } else {
                        methods.join(" ")
                    };
                    let path = path_regex.as_deref().unwrap_or("any path");
                    let mut label = format!("{methods} {path}");
                    for (name, regex) in headers {
                        let _ = write!(label, " {name}: {regex}");
                    }
                    if ports != "all" {
                        let _ = write!(label, " on {ports}");
                    }
                    label
                }
            };
            let (source, destination) = (&access.source, &access.destination);
            graph.edge(source.to_string(), destination.to_string(), None, label);
        }
        graph
    }
}

impl Diff {
    /// The differences as a graph in Graphviz's DOT: green what is newly allowed, red and dashed
    /// what is newly denied.
    pub fn to_dot(&self) -> String {
        self.graph().dot()
    }

    /// The differences as a Mermaid flowchart: dotted lines for what is newly denied.
    pub fn to_mermaid(&self) -> String {
        self.graph().mermaid()
    }

    fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        for difference in &self.differences {
            let what = match &difference.example.http {
                Some(http) => http.to_string(),
                None => match difference.example.transport {
                    crate::Transport::Tcp => "TCP".to_owned(),
                    crate::Transport::Udp => "UDP".to_owned(),
                },
            };
            let sign = match difference.change {
                Change::Allowed => '+',
                Change::Denied => '-',
            };
            graph.edge(
                difference.source.to_string(),
                difference.destination.to_string(),
                Some(difference.change),
                format!("{sign} {what} on {}", difference.ports),
            );
        }
        graph
    }
}

/// Nodes in the order in which they came, and edges with the lines of their labels.
#[derive(Debug, Default)]
struct Graph {
    nodes: BTreeMap<String, usize>,
    edges: BTreeMap<(usize, usize, Option<Change>), Vec<String>>,
}

impl Graph {
    fn edge(&mut self, from: String, to: String, change: Option<Change>, label: String) {
        let (from, to) = (self.node(from), self.node(to));
        let labels = self.edges.entry((from, to, change)).or_default();
        if !labels.contains(&label) {
            labels.push(label);
        }
    }

    fn node(&mut self, name: String) -> usize {
        let fresh = self.nodes.len();
        *self.nodes.entry(name).or_insert(fresh)
    }

    fn dot(&self) -> String {
        let mut text = "digraph access {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
        for (name, number) in self.by_number() {
            let _ = writeln!(text, "  n{number} [label=\"{}\"];", dot_escaped(name));
        }
        for ((from, to, change), labels) in &self.edges {
            let style = match change {
                None => "",
                Some(Change::Allowed) => ", color=darkgreen",
                Some(Change::Denied) => ", color=red, style=dashed",
            };
            let labels: Vec<String> = labels.iter().map(|label| dot_escaped(label)).collect();
            // `\l` ends a line and puts it to the left.
            let label = labels.iter().map(|label| format!("{label}\\l")).collect::<String>();
            let _ = writeln!(text, "  n{from} -> n{to} [label=\"{label}\"{style}];");
        }
        text.push_str("}\n");
        text
    }

    fn mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        for (name, number) in self.by_number() {
            let _ = writeln!(text, "  n{number}[\"{}\"]", mermaid_escaped(name));
        }
        for ((from, to, change), labels) in &self.edges {
            let labels: Vec<String> = labels.iter().map(|label| mermaid_escaped(label)).collect();
            let arrow = if *change == Some(Change::Denied) { "-.->" } else { "-->" };
            let _ = writeln!(text, "  n{from} {arrow}|\"{}\"| n{to}", labels.join("<br/>"));
        }
        text
    }

    fn by_number(&self) -> Vec<(&str, usize)> {
        let mut nodes: Vec<_> = self.nodes.iter().map(|(name, at)| (name.as_str(), *at)).collect();
        nodes.sort_by_key(|(_, number)| *number);
        nodes
    }
}

/// Text within quotes of DOT: nothing in it ends the quotes or is an escape.
fn dot_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => escaped.extend(['\\', c]),
            c if c.is_control() => escaped.push(char::REPLACEMENT_CHARACTER),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Text within quotes of Mermaid, which takes it for HTML and Markdown: every character that could
/// mean something is written as its number.
fn mermaid_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() => escaped.push(char::REPLACEMENT_CHARACTER),
            c if c.is_alphanumeric() || " /-.,:()=+".contains(c) => escaped.push(c),
            c => {
                let _ = write!(escaped, "#{};", u32::from(c));
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_quotes() {
        let mut graph = Graph::default();
        let hostile = "a\"]; x -> y [label=\"\\".to_owned();
        graph.edge(hostile, "b\n<script>`#".to_owned(), None, "\\\"\n".to_owned());
        assert_eq!(
            graph.dot(),
            "digraph access {\n  rankdir=LR;\n  node [shape=box];\n  \
             n0 [label=\"a\\\"]; x -> y [label=\\\"\\\\\"];\n  \
             n1 [label=\"b\u{fffd}<script>`#\"];\n  \
             n0 -> n1 [label=\"\\\\\\\"\u{fffd}\\l\"];\n}\n"
        );
        assert_eq!(
            graph.mermaid(),
            "flowchart LR\n  \
             n0[\"a#34;#93;#59; x -#62; y #91;label=#34;#92;\"]\n  \
             n1[\"b\u{fffd}#60;script#62;#96;#35;\"]\n  \
             n0 -->|\"#92;#34;\u{fffd}\"| n1\n"
        );
    }
}
