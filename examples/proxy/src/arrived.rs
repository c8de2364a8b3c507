//! A request as it arrived, as the engines want it.

use http::HeaderMap;
use http::header::COOKIE;
use pingora_core::protocols::http::authority::{RawTargetAuthority, raw_target_authority};
use pingora_http::RequestHeader;
use smi_policy::HttpRequest;

/// The parts of a request that decide about it.
pub(crate) struct Arrived<'h> {
    header: &'h RequestHeader,
    /// Path and query.
    target: &'h [u8],
    /// What stands before the path in the request line: seldom anything.
    pub(crate) absolute_authority: Option<&'h [u8]>,
}

impl<'h> Arrived<'h> {
    /// `None` if the request line can be read in two ways.
    pub(crate) fn of(header: &'h RequestHeader) -> Option<Self> {
        let (target, absolute_authority) = match raw_target_authority(header.raw_path()) {
            RawTargetAuthority::AmbiguousAuthority => return None,
            RawTargetAuthority::Absolute { authority, path_and_query: b"", .. } => {
                (&b"/"[..], Some(authority))
            }
            RawTargetAuthority::Absolute { authority, path_and_query, .. } => {
                (path_and_query, Some(authority))
            }
            RawTargetAuthority::None => (header.raw_path(), None),
        };
        Some(Self { header, target, absolute_authority })
    }

    pub(crate) fn http(&self) -> HttpRequest<'_, HeaderMap> {
        let (method, headers) = (self.header.method.as_str(), &self.header.headers);
        let http = HttpRequest::new(method, self.target).headers(headers);
        // That of HTTP/2; HTTP/1.1 has it in the field Host.
        let pseudo = self.header.uri.authority().map(|authority| authority.as_str().as_bytes());
        match self.absolute_authority.or(pseudo) {
            Some(authority) => http.authority(authority),
            None => http,
        }
    }

    /// The target to forward, if it is another than the one that arrived: with the path that was
    /// decided, and no authority.
    pub(crate) fn forwarded(&self, normalized_path: Option<&[u8]>) -> Option<Vec<u8>> {
        let at = self.target.iter().position(|byte| *byte == b'?');
        let query = at.and_then(|at| self.target.get(at..)).unwrap_or_default();
        match normalized_path {
            Some(path) => Some([path, query].concat()),
            None => self.absolute_authority.map(|_| self.target.to_vec()),
        }
    }

    /// The value of a cookie, if the client sent it exactly once.
    pub(crate) fn cookie(&self, name: &str) -> Option<&'h str> {
        let lines = self.header.headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|p| p.trim().split_once('='));
        let mut values = pairs.filter_map(|(key, value)| (key == name).then_some(value));
        values.next().filter(|_| values.next().is_none())
    }
}
