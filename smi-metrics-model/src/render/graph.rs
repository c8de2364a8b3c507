//! Topologies as text for programs that draw them.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Topology, Workload};

impl Topology {
    /// The topology in Graphviz' DOT.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_metrics_model::render::Topology;
    ///
    /// assert_eq!(Topology::default().dot(), "digraph traffic {\n  rankdir=LR;\n}\n");
    /// ```
    pub fn dot(&self) -> String {
        let mut text = "digraph traffic {\n  rankdir=LR;\n".to_owned();
        let ids = self.ids();
        for (workload, id) in &ids {
            let label = quoted(&workload.to_string());
            text.push_str(&format!("  {id} [label={label}];\n"));
        }
        for (from, to, link) in self.links() {
            if let (Some(from), Some(to)) = (ids.get(from), ids.get(to)) {
                let label = quoted(&link.to_string());
                text.push_str(&format!("  {from} -> {to} [label={label}];\n"));
            }
        }
        text.push_str("}\n");
        text
    }

    /// The topology as a flowchart of Mermaid.
    pub fn mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        let ids = self.ids();
        for (workload, id) in &ids {
            text.push_str(&format!("  {id}[\"{}\"]\n", entities(&workload.to_string())));
        }
        for (from, to, link) in self.links() {
            if let (Some(from), Some(to)) = (ids.get(from), ids.get(to)) {
                let label = entities(&link.to_string());
                text.push_str(&format!("  {from} -->|\"{label}\"| {to}\n"));
            }
        }
        text
    }

    /// Names in the text that no workload's own name can disturb.
    fn ids(&self) -> BTreeMap<&Workload, String> {
        self.workloads()
            .zip(0..)
            .map(|(workload, id): (_, u64)| (workload, format!("w{id}")))
            .collect()
    }
}

/// A string of DOT.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A text of Mermaid: what could mean something there is written as an entity.
fn entities(text: &str) -> String {
    let mut escaped = String::new();
    for next in text.chars() {
        if next.is_alphanumeric() || " -_./:%*".contains(next) {
            escaped.push(next);
        } else {
            // Writing to a string never fails.
            let _ = write!(escaped, "#{};", u32::from(next));
        }
    }
    escaped
}
