//! URLs of the API.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::percent_decode_str;

use super::{Query, Scope, Selector, SelectorError};
use crate::{DurationError, GROUP, GoDuration, Kind, Resource, Version};

/// A request to the API, by its URL.
///
/// # Examples
///
/// ```
/// use smi_metrics_model::serve::{Request, RequestError, Status};
///
/// let path = "/apis/metrics.smi-spec.io/v1alpha1/namespaces/shop/deployments/web?t=1m";
/// let Request::Metrics(query) = Request::parse("GET", path)? else { unreachable!() };
/// assert_eq!(query.scope.kind().as_str(), "Deployment");
/// assert_eq!(query.window().to_string(), "1m0s");
///
/// let path = "/apis/metrics.smi-spec.io/v1alpha1/ingresses";
/// let error = Request::parse("GET", path).unwrap_err();
/// assert_eq!(Status::from(error).code, 404);
/// # Ok::<(), RequestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// `/api`: [`ApiVersions`](super::ApiVersions).
    ApiVersions,
    /// `/apis`: [`ApiGroupList`](super::ApiGroupList).
    Groups,
    /// `/apis/metrics.smi-spec.io`: [`ApiGroup`](super::ApiGroup).
    Group,
    /// `/apis/metrics.smi-spec.io/v1alpha1`: [`ApiResourceList`](super::ApiResourceList).
    Resources(Version),
    /// Everything below: metrics.
    Metrics(Query),
}

impl Request {
    /// Reads the method and the target of a request: a path, perhaps with `?` and a query.
    ///
    /// # Errors
    ///
    /// The path is none of the API, its kind is unknown, or no object can have the name (404); the
    /// method is neither GET nor HEAD, or it is a watch (405); a selector, a window or the kind of
    /// the edges can't be read (400). The last two only where there is something to get.
    pub fn parse(method: &str, target: &str) -> Result<Self, RequestError> {
        let (path, parameters) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Self::of_path(path)?;
        if !matches!(method, "GET" | "HEAD") {
            return Err(RequestError::Method { method: method.to_owned() });
        }
        if let Self::Metrics(query) = &mut request {
            parameters_of(query, parameters)?;
        }
        Ok(request)
    }

    fn of_path(path: &str) -> Result<Self, RequestError> {
        let unknown = || RequestError::Path { path: path.to_owned() };
        let relative = path.strip_prefix('/').ok_or_else(unknown)?;
        // Kubernetes reads one slash at the end as none.
        let relative = relative.strip_suffix('/').unwrap_or(relative);
        let decoded: Option<Vec<Cow<'_, str>>> = relative
            .split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8().ok())
            .collect();
        let decoded = decoded.ok_or_else(unknown)?;
        let segments: Vec<&str> = decoded.iter().map(|segment| &**segment).collect();
        let (version, below) = match segments.as_slice() {
            ["api"] => return Ok(Self::ApiVersions),
            ["apis"] => return Ok(Self::Groups),
            ["apis", GROUP] => return Ok(Self::Group),
            ["apis", GROUP, version, below @ ..] => (*version, below),
            _ => return Err(unknown()),
        };
        let version = Version::ALL.into_iter().find(|known| known.as_str() == version);
        let version = version.ok_or_else(unknown)?;
        let scope = match below {
            [] => return Ok(Self::Resources(version)),
            [plural] => Scope::Kind { kind: kind(plural)?, namespace: None },
            [plural, name] => Scope::Object(object(cluster_wide(plural)?, "", name)?),
            [plural, name, "edges"] => edges(object(cluster_wide(plural)?, "", name)?),
            ["namespaces", namespace, plural] => Scope::Kind {
                kind: namespaced(plural)?,
                namespace: Some(namespace_name(namespace)?.to_owned()),
            },
            ["namespaces", namespace, plural, name] => {
                Scope::Object(object(namespaced(plural)?, namespace, name)?)
            }
            ["namespaces", namespace, plural, name, "edges"] => {
                edges(object(namespaced(plural)?, namespace, name)?)
            }
            _ => return Err(unknown()),
        };
        Ok(Self::Metrics(Query::new(version, scope)))
    }
}

/// The path, and the query if there is one.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApiVersions => f.write_str("/api"),
            Self::Groups => f.write_str("/apis"),
            Self::Group => write!(f, "/apis/{GROUP}"),
            Self::Resources(version) => write!(f, "/apis/{GROUP}/{version}"),
            Self::Metrics(query) => query.fmt(f),
        }
    }
}

/// Why a request can't be answered. [`Status`](super::Status) says it on the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Nothing is at the path.
    #[error("nothing is at `{}`", .path.escape_debug())]
    Path {
        /// The path.
        path: String,
    },
    /// The kind is unknown, or isn't where it was looked for.
    #[error("no resource `{}` is here", .resource.escape_debug())]
    Resource {
        /// The resource, in the plural.
        resource: String,
    },
    /// No object can have this name.
    #[error("`{}` is no name of {resource}", .name.escape_debug())]
    Name {
        /// The resource, in the plural.
        resource: &'static str,
        /// The name.
        name: String,
    },
    /// There are only answers to get.
    #[error("method `{}` is not allowed, expected `GET`", .method.escape_debug())]
    Method {
        /// The method.
        method: String,
    },
    /// Metrics can't be watched.
    #[error("metrics can't be watched: ask again instead")]
    Watch,
    /// A parameter is there twice, with different values.
    #[error("`{parameter}` is there twice, with different values")]
    Twice {
        /// The name of the parameter.
        parameter: String,
    },
    /// The label selector can't be read.
    #[error("labelSelector: {0}")]
    LabelSelector(#[source] SelectorError),
    /// The field selector can't be read.
    #[error(
        "fieldSelector: `{}`, expected `metadata.name=` or `metadata.namespace=` and a name",
        .found.escape_debug()
    )]
    FieldSelector {
        /// The part that can't be read.
        found: String,
    },
    /// The window can't be read.
    #[error("t: {0}")]
    Window(#[source] DurationError),
    /// The window is empty.
    #[error("t: `{window}`, expected a window longer than zero")]
    EmptyWindow {
        /// The window.
        window: GoDuration,
    },
    /// The kind of the edges is unknown, or something else than edges is asked for.
    #[error("edgeKind: `{}`, expected a resource such as `pods`, for edges only", .found.escape_debug())]
    EdgeKind {
        /// What was found.
        found: String,
    },
}

