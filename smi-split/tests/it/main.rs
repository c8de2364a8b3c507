//! What smi-split does as a whole, through its public interface.

mod diagnostics;
mod model;
mod ports;
mod precedence;
mod shares;
mod spec_examples;
