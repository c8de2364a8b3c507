//! The one place where the types of the `http` crate enter the engine.

use http::{HeaderMap, Version, request};

use crate::headers::{FieldVisitor, Headers};
use crate::request::{HttpRequest, Transport};

impl Headers for HeaderMap {
    fn visit(&self, name: &str, visitor: &mut FieldVisitor<'_>) {
        for value in self.get_all(name) {
            visitor(value.as_bytes());
        }
    }
}

/// Borrows a request. HTTP/3 comes over UDP; everything else over TCP.
///
/// Two things are not in the parts of a request, and are for the caller to add: that a CONNECT is
/// an extended one ([`HttpRequest::connect`]), and a fragment (`#…`), which `http` cuts off when it
/// parses a URI: refuse a request that was sent with one.
///
/// ```
/// use smi_policy::{HttpRequest, HttpSemantics, HttpSubject, RouteGroup};
/// use smi_policy::{HttpMatch, HttpRouteGroup, ObjectName};
///
/// let group = HttpRouteGroup::new(ObjectName::new("shop", "api"))
///     .with(HttpMatch::new("mine").path_regex("/items$").header("x-user", "ada"));
/// let semantics = HttpSemantics::default();
/// let group = RouteGroup::compile(&group, &semantics, &mut Vec::new());
///
/// let request = http::Request::get("http://shop.example/items?page=2").header("X-User", "ada");
/// let (parts, ()) = request.body(())?.into_parts();
/// let subject = HttpSubject::new(&HttpRequest::from(&parts), &semantics);
/// assert_eq!(group.first_match(&subject), Some(0));
///
/// let (parts, ()) = http::Request::get("/items").body(())?.into_parts();
/// let subject = HttpSubject::new(&HttpRequest::from(&parts), &semantics);
/// assert_eq!(group.first_match(&subject), None, "no such header");
/// # Ok::<(), http::Error>(())
/// ```
impl<'a> From<&'a request::Parts> for HttpRequest<'a, HeaderMap> {
    fn from(parts: &'a request::Parts) -> Self {
        Self::of_http(&parts.method, &parts.uri, parts.version, &parts.headers)
    }
}

/// Borrows a request, whatever its body: see the conversion of its parts.
impl<'a, B> From<&'a http::Request<B>> for HttpRequest<'a, HeaderMap> {
    fn from(request: &'a http::Request<B>) -> Self {
        Self::of_http(request.method(), request.uri(), request.version(), request.headers())
    }
}

impl<'a> HttpRequest<'a, HeaderMap> {
    fn of_http(
        method: &'a http::Method,
        uri: &'a http::Uri,
        version: Version,
        headers: &'a HeaderMap,
    ) -> Self {
        // Of CONNECT there is no path, only an authority.
        let target = uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
        let transport = if version == Version::HTTP_3 { Transport::Udp } else { Transport::Tcp };
        let request =
            HttpRequest::new(method.as_str(), target).headers(headers).transport(transport);
        match uri.authority() {
            Some(authority) => request.authority(authority.as_str()),
            None => request,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, uri: &str) -> http::Request<()> {
        http::Request::builder().method(method).uri(uri).body(()).unwrap()
    }

    #[track_caller]
    fn assert_target(method: &str, uri: &str, target: &str, authority: Option<&str>) {
        let sent = request(method, uri);
        let read = HttpRequest::from(&sent);
        assert_eq!(read.target, target.as_bytes());
        assert_eq!(read.authority, authority.map(str::as_bytes));
    }

    #[test]
    fn every_form_of_a_target_is_read() {
        assert_target("GET", "/a/b?c", "/a/b?c", None);
        assert_target("GET", "http://shop:80/a", "/a", Some("shop:80"));
        assert_target("GET", "http://shop", "/", Some("shop"));
        assert_target("OPTIONS", "*", "*", None);
        assert_target("CONNECT", "shop:443", "", Some("shop:443"));
    }

    #[test]
    fn fields_keep_their_order_and_http_3_comes_over_udp() {
        let mut sent = request("GET", "/");
        *sent.version_mut() = Version::HTTP_3;
        for value in ["a", "b"] {
            sent.headers_mut().append("X-User", value.parse().unwrap());
        }
        assert_eq!(HttpRequest::from(&sent).transport, Transport::Udp);
        let mut values = Vec::new();
        sent.headers().visit("x-user", &mut |value| values.push(value.to_vec()));
        assert_eq!(values, [b"a", b"b"]);
        sent.headers().visit("not a name", &mut |_| panic!("no such field"));
    }
}
