use std::path::PathBuf;

use anyhow::Result;
use clap::Args as ClapArgs;
use serde_json::{Value, json};
use smi_policy::{Change, Diff, Difference, Example, Transport};

use super::{Format, Manifests, audit, note_errors};
use crate::Status;
use crate::args::{Preset, Reading};
use crate::color::{self, harmless, paint};
use crate::problems::count;

/// Says what new manifests allow that old ones do not, and the other way round
///
/// Conditions are compared by their meaning, whatever they look like; each difference comes with a
/// request that both were asked about. Exit status: 0 if both allow the same, 1 if not, 2 if nothing
/// could be read or something could not be compared and nothing else differs.
#[derive(Debug, ClapArgs)]
#[command(
    name = "diff",
    after_help = "\
Examples: smi diff main/manifests manifests
          smi diff manifests manifests --new-semantics osm"
)]
pub(crate) struct DiffArgs {
    /// Directory (read with its subdirectories) or file of the old manifests
    #[arg(value_name = "OLD")]
    old: PathBuf,

    /// Directory (read with its subdirectories) or file of the new manifests
    #[arg(value_name = "NEW")]
    new: PathBuf,

    #[command(flatten)]
    manifests: Manifests,

    /// Whose reading of the new manifests; left out: that of the old ones
    #[arg(long, value_enum)]
    new_semantics: Option<Preset>,

    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    output: Format,
}

/// Compares.
pub(crate) fn run(args: &DiffArgs) -> Result<Status> {
    let (old, new) = (args.manifests.load(&args.old)?, args.manifests.load(&args.new)?);
    let semantics = match args.new_semantics {
        Some(semantics) => Reading { semantics, ..args.manifests.reading() }.semantics(),
        None => new.semantics.clone(),
    };
    let before = audit(&old, old.semantics.clone());
    let after = audit(&new, semantics);
    let diff = before.diff(&after);
    match args.output {
        Format::Text => {
            print(&diff);
            note_errors(&old, &before, "the old manifests");
            note_errors(&new, &after, "the new manifests");
        }
        Format::Json => anstream::println!("{:#}", to_json(&diff)),
        Format::Dot => anstream::print!("{}", diff.to_dot()),
        Format::Mermaid => anstream::print!("{}", diff.to_mermaid()),
    }
    Ok(match (diff.differences.is_empty(), diff.not_compared.is_empty()) {
        (true, true) => Status::Good,
        (false, _) => Status::Bad,
        (true, false) => Status::Undecided,
    })
}

fn print(diff: &Diff) {
    for (change, style, title) in [
        (Change::Allowed, color::GOOD, "Newly allowed"),
        (Change::Denied, color::ERROR, "Newly denied"),
    ] {
        let differences: Vec<_> = diff.differences.iter().filter(|d| d.change == change).collect();
        if differences.is_empty() {
            continue;
        }
        anstream::println!("{}", paint(style, title));
        for difference in differences {
            print_one(difference);
        }
        anstream::println!();
    }
    for unknown in &diff.not_compared {
        anstream::println!("{} {}", paint(color::WARNING, "?"), harmless(unknown));
    }
    if diff.is_same() {
        anstream::println!("both allow the same");
    } else {
        let of = |change| diff.differences.iter().filter(|d| d.change == change).count();
        anstream::println!(
            "{}: {} newly allowed, {} newly denied; {} not compared",
            count(diff.differences.len(), "difference"),
            of(Change::Allowed),
            of(Change::Denied),
            diff.not_compared.len(),
        );
    }
}

fn print_one(difference: &Difference) {
    let (style, sign) = match difference.change {
        Change::Allowed => (color::GOOD, "+"),
        Change::Denied => (color::ERROR, "-"),
    };
    let Difference { source, destination, ports, example, before, after, .. } = difference;
    let by = match (&difference.target, &difference.http_match) {
        (Some(target), Some(http_match)) => format!("by {target} ({http_match})"),
        (Some(target), None) => format!("by {target}"),
        (None, _) => "no target names it".to_owned(),
    };
    let what = harmless(format_args!("{source} to {destination}, ports {ports}: {by}"));
    anstream::println!("  {} {what}", paint(style, sign));
    anstream::println!("      {}: {before} before, {after} now", harmless(example));
}

fn to_json(diff: &Diff) -> Value {
    let difference = |difference: &Difference| {
        json!({
            "change": match difference.change {
                Change::Allowed => "allowed",
                Change::Denied => "denied",
            },
            "from": difference.source.to_string(),
            "to": difference.destination.to_string(),
            "ports": difference.ports,
            "trafficTarget": difference.target.as_ref().map(ToString::to_string),
            "match": difference.http_match,
            "example": example(&difference.example),
            "before": difference.before.as_str(),
            "after": difference.after.as_str(),
        })
    };
    let unknown =
        diff.not_compared.iter().map(|unknown| json!({ "what": unknown.what, "why": unknown.why }));
    json!({
        "same": diff.is_same(),
        "differences": diff.differences.iter().map(difference).collect::<Vec<_>>(),
        "notCompared": unknown.collect::<Vec<_>>(),
    })
}

/// A request. Bytes that are no text are escaped as in Rust.
fn example(example: &Example) -> Value {
    let http = example.http.as_ref().map(|http| {
        let headers = http.headers.iter();
        json!({
            "method": http.method,
            "target": http.target.escape_ascii().to_string(),
            "authority": http.authority.as_ref().map(|a| a.escape_ascii().to_string()),
            "headers": headers
                .map(|(name, value)| json!([name, value.escape_ascii().to_string()]))
                .collect::<Vec<_>>(),
        })
    });
    json!({
        "source": example.source.as_ref().map(ToString::to_string),
        "proof": example.source.as_ref().map(|source| source.proof().to_string()),
        "destination": example.destination.to_string(),
        "port": example.port,
        "transport": match example.transport {
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
        },
        "http": http,
        "text": example.to_string(),
    })
}
