//! Tests of the public interface, in one program.
#![cfg(test)]

// `cfg(test)` is always true here; it tells Clippy that helpers are part of tests.
#[cfg(all(test, feature = "kube"))]
mod conversion;
#[cfg(all(test, feature = "kube"))]
mod corpus;
#[cfg(all(test, feature = "schema"))]
mod definitions;
#[cfg(all(test, feature = "schema"))]
mod differences;
#[cfg(all(test, feature = "schema"))]
mod generated;
#[cfg(all(test, feature = "kube"))]
mod go_sdk;
#[cfg(all(test, feature = "schema"))]
mod golden;
#[cfg(all(test, feature = "schema"))]
mod json_schema;
#[cfg(all(test, feature = "kube"))]
mod objects;
#[cfg(all(test, feature = "schema"))]
mod official;
#[cfg(test)]
mod quantity;
mod quantity_arithmetic;
#[cfg(test)]
mod re2;
#[cfg(all(test, feature = "kube"))]
mod shared;
#[cfg(all(test, feature = "schema"))]
mod structural;
#[cfg(all(test, feature = "schema", feature = "webhook"))]
mod support;
#[cfg(all(test, feature = "schema"))]
mod validation;
#[cfg(all(test, feature = "webhook"))]
mod webhook;
#[cfg(all(test, feature = "kube"))]
mod wire;
#[cfg(test)]
mod write;
#[cfg(test)]
mod yaml;