/// Parameters that Kubernetes' clients send and that change nothing here: an answer is complete, and
/// as new as it gets.
const WITHOUT_MEANING: [&str; 10] = [
    "allowWatchBookmarks",
    "continue",
    "includeObject",
    "limit",
    "pretty",
    "resourceVersion",
    "resourceVersionMatch",
    "sendInitialEvents",
    "timeout",
    "timeoutSeconds",
];

fn parameters_of(query: &mut Query, parameters: &str) -> Result<(), RequestError> {
    let mut given: BTreeMap<Cow<'_, str>, Cow<'_, str>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(parameters.as_bytes()) {
        if given.get(&name).is_some_and(|before| *before != value) {
            return Err(RequestError::Twice { parameter: name.into_owned() });
        }
        given.insert(name, value);
    }
    for (name, value) in given {
        match &*name {
            "labelSelector" => {
                query.labels = Selector::parse(&value).map_err(RequestError::LabelSelector)?;
            }
            "fieldSelector" => fields(query, &value)?,
            "t" => query.window = Some(window(&value)?),
            "edgeKind" => match &mut query.scope {
                Scope::Edges { peers, .. } => *peers = edge_kind(&value)?,
                _ => return Err(RequestError::EdgeKind { found: value.into_owned() }),
            },
            "watch" if matches!(&*value, "" | "0" | "f" | "F" | "false" | "FALSE" | "False") => {}
            "watch" => return Err(RequestError::Watch),
            name if WITHOUT_MEANING.contains(&name) => {}
            _ => query.ignored.push(name.into_owned()),
        }
    }
    Ok(())
}

fn fields(query: &mut Query, selector: &str) -> Result<(), RequestError> {
    for part in selector.split(',').filter(|_| !selector.is_empty()) {
        let error = || RequestError::FieldSelector { found: part.to_owned() };
        let (field, value) = part.split_once('=').ok_or_else(error)?;
        // Two equals signs mean the same as one.
        let value = value.strip_prefix('=').unwrap_or(value);
        let (slot, is_name) = match field {
            "metadata.name" => (&mut query.name, is_name(value)),
            "metadata.namespace" => (&mut query.namespace, is_label(value)),
            _ => return Err(error()),
        };
        if !is_name || slot.as_deref().is_some_and(|before| before != value) {
            return Err(error());
        }
        *slot = Some(value.to_owned());
    }
    Ok(())
}

fn window(text: &str) -> Result<GoDuration, RequestError> {
    let window: GoDuration = text.parse().map_err(RequestError::Window)?;
    if window > GoDuration::ZERO { Ok(window) } else { Err(RequestError::EmptyWindow { window }) }
}

fn edge_kind(text: &str) -> Result<Kind, RequestError> {
    let kind = Kind::from_plural(text).or_else(|| Kind::from_name(text));
    kind.ok_or_else(|| RequestError::EdgeKind { found: text.to_owned() })
}

fn edges(object: Resource) -> Scope {
    let peers = object.kind();
    Scope::Edges { object, peers }
}

fn kind(plural: &str) -> Result<Kind, RequestError> {
    let error = || RequestError::Resource { resource: plural.to_owned() };
    Kind::from_plural(plural).ok_or_else(error)
}

fn namespaced(plural: &str) -> Result<Kind, RequestError> {
    let error = || RequestError::Resource { resource: plural.to_owned() };
    kind(plural).ok().filter(|kind| kind.is_namespaced()).ok_or_else(error)
}

fn cluster_wide(plural: &str) -> Result<Kind, RequestError> {
    let error = || RequestError::Resource { resource: plural.to_owned() };
    kind(plural).ok().filter(|kind| !kind.is_namespaced()).ok_or_else(error)
}

fn object(kind: Kind, namespace: &str, name: &str) -> Result<Resource, RequestError> {
    if kind.is_namespaced() {
        namespace_name(namespace)?;
    }
    if kind == Kind::Namespace {
        namespace_name(name)?;
    }
    if !is_name(name) {
        return Err(RequestError::Name { resource: kind.plural(), name: name.to_owned() });
    }
    Ok(Resource::new(kind, namespace, name))
}

fn namespace_name(name: &str) -> Result<&str, RequestError> {
    let error = || RequestError::Name { resource: "namespaces", name: name.to_owned() };
    if is_label(name) { Ok(name) } else { Err(error()) }
}

/// Whether a text is a DNS label (RFC 1123), as the names of namespaces are.
fn is_label(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= 63
        && !text.is_empty()
        && text.bytes().all(is_inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether a text is a DNS subdomain (RFC 1123), as the names of objects are.
fn is_name(text: &str) -> bool {
    let is_part = |part: &str| {
        let is_inner =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !part.is_empty()
            && part.bytes().all(is_inner)
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_part)
}
