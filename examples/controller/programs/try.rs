//! The controller without a cluster: an API server in this process, filled from a directory.
//!
//! `cargo run -p smi-controller --example try [DIRECTORY]`

fn main() {}
