use smi_policy::{HttpRequest, NoHeaders, ObjectName};

use crate::Port;

/// A client's call of a service: what a split is selected for.
///
/// A call borrows everything, so that making one costs no allocation.
///
/// ```
/// use smi_policy::HttpRequest;
/// use smi_split::{Call, ObjectName, Port};
///
/// let website = ObjectName::new("shop", "website");
///
/// // A TCP connection, or one whose content nobody looks at.
/// let opaque = Call::to(&website).port(Port::tcp(443));
///
/// let headers = [("user-agent", "Firefox/126")];
/// let request = HttpRequest::new("GET", "/").headers(&headers);
/// let http = Call::to(&website).port(Port::tcp(80)).http(request);
/// # let _ = (opaque, http);
/// ```
#[derive(Debug)]
#[must_use]
pub struct Call<'a, H: ?Sized = NoHeaders> {
    pub(crate) apex: &'a ObjectName,
    pub(crate) port: Option<Port>,
    pub(crate) http: Option<HttpRequest<'a, H>>,
}

impl<'a> Call<'a> {
    /// A call of the service `apex`: its namespace and name in lower case, as the Service has them.
    ///
    /// [`ServiceName`](crate::ServiceName) reads the other forms that a client may use.
    pub fn to(apex: &'a ObjectName) -> Self {
        Self { apex, port: None, http: None }
    }
}

impl<'a, H: ?Sized> Call<'a, H> {
    /// Sets the port of the apex Service that is called. Without it, ports are not considered.
    pub fn port(mut self, port: Port) -> Self {
        self.port = Some(port);
        self
    }

    /// Sets the HTTP request. Without it, splits with `matches` don't apply.
    pub fn http<H2: ?Sized>(self, request: HttpRequest<'a, H2>) -> Call<'a, H2> {
        Call { apex: self.apex, port: self.port, http: Some(request) }
    }
}

// Derived `Clone` and `Copy` would demand `H: Clone`, although only references to it are held.
impl<H: ?Sized> Clone for Call<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: ?Sized> Copy for Call<'_, H> {}
