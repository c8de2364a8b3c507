//! HTTP matching: the conditions of HTTPRouteGroups, for access and for splits.

mod group;
mod http_match;
mod path;
mod regexes;
mod subject;
mod table;

pub use group::RouteGroup;
pub(crate) use http_match::{Conditions, Failure, Methods, PathCondition};
pub use path::NormalizedPath;
pub(crate) use regexes::Regexes;
pub use subject::HttpSubject;
pub(crate) use table::{RouteTable, span, starts};
