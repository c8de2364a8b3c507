//! `smi top` and `smi topology`: traffic metrics for people.

mod source;
mod top;
mod topology;

pub(crate) use top::{Top, run as run_top};
pub(crate) use topology::{Topology, run as run_topology};
