//! `smi topology`.

use anyhow::{Context, Result};
use clap::{Args as ClapArgs, ValueEnum};
use smi_metrics_model::serve::{Query, Request, Scope};
use smi_metrics_model::{Kind, ObjectReference, Resource, TrafficMetrics, render};

use super::source::Source;
use crate::Status;

/// Shows who calls whom
///
/// Of a file: the edges in it. Of a URL that lists resources: the edges of each, which are asked for
/// one by one. Exit status: 0 if all was shown, 1 if something could not be read, 2 if nothing could.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example: smi topology \\
  http://127.0.0.1:8001/apis/metrics.smi-spec.io/v1alpha1/namespaces/shop/deployments -o dot")]
pub(crate) struct Topology {
    #[command(flatten)]
    source: Source,

    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    output: Output,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people
    #[default]
    Text,
    /// For Graphviz
    Dot,
    /// For Markdown
    Mermaid,
}

/// Prints the topology.
pub(crate) fn run(args: &Topology) -> Result<Status> {
    let mut items = args.source.items()?;
    if let Some(url) = args.source.url() {
        for edges in edges_of(url, &items)? {
            items.extend(args.source.items_at(&edges)?);
        }
    }
    let topology = render::Topology::new(&items);
    match args.output {
        Output::Text => anstream::print!("{topology}"),
        Output::Dot => anstream::print!("{}", topology.dot()),
        Output::Mermaid => anstream::print!("{}", topology.mermaid()),
    }
    Ok(super::top::warn(&render::Top::new(&items)))
}

/// The URLs of the edges of what a URL lists; none if it lists edges itself.
fn edges_of(url: &str, items: &[TrafficMetrics]) -> Result<Vec<String>> {
    let start = url.find("/apis/").with_context(|| format!("{url}: no path of the API"))?;
    let (server, target) = url.split_at_checked(start).unwrap_or((url, ""));
    let Request::Metrics(query) = Request::parse("GET", target)? else { return Ok(Vec::new()) };
    if matches!(query.scope, Scope::Edges { .. }) {
        return Ok(Vec::new());
    }
    let kind = query.scope.kind();
    let edges = |item: &TrafficMetrics| {
        let object = object(kind, item.resource.as_option()?)?;
        let scope = Scope::Edges { object, peers: kind };
        let window = query.window;
        Some(format!("{server}{}", Query { window, ..Query::new(query.version, scope) }))
    };
    let mut urls: Vec<String> = items.iter().filter_map(edges).collect();
    urls.dedup();
    Ok(urls)
}

fn object(kind: Kind, reference: &ObjectReference) -> Option<Resource> {
    let namespace = reference.namespace.clone().unwrap_or_default();
    Some(Resource::new(kind, namespace, reference.name.clone()?))
}
