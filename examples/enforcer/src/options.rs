use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use smi_policy::{AddressBook, PathMode, Semantics};

use crate::{Manifests, address_book};

/// What is enforced, and how it is read.
#[derive(Debug, Args)]
pub struct Options {
    /// Directory of manifests; followed while the program runs
    manifests: PathBuf,
    /// Whose reading of SMI
    #[arg(long, value_enum, default_value = "spec")]
    semantics: Reading,
    /// Normalises paths before they are matched and forwarded
    #[arg(long)]
    normalize_paths: bool,
    /// File of addresses and who is behind them, for peers without certificate
    #[arg(long)]
    address_book: Option<PathBuf>,
    /// Tells denied clients why, in the header `x-smi-reason`
    #[arg(long)]
    pub debug: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Reading {
    Spec,
    Osm,
    TraefikMesh,
    Nginx,
    Linkerd,
}

impl Options {
    /// Opens the directory of manifests and follows it. What is wrong with it is said on standard
    /// error, at the start and whenever it changes.
    ///
    /// # Errors
    ///
    /// Fails if the directory can't be read.
    pub fn follow(&self) -> Result<Arc<Manifests>> {
        let (manifests, unused) = Manifests::open(&self.manifests, self.semantics())?;
        unused.iter().for_each(log);
        let (manifests, directory) = (Arc::new(manifests), self.manifests.clone());
        manifests.follow(move |reload| log(format_args!("{}: {reload}", directory.display())))?;
        Ok(manifests)
    }

    /// Who is behind which address; nobody without an address book.
    ///
    /// # Errors
    ///
    /// Fails if the file is no address book.
    pub fn addresses(&self) -> Result<AddressBook> {
        let Some(file) = &self.address_book else { return Ok(AddressBook::new()) };
        let name = || file.display().to_string();
        address_book(&fs::read_to_string(file).with_context(name)?).with_context(name)
    }

    fn semantics(&self) -> Semantics {
        let semantics = match self.semantics {
            Reading::Spec => Semantics::spec(),
            Reading::Osm => Semantics::osm(),
            Reading::TraefikMesh => Semantics::traefik_mesh(),
            Reading::Nginx => Semantics::nginx(),
            Reading::Linkerd => Semantics::linkerd(),
        };
        let mode = if self.normalize_paths { PathMode::Normalize } else { PathMode::Strict };
        semantics.with_path_mode(mode)
    }
}

/// Says something on standard error. Unlike `eprintln!` it does not panic where nobody listens: what
/// is revoked must not go on because the log is full.
pub fn log(line: impl Display) {
    drop(writeln!(io::stderr(), "{line}"));
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        options: Options,
    }

    #[track_caller]
    fn assert_semantics(arguments: &[&str], expected: &Semantics) {
        let arguments = ["program", "manifests"].iter().chain(arguments);
        let semantics = Program::parse_from(arguments).options.semantics();
        assert_eq!(format!("{semantics:?}"), format!("{expected:?}"));
    }

    #[test]
    fn each_reading_is_the_preset_of_its_name() {
        assert_semantics(&[], &Semantics::spec());
        for (name, preset) in [
            ("spec", Semantics::spec()),
            ("osm", Semantics::osm()),
            ("traefik-mesh", Semantics::traefik_mesh()),
            ("nginx", Semantics::nginx()),
            ("linkerd", Semantics::linkerd()),
        ] {
            let strict = preset.clone().with_path_mode(PathMode::Strict);
            assert_semantics(&["--semantics", name], &strict);
            let normalized = preset.with_path_mode(PathMode::Normalize);
            assert_semantics(&["--semantics", name, "--normalize-paths"], &normalized);
        }
        assert!(Program::try_parse_from(["program", "manifests", "--semantics", "none"]).is_err());
    }
}
