//! Kubernetes quantities, exact. (placeholder, written next)

/// A Kubernetes Quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity;
