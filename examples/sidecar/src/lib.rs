//! What the example programs that enforce policy share: a directory of manifests that is followed
//! while requests are decided, and identities as people write them.
//!
//! - [`Manifests`] follows a directory. [`Manifests::current`] is the newest [`Generation`] of policy
//!   and splits; taking it neither waits nor allocates.
//! - [`identity`] and [`address_book`] read what stands on command lines and in files.

mod directory;
mod generation;
mod identity;
mod manifests;

pub use directory::ReadError;
pub use generation::Generation;
pub use identity::{PeerError, address_book, identity};
pub use manifests::{Current, Manifests, Reload};
