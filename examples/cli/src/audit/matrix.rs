use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args as ClapArgs;
use serde_json::json;
use smi_policy::{Dead, DeadMatter, ObjectKind, Proof};
use smi_types::hub::{MatchRef, Object};

use super::{Format, Manifests, audit, note_errors, rows};
use crate::Status;
use crate::color::{self, harmless, paint};
use crate::load::Loaded;

/// Prints who may reach whom under which conditions, and what in the manifests is of no use
///
/// Of no use is what changes no answer: targets that grant nothing, matches that no request meets or
/// that others cover, objects that nothing refers to. Conditions are compared by their meaning.
/// Exit status: 0, or 2 if nothing could be read.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example: smi matrix manifests --output dot | dot -Tsvg > access.svg")]
pub(crate) struct Matrix {
    /// Directory (read with its subdirectories) or file of manifests; `-` is standard input
    #[arg(value_name = "DIR")]
    path: PathBuf,

    #[command(flatten)]
    manifests: Manifests,

    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    output: Format,
}

/// Prints the matrix.
pub(crate) fn run(args: &Matrix) -> Result<Status> {
    let loaded = args.manifests.load(&args.path)?;
    let audit = audit(&loaded, loaded.semantics.clone());
    let matrix = audit.matrix();
    match args.output {
        Format::Dot => anstream::print!("{}", matrix.to_dot()),
        Format::Mermaid => anstream::print!("{}", matrix.to_mermaid()),
        Format::Json => {
            let dead = dead_matter(&audit.dead_matter(), &loaded);
            let dead = dead.iter().map(|dead| {
                json!({
                    "kind": dead.kind.as_str(),
                    "object": dead.object.to_string(),
                    "field": dead.field,
                    "code": dead.matter.code(),
                    "message": dead.matter.to_string(),
                })
            });
            let report = json!({
                "minProof": matrix.min_proof.to_string(),
                "accesses": matrix.accesses.iter().map(rows::json).collect::<Vec<_>>(),
                "deadMatter": dead.collect::<Vec<_>>(),
            });
            anstream::println!("{report:#}");
        }
        Format::Text => {
            anstream::println!("{}", paint(color::HEADING, "Who may reach whom"));
            anstream::print!("{}", rows::table(&matrix.accesses));
            let mut notes = rows::notes(&matrix.accesses);
            if matrix.min_proof == Proof::Certificate {
                notes.push("sources count only if a certificate proves them".to_owned());
            }
            for note in notes {
                anstream::println!("{}: {note}", paint(color::WARNING, "note"));
            }
            let dead = dead_matter(&audit.dead_matter(), &loaded);
            if !dead.is_empty() {
                anstream::println!("\n{}", paint(color::HEADING, "Of no use"));
            }
            for dead in dead {
                anstream::println!("  {}", harmless(dead));
            }
            note_errors(&loaded, &audit, "the manifests");
        }
    }
    Ok(Status::Good)
}

/// What is of no use to splits either.
fn dead_matter(dead: &[Dead], loaded: &Loaded) -> Vec<Dead> {
    let default = loaded.resources.default_namespace();
    let mut used = BTreeSet::new();
    for object in loaded.resources.objects() {
        let Object::TrafficSplit(split) = object else { continue };
        let namespace = split.meta.namespace.as_deref().unwrap_or(default);
        for reference in &split.matches {
            if let MatchRef::HttpRouteGroup(name) = reference {
                used.insert((namespace.to_owned(), name.clone()));
            }
        }
    }
    let is_used = |dead: &Dead| {
        let name = (dead.object.namespace().to_owned(), dead.object.name().to_owned());
        dead.kind == ObjectKind::HttpRouteGroup
            && dead.matter == DeadMatter::Unused
            && used.contains(&name)
    };
    dead.iter().filter(|dead| !is_used(dead)).cloned().collect()
}
