//! The program as people and scripts use it.
#![cfg(test)]

mod check;
mod convert;
mod crds;
mod lint;
mod program;
