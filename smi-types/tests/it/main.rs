//! Tests of the public interface, in one program.

// `cfg(test)` is always true here; it tells Clippy that helpers are part of tests.
#[cfg(all(test, feature = "kube"))]
mod corpus;
#[cfg(all(test, feature = "schema"))]
mod definitions;
#[cfg(all(test, feature = "kube"))]
mod go_sdk;
#[cfg(all(test, feature = "kube"))]
mod objects;
#[cfg(test)]
mod quantity;
#[cfg(all(test, feature = "kube"))]
mod shared;
#[cfg(all(test, feature = "kube"))]
mod wire;
#[cfg(test)]
mod write;
#[cfg(test)]
mod yaml;
