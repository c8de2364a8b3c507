//! Typed structs, CRDs and a forgiving, precise reader for the Service Mesh Interface (SMI).

#[cfg(feature = "kube")]
pub mod access;
pub mod api;
#[cfg(feature = "schema")]
pub mod crd;
pub mod hub;
mod lift;
pub mod manifest;
#[cfg(feature = "kube")]
mod object;
pub mod path;
pub mod problem;
pub mod quantity;
#[cfg(feature = "kube")]
pub mod specs;
#[cfg(feature = "kube")]
pub mod split;
mod suggest;
#[cfg(feature = "kube")]
mod typed;
#[cfg(feature = "kube")]
mod wire;
pub mod write;

#[cfg(feature = "kube")]
pub use kube_core::ObjectMeta;
#[cfg(feature = "kube")]
pub use object::SmiObject;
#[cfg(feature = "kube")]
pub use typed::{TypedError, TypedObject};

pub use self::manifest::Manifest;
