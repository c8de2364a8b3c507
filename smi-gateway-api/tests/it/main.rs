//! What is tested from outside: translations, judged by evaluators that share no code with them.

// Tells clippy that all of this is test code.
#![cfg(test)]

mod access;
mod back;
mod corpus;
mod deny;
mod existing;
mod gateway;
mod golden;
mod hostile;
mod limits;
mod meshes;
mod request;
mod routes;
mod schema;
mod sizes;
mod worlds;

use smi_types::manifest::{Manifest, Resources};

/// Manifests of one text.
fn resources(text: &str) -> Resources {
    let mut resources = Resources::new("shop");
    resources.add("test.yaml", Manifest::read(text));
    resources
}

/// How many worlds each property is tried in: `SMI_MIGRATION_CASES`, or few.
fn cases() -> u32 {
    std::env::var("SMI_MIGRATION_CASES").map_or(40, |cases| cases.parse().unwrap())
}
