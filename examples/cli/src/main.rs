//! `smi` reads Service Mesh Interface manifests and says what they mean: who may call whom, and
//! where traffic goes. It is also the example of how the crates are used together.

mod access_table;
mod args;
mod check;
mod color;
mod convert;
mod crds;
mod decide;
mod identity;
mod lint;
mod load;
mod metrics;
mod problems;
mod schema;
mod split;
mod split_table;
mod table;
mod vectors;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::parse();
    let result = match &args.command {
        Command::Check(check) => check::run(check),
        Command::Convert(convert) => convert::run(convert),
        Command::Decide(decide) => decide::run(decide),
        Command::Crds(crds) => crds::run(crds),
        Command::Lint(lint) => lint::run(lint),
        Command::Schema(schema) => schema::run(schema),
        Command::Split(split) => split::run(split),
        Command::Top(top) => metrics::run_top(top),
        Command::Topology(topology) => metrics::run_topology(topology),
        Command::Vectors(vectors) => vectors::run(vectors),
    };
    match result {
        Ok(status) => status.into(),
        Err(error) => {
            anstream::eprintln!("{}error{}: {error:#}", color::ERROR, color::ERROR.render_reset());
            Status::Undecided.into()
        }
    }
}

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// All is well; a request is allowed.
    Good,
    /// Errors were found; a request is denied.
    Bad,
    /// There was nothing to judge by.
    Undecided,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Good => 0,
            Status::Bad => 1,
            Status::Undecided => 2,
        })
    }
}
