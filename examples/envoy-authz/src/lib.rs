//! Envoy's external authorization (`envoy.service.auth.v3`), decided by SMI manifests.
//!
//! [`Authorizer`] is the gRPC service; `main.rs` serves it. What Envoy has to be told is in
//! `envoy.yaml`.

mod answer;
mod asked;
mod authorizer;

pub use authorizer::Authorizer;
