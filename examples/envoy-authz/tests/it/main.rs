//! The authorizer behind a real Envoy.
//!
//! `cfg(test)` is always true here; it tells Clippy that helpers are part of tests.

#[cfg(test)]
mod authorizer;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod config;
#[cfg(test)]
mod envoy;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
#[path = "../../../loopback/mod.rs"]
mod loopback;
#[cfg(test)]
mod program;
#[cfg(test)]
mod rbac;
#[cfg(test)]
mod rivals;
#[cfg(test)]
mod swaps;
#[cfg(test)]
mod worlds;
