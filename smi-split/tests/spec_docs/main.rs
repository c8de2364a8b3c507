//! The examples of the SMI documents behave as the text around them says, in all versions.
//!
//! The documents belong to others and are no part of this project: they are read in place. Where
//! they are absent, the tests say so and pass. The tests live in this crate because it is the first
//! that sees the reader and both engines.

#![cfg(test)]

mod access;
mod document;
mod reading;
mod specs;
mod split;
mod world;
