//! How fields are read where serde's own rules differ from those of Kubernetes.

pub(crate) mod absent;
pub(crate) mod mapping;
pub(crate) mod port;
pub(crate) mod whole;
