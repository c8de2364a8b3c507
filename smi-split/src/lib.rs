//! smi-split
