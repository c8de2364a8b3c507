//! `smi schema`: the JSON Schema of a kind, for editors.

use anyhow::{Result, bail};
use clap::Args as ClapArgs;
use smi_types::api::{Kind, Version};
use smi_types::{json_schema, write};

use crate::Status;
use crate::crds::parse_kind;

/// Prints the JSON Schema (draft 2020-12) of a kind, for editors
///
/// With the YAML language server: put the schema in a file, and begin a manifest with the line
/// `# yaml-language-server: $schema=FILE`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Schema {
    /// The kind (also its plural or short name)
    #[arg(value_name = "KIND", value_parser = parse_kind)]
    kind: Kind,

    /// The version; left out: the newest
    #[arg(long, value_name = "VERSION", value_parser = parse_version)]
    version: Option<Version>,
}

/// Prints the schema.
pub(crate) fn run(args: &Schema) -> Result<Status> {
    let version = args.version.unwrap_or(Version::V1alpha4);
    let Some(schema) = json_schema::of(args.kind, version) else {
        let versions: Vec<_> = args.kind.versions().iter().map(|known| known.as_str()).collect();
        bail!("{} does not exist in {version}, but in {}", args.kind, versions.join(", "));
    };
    anstream::print!("{}", write::json(&schema)?);
    Ok(Status::Good)
}

fn parse_version(name: &str) -> Result<Version, String> {
    Version::parse(name).ok_or_else(|| {
        let known: Vec<_> = Version::ALL.iter().map(|version| version.as_str()).collect();
        format!("expected one of {}", known.join(", "))
    })
}
