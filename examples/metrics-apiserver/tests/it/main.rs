//! The server, asked by real clients and with a real Prometheus behind it.
//!
//! `cfg(test)` is always true here; it tells Clippy that helpers are part of tests.
#![cfg(test)]

#[path = "../../../controller/tests/api/mod.rs"]
mod api;
mod clients;
#[path = "../../../loopback/debian.rs"]
mod debian;
mod extension;
mod failures;
#[path = "../../../loopback/program.rs"]
mod program;
#[path = "../../../loopback/prometheus.rs"]
mod prometheus;
mod scraped;

use api::{ports, wait};
