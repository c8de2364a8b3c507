//! What the end-to-end tests of several programs use.

pub(crate) mod client;
pub(crate) mod pki;
pub(crate) mod ports;
pub(crate) mod program;
pub(crate) mod states;
pub(crate) mod upstream;
