use crate::headers::{Headers, NoHeaders};
use crate::identity::Identity;

/// What is asked: one HTTP request, one TCP connection or one UDP flow, from whom to whom.
///
/// A request borrows everything, so that asking costs no allocation.
///
/// ```
/// use smi_policy::{HttpRequest, Identity, Request};
///
/// let web = Identity::service_account("shop", "web");
/// let cart = Identity::service_account("shop", "cart");
///
/// let headers = [("x-user", "ada")];
/// let http = HttpRequest::new("GET", "/items?page=2").headers(&headers).authority("cart:8080");
/// let request = Request::http(Some(&web), &cart, 8080, http);
/// assert_eq!(request.port, 8080);
///
/// let opaque = Request::tcp(None, &cart, 5432);
/// assert!(opaque.source.is_none());
/// ```
#[derive(Debug)]
pub struct Request<'a, H: ?Sized = NoHeaders> {
    /// Who calls, proven to the enforcing side; `None`: unauthenticated.
    pub source: Option<&'a Identity>,
    /// Who is called.
    pub destination: &'a Identity,
    /// The port on which the server process receives: a container port, not a Service's.
    pub port: u16,
    /// What is asked for.
    pub traffic: Traffic<'a, H>,
}

/// The kinds of traffic that a policy judges.
#[derive(Debug)]
pub enum Traffic<'a, H: ?Sized = NoHeaders> {
    /// One HTTP request.
    Http(HttpRequest<'a, H>),
    /// A TCP connection whose content nobody looks at.
    Tcp,
    /// A UDP flow.
    Udp,
}

impl<'a> Request<'a> {
    /// Asks for an opaque TCP connection.
    pub fn tcp(source: Option<&'a Identity>, destination: &'a Identity, port: u16) -> Self {
        Self { source, destination, port, traffic: Traffic::Tcp }
    }

    /// Asks for a UDP flow.
    pub fn udp(source: Option<&'a Identity>, destination: &'a Identity, port: u16) -> Self {
        Self { source, destination, port, traffic: Traffic::Udp }
    }
}

impl<'a, H: ?Sized> Request<'a, H> {
    /// Asks for one HTTP request.
    pub fn http(
        source: Option<&'a Identity>,
        destination: &'a Identity,
        port: u16,
        request: HttpRequest<'a, H>,
    ) -> Self {
        Self { source, destination, port, traffic: Traffic::Http(request) }
    }
}

/// The parts of an HTTP request that a match can look at.
#[derive(Debug)]
pub struct HttpRequest<'a, H: ?Sized = NoHeaders> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a [u8],
    pub(crate) authority: Option<&'a [u8]>,
    pub(crate) headers: &'a H,
    pub(crate) transport: Transport,
    pub(crate) connect: Connect,
}

/// What carries an HTTP request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// HTTP/1.1 and HTTP/2.
    #[default]
    Tcp,
    /// HTTP/3.
    Udp,
}

/// Which form a CONNECT request has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connect {
    /// An ordinary CONNECT: its target is an authority, `host:port`.
    #[default]
    Authority,
    /// An extended CONNECT (RFC 8441): it has a path like any other request.
    Extended,
}

impl<'a> HttpRequest<'a> {
    /// A request without headers and authority.
    ///
    /// `target` is the request target as sent: path and query, `*` for `OPTIONS *`, `host:port` for
    /// CONNECT. Of an absolute form pass the path and query, and the authority by
    /// [`authority`](Self::authority).
    pub fn new(method: &'a str, target: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self {
            method,
            target: target.as_ref(),
            authority: None,
            headers: &NoHeaders,
            transport: Transport::Tcp,
            connect: Connect::Authority,
        }
    }
}

impl<'a, H: ?Sized> HttpRequest<'a, H> {
    /// Sets the header fields, in the order received.
    #[must_use]
    pub fn headers<H2: Headers + ?Sized>(self, headers: &'a H2) -> HttpRequest<'a, H2> {
        HttpRequest {
            method: self.method,
            target: self.target,
            authority: self.authority,
            headers,
            transport: self.transport,
            connect: self.connect,
        }
    }

    /// Sets the authority as sent, with its port: HTTP/2's `:authority` or that of an absolute
    /// form. Without it, the only `Host` field counts.
    #[must_use]
    pub fn authority(mut self, authority: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.authority = Some(authority.as_ref());
        self
    }

    /// Says what carries the request; TCP unless said otherwise.
    #[must_use]
    pub fn transport(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    /// Says which form a CONNECT has; without meaning for other methods.
    #[must_use]
    pub fn connect(mut self, connect: Connect) -> Self {
        self.connect = connect;
        self
    }
}

// Derived `Clone` and `Copy` would demand `H: Clone`, although only references to it are held.
impl<H: ?Sized> Clone for HttpRequest<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: ?Sized> Copy for HttpRequest<'_, H> {}

impl<H: ?Sized> Clone for Traffic<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: ?Sized> Copy for Traffic<'_, H> {}

impl<H: ?Sized> Clone for Request<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: ?Sized> Copy for Request<'_, H> {}
