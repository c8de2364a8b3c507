//! `smi explain`, `smi matrix`, `smi who-can` and `smi diff`: questions about whole policies.

mod cidrs;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod matrix;
mod rows;
pub(crate) mod who_can;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args as ClapArgs, ValueEnum};
use smi_policy::{Audit, PolicyBuilder, Semantics};

use crate::args::{Output, Preset, Reading};
use crate::color::{self, paint};
use crate::load::{self, Loaded};
use crate::problems::count;

/// How manifests are read, for commands that can draw graphs.
#[derive(Debug, ClapArgs)]
pub(crate) struct Manifests {
    /// Whose reading of SMI
    #[arg(long, value_enum, default_value_t)]
    pub(crate) semantics: Preset,

    /// Namespace of objects that have none
    #[arg(long, value_name = "NAMESPACE", default_value = "default")]
    default_namespace: String,

    /// Reads objects without `apiVersion` by their shape instead of refusing them
    #[arg(long)]
    infer_api_version: bool,
}

impl Manifests {
    fn load(&self, path: &PathBuf) -> Result<Loaded> {
        load::load(std::slice::from_ref(path), &self.reading())
    }

    pub(crate) fn reading(&self) -> Reading {
        Reading {
            semantics: self.semantics,
            default_namespace: self.default_namespace.clone(),
            infer_api_version: self.infer_api_version,
            output: Output::Text,
        }
    }
}

/// How to print what can be drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For scripts
    Json,
    /// A graph for Graphviz
    Dot,
    /// A flowchart for Mermaid
    Mermaid,
}

fn audit(loaded: &Loaded, semantics: Semantics) -> Audit {
    Audit::new(PolicyBuilder::from_resources(&loaded.resources, semantics))
}

/// Says on standard error that something in the manifests is broken, where people read.
fn note_errors(loaded: &Loaded, audit: &Audit, what: &str) {
    let errors = loaded.error_count(audit.policy());
    if errors > 0 {
        anstream::eprintln!(
            "{}: {} in {what}; what is broken allows nothing. See `smi check`",
            paint(color::WARNING, "note"),
            count(errors, "error"),
        );
    }
}
