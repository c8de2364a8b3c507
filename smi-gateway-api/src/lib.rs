#![doc = "x"]
mod access;
mod back;
mod cluster;
mod condition;
mod finding;
mod migration;
mod object;
mod options;
mod path;
mod route;

pub use finding::{Finding, Level, Origin, Verdict};
pub use migration::{Migration, Summary};
pub use object::{Object, Other};
pub use options::{Mesh, Options};
