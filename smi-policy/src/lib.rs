//! A pure decision engine for the Service Mesh Interface.

mod diagnostic;
mod headers;
mod identity;
mod name;
mod pattern;
mod request;
mod resource;
mod semantics;
