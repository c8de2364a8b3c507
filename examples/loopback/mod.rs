//! What the end-to-end tests of several programs use.

pub(crate) mod client;
#[allow(dead_code, reason = "not every program's tests fetch one")]
pub(crate) mod debian;
pub(crate) mod manifests;
pub(crate) mod pki;
pub(crate) mod ports;
pub(crate) mod program;
pub(crate) mod states;
pub(crate) mod upstream;
pub(crate) mod wait;
