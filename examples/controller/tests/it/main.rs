//! The controller against an API server in this process, and against a real one where
//! `SMI_E2E_KUBECONFIG` names it.
#![cfg(test)]

#[path = "../api/mod.rs"]
mod api;
mod callbacks;
mod cluster;
mod events;
mod faults;
mod program;
mod random;
mod real;
mod support;
mod swaps;
mod unreadable;
mod versions;
mod webhooks;
