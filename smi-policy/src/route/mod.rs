//! HTTP matching: the conditions of HTTPRouteGroups, for access and for splits.

mod group;
mod http_match;
mod path;
mod subject;

pub use group::RouteGroup;
pub(crate) use http_match::Failure;
pub use path::NormalizedPath;
pub use subject::HttpSubject;
