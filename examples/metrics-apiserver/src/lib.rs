//! A server of the Traffic Metrics API: what a mesh has to add to `smi-metrics-model` is HTTP, a
//! clock, and knowledge of its cluster.
//!
//! [`Server`] answers requests out of a [`Source`]: a [`Prometheus`], or whatever else has metrics.
//! With a [`Cluster`] it is an extension of an API server, and answers only those whom that one lets.

#![expect(missing_debug_implementations, reason = "there is nothing to print of clients and keys")]

mod access;
mod cluster;
mod objects;
mod prometheus;
mod run;
mod serve;

pub use cluster::Cluster;
pub use prometheus::Prometheus;
pub use run::run;
pub use serve::{Refusal, Server, Source};
