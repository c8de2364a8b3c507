//! Prints the definitions that the build step generated: `smi-crdgen | kubectl apply -f -`.

use std::io::{self, Write};

/// What `build.rs` wrote: part of the program, so that it can install what it was built with.
const CRDS: &str = include_str!(concat!(env!("OUT_DIR"), "/crds.yaml"));

fn main() -> io::Result<()> {
    io::stdout().write_all(CRDS.as_bytes())
}
