//! The program as people and scripts use it.
#![cfg(test)]

mod audit;
mod check;
mod convert;
mod crds;
mod lint;
mod metrics;
mod migrate;
mod program;
mod split;
