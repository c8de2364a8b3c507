//! A request as it arrived, as the engines want it.

use http::HeaderMap;
use pingora_core::protocols::http::authority::{RawTargetAuthority, raw_target_authority};
use pingora_http::RequestHeader;
use smi_policy::{FieldVisitor, Headers, HttpRequest};

/// The parts of a request that decide about it.
pub(crate) struct Arrived<'h> {
    method: &'h str,
    /// Path and query.
    pub(crate) target: &'h [u8],
    authority: Option<&'h [u8]>,
    /// Whether the request line has scheme and authority before the path.
    is_absolute: bool,
    fields: Fields<'h>,
}

struct Fields<'h>(&'h HeaderMap);

impl<'h> Arrived<'h> {
    /// `None` if the request line can be read in two ways.
    pub(crate) fn of(header: &'h RequestHeader) -> Option<Self> {
        let target = header.raw_path();
        let (target, authority, is_absolute) = match raw_target_authority(target) {
            RawTargetAuthority::AmbiguousAuthority => return None,
            RawTargetAuthority::Absolute { authority, path_and_query, .. } => {
                let target = if path_and_query.is_empty() { b"/" } else { path_and_query };
                (target, Some(authority), true)
            }
            RawTargetAuthority::None => {
                // That of HTTP/2; HTTP/1.1 has it in the field Host.
                let authority = header.uri.authority().map(|a| a.as_str().as_bytes());
                (target, authority, false)
            }
        };
        let (method, fields) = (header.method.as_str(), Fields(&header.headers));
        Some(Self { method, target, authority, is_absolute, fields })
    }

    pub(crate) fn http(&self) -> HttpRequest<'_, impl Headers> {
        let http = HttpRequest::new(self.method, self.target).headers(&self.fields);
        match self.authority {
            Some(authority) => http.authority(authority),
            None => http,
        }
    }

    /// What stands before the path in the request line.
    pub(crate) fn absolute_authority(&self) -> Option<&'h [u8]> {
        self.authority.filter(|_| self.is_absolute)
    }

    /// The query, with its question mark.
    pub(crate) fn query(&self) -> &'h [u8] {
        let at = self.target.iter().position(|byte| *byte == b'?');
        at.and_then(|at| self.target.get(at..)).unwrap_or_default()
    }

    /// The value of a cookie, if the client sent it exactly once.
    pub(crate) fn cookie(&self, name: &str) -> Option<&'h str> {
        let Fields(fields) = self.fields;
        let lines = fields.get_all(http::header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        let mut values = lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter_map(|(key, value)| (key == name).then_some(value));
        let value = values.next();
        value.filter(|_| values.next().is_none())
    }
}

impl Headers for Fields<'_> {
    fn visit(&self, name: &str, visitor: &mut FieldVisitor<'_>) {
        for value in self.0.get_all(name) {
            visitor(value.as_bytes());
        }
    }
}
