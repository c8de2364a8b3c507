//! The authorizer behind a real Envoy.

mod authorizer;
mod client;
mod config;
mod envoy;
mod fixtures;
mod pki;
mod program;
mod rbac;
mod rivals;
mod swaps;
mod upstream;
mod worlds;
