//! Typed structs, CRDs and a forgiving, precise reader for the Service Mesh Interface (SMI).
#![cfg_attr(
    all(feature = "schema", feature = "webhook"),
    doc = include_str!("overview.md")
)]
//! # What works on what
//!
//! A definition has the versions that are marked; *stored* is the one in which a cluster keeps the
//! objects. A test tries every cell and writes the table.
//!
#![doc = include_str!("support.md")]
//!
//! # Features
//!
//! - `kube`: the typed objects, which implement `kube_core::Resource`.
//! - `schema`: definitions and JSON Schemas.
//! - `webhook`: answers to the reviews of an API server.
//! - `latest`: chooses the newest Kubernetes version for `k8s-openapi`. A project that chooses its
//!   own leaves it out.
//!
//! All of them are on by default. The reader, conversion and [`re2`] need none.

#[cfg(feature = "kube")]
pub mod access;
pub mod api;
#[cfg(feature = "kube")]
mod build;
pub mod convert;
#[cfg(feature = "schema")]
pub mod crd;
pub mod hub;
#[cfg(feature = "schema")]
pub mod json_schema;
mod lift;
pub mod manifest;
#[cfg(feature = "kube")]
mod object;
pub mod path;
pub mod problem;
pub mod quantity;
pub mod re2;
#[cfg(feature = "kube")]
pub mod specs;
#[cfg(feature = "kube")]
pub mod split;
mod suggest;
#[cfg(feature = "kube")]
mod typed;
pub mod validate;
#[cfg(feature = "webhook")]
pub mod webhook;
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
