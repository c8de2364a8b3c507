//! Rules that manifests should keep, as one catalogue.
//!
//! [`Manifest::read`](crate::Manifest::read) says what could not be read. This module adds what can
//! be read and grants nothing, surprises, or refers to nothing: a [`Validator`] returns both as one
//! list of [`Problem`](crate::problem::Problem)s, each with a code, a severity, a field path, a
//! message and, where one answer fits, what to do. A problem is an error if something is ignored
//! and grants nothing, as engines do with it, and a warning if it works, perhaps not as meant.
//!
//! A [`Validator`] looks at an object by itself ([`object`](Validator::object),
//! [`document`](Validator::document), [`manifest`](Validator::manifest)) or at a set
//! ([`resources`](Validator::resources)), where references, shadowed matches and the ports of
//! Services show.
//!
//! Regular expressions are checked by whoever evaluates them: a [`PatternCheck`] is plugged in, such
//! as `smi_policy::Limits`. Without one no pattern counts as invalid.
//!
//! # Catalogue
//!
//! *Found in* says what it takes: the text alone (the reader reports it), an object, or a set.
//!
#![doc = include_str!("catalogue.md")]

mod collect;
mod document;
mod fixes;
mod identity_binding;
mod names;
mod pattern;
mod port_route;
mod route_group;
mod service_name;
mod set;
mod traffic_split;
mod traffic_target;
mod validator;

pub use self::pattern::{PatternCheck, PatternFault};
pub use self::validator::Validator;
