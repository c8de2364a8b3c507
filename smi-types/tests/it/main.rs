//! Tests of the public interface, in one program.

// `cfg(test)` is always true here; it tells Clippy that helpers are part of tests.
#[cfg(test)]
#[cfg(feature = "kube")]
mod corpus;
#[cfg(test)]
#[cfg(feature = "schema")]
mod definitions;
#[cfg(test)]
#[cfg(feature = "kube")]
mod go_sdk;
#[cfg(test)]
#[cfg(feature = "kube")]
mod objects;
#[cfg(test)]
mod quantity;
#[cfg(test)]
#[cfg(feature = "kube")]
mod shared;
#[cfg(test)]
#[cfg(feature = "kube")]
mod wire;
#[cfg(test)]
mod write;
#[cfg(test)]
mod yaml;
