//! What the example programs that enforce policy share. A library, not a program.
//!
//! - [`Options`] are those of their command lines that say what is enforced, and how it is read.
//! - [`Manifests`] follows a directory. [`Manifests::current`] is the newest [`Generation`]: policy
//!   and splits of one state, which are replaced together.
//! - [`identity`], [`service`] and [`address_book`] read what people write.

mod directory;
mod manifests;
mod names;
mod options;

pub use manifests::{Generation, Manifests, Reload};
pub use names::{address_book, identity, service};
pub use options::Options;
