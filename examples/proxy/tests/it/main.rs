//! The proxy, between clients and servers on loopback.
//!
//! `cfg(test)` is always true here; it tells Clippy that helpers are part of tests.

#[cfg(test)]
mod files;
#[cfg(test)]
mod load;
#[cfg(test)]
#[path = "../../../loopback/mod.rs"]
mod loopback;
#[cfg(test)]
mod program;
