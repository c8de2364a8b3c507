//! `smi top`.

use anyhow::Result;
use clap::{Args as ClapArgs, ValueEnum};
use smi_metrics_model::render;

use super::source::Source;
use crate::Status;
use crate::color::{self, paint};

/// Shows success rates, requests and latencies, as `kubectl top` does
///
/// Exit status: 0 if all was shown, 1 if something could not be read, 2 if nothing could.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example: kubectl get --raw /apis/metrics.smi-spec.io/v1alpha1/namespaces/shop/pods | smi top -")]
pub(crate) struct Top {
    #[command(flatten)]
    source: Source,

    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    output: Output,

    /// What to sort by
    #[arg(long, value_enum, default_value_t)]
    sort_by: SortBy,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people
    #[default]
    Text,
    /// With all columns
    Wide,
    /// For scripts
    Json,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum SortBy {
    /// Namespace and name
    #[default]
    Name,
    /// The lowest success rate first
    Success,
    /// The most requests first
    Rps,
    /// The longest 99th percentile first
    Latency,
}

/// Prints the table.
pub(crate) fn run(args: &Top) -> Result<Status> {
    let items = args.source.items()?;
    let top = render::Top::new(&items).sorted_by(match args.sort_by {
        SortBy::Name => render::SortBy::Name,
        SortBy::Success => render::SortBy::Success,
        SortBy::Rps => render::SortBy::Rps,
        SortBy::Latency => render::SortBy::Latency,
    });
    match args.output {
        Output::Text => anstream::print!("{}", top.text(render::Columns::Usual)),
        Output::Wide => anstream::print!("{}", top.text(render::Columns::Wide)),
        Output::Json => anstream::println!("{}", serde_json::to_string_pretty(&top)?),
    }
    Ok(warn(&top))
}

/// Says what could not be read.
pub(super) fn warn(top: &render::Top) -> Status {
    let mut status = Status::Good;
    for row in top.rows() {
        if let Some(problem) = &row.problem {
            let warning = paint(color::WARNING, "warning");
            anstream::eprintln!("{warning}: {}: {problem}", row.name);
            status = Status::Bad;
        }
    }
    status
}
