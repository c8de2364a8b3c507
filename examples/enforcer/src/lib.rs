//! What the example programs that enforce policy share. A library, not a program.
//!
//! - [`Options`] are those of their command lines that say what is enforced, and how it is read.
//! - [`Manifests`] follows a directory. [`Manifests::current`] is the newest [`Generation`]: policy
//!   and splits of one state, which are replaced together.
//! - [`certified`] says who is behind a certificate.
//! - [`log`] says what there is to say, and survives if nobody listens.
//! - [`identity`], [`service`] and [`address_book`] read what people write.

mod certificate;
mod directory;
mod manifests;
mod names;
mod options;

pub use certificate::certified;
pub use manifests::{Generation, Manifests, Reload};
pub use names::{address_book, identity, service};
pub use options::{Options, log};
