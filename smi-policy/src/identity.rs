//! Identities. (placeholder)
/// Identity
#[derive(Clone, Debug)]
pub struct Identity;
/// How well an identity is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof { /// a
 Address, /// b
 Certificate }
/// Trust domain
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustDomain;
impl TrustDomain { /// n
 pub fn new(_: &str) -> Self { Self } }
