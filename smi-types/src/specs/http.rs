//! A match of an HTTPRouteGroup: the same in all versions.

use serde::{Deserialize, Serialize};

use super::headers::Headers;
use crate::wire::absent;
use crate::wire::mapping::mapping;

/// A condition on HTTP requests. A request meets it if path, method and all headers do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!remote))]
#[serde(remote = "Self", rename_all = "camelCase", expecting = "an object")]
pub struct HttpMatch {
    /// Name by which TrafficTargets refer to the match.
    #[serde(
        default,
        deserialize_with = "absent::null_is_default",
        skip_serializing_if = "String::is_empty"
    )]
    #[cfg_attr(feature = "schema", schemars(!default, !skip_serializing_if))]
    pub name: String,

    /// Regular expression for the path, anchored at its start. If absent or empty, any path matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_regex: Option<String>,

    /// HTTP methods. If absent or empty, or if one of them is *, any method matches.
    #[serde(
        default,
        deserialize_with = "absent::null_is_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub methods: Vec<String>,

    /// Names of headers and regular expressions for their values. All of them have to match.
    #[serde(
        default,
        deserialize_with = "absent::null_is_default",
        skip_serializing_if = "Headers::is_empty"
    )]
    pub headers: Headers,
}

mapping!(HttpMatch);
