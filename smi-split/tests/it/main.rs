//! What smi-split does as a whole, through its public interface.

// Tells clippy that all of this is test code.
#![cfg(test)]

mod concurrency;
#[cfg(feature = "smi-types")]
mod corpus;
mod diagnostics;
#[cfg(feature = "k8s-openapi")]
mod kubernetes;
#[cfg(feature = "live")]
mod live;
#[cfg(feature = "smi-types")]
mod manifests;
mod model;
mod ports;
mod precedence;
mod shares;
mod spec_examples;
mod sticky;
#[cfg(feature = "smi-types")]
mod vectors;
