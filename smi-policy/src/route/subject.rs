use std::borrow::Cow;

use crate::headers::Headers;
use crate::request::{Connect, HttpRequest};
use crate::route::http_match::Methods;
use crate::route::path::{NormalizedPath, PathSubject};
use crate::semantics::HttpSemantics;

/// An HTTP request prepared for matching: its path judged, once, by
/// [`PathMode`](crate::PathMode).
///
/// ```
/// use smi_policy::{HttpRequest, HttpSemantics, HttpSubject, NormalizedPath, PathMode};
///
/// let request = HttpRequest::new("GET", "/a/../b?q=1");
/// assert!(HttpSubject::new(&request, &HttpSemantics::default()).is_unclean());
///
/// let mut normalize = HttpSemantics::default();
/// normalize.path_mode = PathMode::Normalize;
/// let subject = HttpSubject::new(&request, &normalize);
/// assert_eq!(subject.normalized_path(), NormalizedPath::Changed(b"/b"));
/// ```
#[derive(Debug)]
pub struct HttpSubject<'r, H: ?Sized> {
    pub(crate) request: HttpRequest<'r, H>,
    pub(crate) path: PathSubject<'r>,
    pub(crate) method: Methods,
}

impl<'r, H: Headers + ?Sized> HttpSubject<'r, H> {
    /// Prepares a request. Allocates only if a path has to be normalised.
    pub fn new(request: &HttpRequest<'r, H>, semantics: &HttpSemantics) -> Self {
        let path = if request.method == "CONNECT" && request.connect == Connect::Authority {
            // HTTP/2 has no `:path` on CONNECT, only `:authority`.
            match request.authority {
                Some(authority) if request.target.is_empty() => {
                    PathSubject::of_authority(authority)
                }
                _ => PathSubject::of_authority(request.target),
            }
        } else {
            PathSubject::of_target(request.target, request.method, semantics.path_mode)
        };
        Self { request: *request, path, method: Methods::of_request(request.method) }
    }

    /// Whether a server may read the path differently than a match does.
    pub fn is_unclean(&self) -> bool {
        matches!(self.path, PathSubject::Unclean { .. })
    }

    /// The path that normalising made, if it changed the one sent.
    pub(crate) fn into_normalized_path(self) -> Option<Vec<u8>> {
        match self.path {
            PathSubject::Clean(Cow::Owned(path)) => Some(path),
            _ => None,
        }
    }

    /// The path that the proxy must forward.
    pub fn normalized_path(&self) -> NormalizedPath<'_> {
        match &self.path {
            PathSubject::Clean(Cow::Owned(path)) => NormalizedPath::Changed(path),
            _ => NormalizedPath::AsSent,
        }
    }
}
