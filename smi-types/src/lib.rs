//! Typed structs, CRDs and a forgiving, precise reader for the Service Mesh Interface (SMI).

pub mod api;
pub mod hub;
pub mod quantity;
