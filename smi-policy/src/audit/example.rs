use std::fmt;

use crate::identity::{Identity, Proof};
use crate::request::{Connect, HttpRequest, Request, Traffic, Transport};

/// A request to show to people, and to ask a policy about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Example {
    /// Who calls; `None`: unauthenticated.
    pub source: Option<Identity>,
    /// Who is called.
    pub destination: Identity,
    /// The port on which the called process listens.
    pub port: u16,
    /// What carries it.
    pub transport: Transport,
    /// The HTTP request; `None` asks for the opaque connection or flow.
    pub http: Option<ExampleHttp>,
}

/// The HTTP part of an [`Example`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExampleHttp {
    /// The method.
    pub method: String,
    /// Path, `*`, or for CONNECT the authority.
    pub target: Vec<u8>,
    /// Which form a CONNECT has.
    pub connect: Connect,
    /// The authority, where a condition looks at it.
    pub authority: Option<Vec<u8>>,
    /// Header fields.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Example {
    /// The request, to be decided.
    pub fn request(&self) -> Request<'_, Vec<(String, Vec<u8>)>> {
        let traffic = match (&self.http, self.transport) {
            (Some(http), transport) => {
                let mut request = HttpRequest::new(&http.method, &http.target)
                    .headers(&http.headers)
                    .transport(transport)
                    .connect(http.connect);
                if let Some(authority) = &http.authority {
                    request = request.authority(authority);
                }
                Traffic::Http(request)
            }
            (None, Transport::Tcp) => Traffic::Tcp,
            (None, Transport::Udp) => Traffic::Udp,
        };
        Request {
            source: self.source.as_ref(),
            destination: &self.destination,
            port: self.port,
            traffic,
        }
    }
}

impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.http, self.transport) {
            (Some(http), transport) => {
                write!(f, "{http}")?;
                if transport == Transport::Udp {
                    f.write_str(" by HTTP/3")?;
                }
            }
            (None, Transport::Tcp) => f.write_str("TCP")?,
            (None, Transport::Udp) => f.write_str("UDP")?,
        }
        match &self.source {
            Some(source) if source.proof() == Proof::Address => {
                write!(f, " from {source} (proven by address)")?;
            }
            Some(source) => write!(f, " from {source}")?,
            None => f.write_str(" from an unauthenticated peer")?,
        }
        write!(f, " to {} on port {}", self.destination, self.port)
    }
}

/// Method, target and fields. What is not printable is escaped.
impl fmt::Display for ExampleHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extended = if self.connect == Connect::Extended { " (extended)" } else { "" };
        write!(f, "{}{extended} {}", self.method, self.target.escape_ascii())?;
        if let Some(authority) = &self.authority {
            write!(f, " with authority `{}`", authority.escape_ascii())?;
        }
        for (name, value) in &self.headers {
            write!(f, " with `{name}: {}`", value.escape_ascii())?;
        }
        Ok(())
    }
}
