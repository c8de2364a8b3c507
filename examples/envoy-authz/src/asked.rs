//! What Envoy asks, as the engine wants it.

use std::net::IpAddr;

use envoy_types::pb::envoy::config::core::v3::{HeaderValue, address::Address};
use envoy_types::pb::envoy::service::auth::v3::{
    AttributeContext, CheckRequest, attribute_context::Peer,
};
use percent_encoding::percent_decode_str;
use smi_policy::{
    AddressBook, Connect, FieldVisitor, Headers, HttpRequest, Identity, Request, Transport,
};

/// A question that Envoy's configuration leaves open.
pub(crate) type Unfit = &'static str;

/// One request, ready to be decided and split.
pub(crate) struct Asked<'c> {
    source: Option<Identity>,
    destination: Identity,
    port: u16,
    fields: Fields<'c>,
    is_http3: bool,
    /// `namespace/name` of the service that the client addressed, if calls to it may be split.
    pub(crate) service: Option<&'c str>,
}

/// Header fields as Envoy sends them with `encode_raw_headers`: byte for byte, in order, with those
/// that HTTP/2 begins with a colon.
struct Fields<'c>(&'c [HeaderValue]);

impl<'c> Asked<'c> {
    /// Takes a question apart.
    pub(crate) fn of(check: &'c CheckRequest, book: &AddressBook) -> Result<Self, Unfit> {
        let context = check.attributes.as_ref().ok_or("no attributes")?;
        let http = context.request.as_ref().and_then(|request| request.http.as_ref());
        let http = http.ok_or("no HTTP request")?;
        // Without them there are only texts in which what is not UTF-8 has been replaced, and fields
        // of one name joined without the blank that RFC 9110 demands.
        let fields = http.header_map.as_ref().ok_or("no raw headers: set `encode_raw_headers`")?;
        Ok(Self {
            source: source(context, book)?,
            destination: destination(context)?,
            port: port(context)?,
            fields: Fields(&fields.headers),
            is_http3: http.protocol.starts_with("HTTP/3"),
            service: extension(context, "service"),
        })
    }

    pub(crate) fn request(&self) -> Request<'_, impl Headers> {
        Request::http(self.source.as_ref(), &self.destination, self.port, self.http())
    }

    /// The HTTP request with its path, or CONNECT's authority, as it arrived.
    pub(crate) fn http(&self) -> HttpRequest<'_, impl Headers> {
        let Fields(fields) = self.fields;
        let pseudo = |name: &str| fields.iter().find(|field| field.key == name).map(bytes);
        // A method that isn't text equals none in a manifest.
        let method =
            std::str::from_utf8(pseudo(":method").unwrap_or_default()).unwrap_or("\u{FFFD}");
        let authority = pseudo(":authority");
        let (target, connect) = match (pseudo(":path"), authority) {
            (Some(path), _) => (path, Connect::Extended),
            (None, Some(authority)) => (authority, Connect::Authority),
            (None, None) => (&[][..], Connect::Authority),
        };
        let transport = if self.is_http3 { Transport::Udp } else { Transport::Tcp };
        let http = HttpRequest::new(method, target).headers(&self.fields);
        let http = http.connect(connect).transport(transport);
        match authority {
            Some(authority) => http.authority(authority),
            None => http,
        }
    }

    /// The query as it arrived, with its question mark.
    pub(crate) fn query(&self) -> &'c [u8] {
        let Fields(fields) = self.fields;
        let path = fields.iter().find(|field| field.key == ":path").map_or(&[][..], bytes);
        let at = path.iter().position(|byte| *byte == b'?');
        at.and_then(|at| path.get(at..)).unwrap_or_default()
    }
}

impl Headers for Fields<'_> {
    fn visit(&self, name: &str, visitor: &mut FieldVisitor<'_>) {
        for field in self.0.iter().filter(|field| field.key.eq_ignore_ascii_case(name)) {
            visitor(bytes(field));
        }
    }
}

fn bytes(field: &HeaderValue) -> &[u8] {
    if field.raw_value.is_empty() { field.value.as_bytes() } else { &field.raw_value }
}

/// Who calls: by the certificate, and only without one by the address. A certificate whose name is
/// no identity names nobody.
fn source(context: &AttributeContext, book: &AddressBook) -> Result<Option<Identity>, Unfit> {
    let Some(peer) = &context.source else { return Ok(None) };
    if !peer.certificate.is_empty() {
        return Ok(certified(&peer.certificate));
    }
    // It is the first of its names: nobody knows how many there are.
    if !peer.principal.is_empty() {
        return Err("no certificate: set `include_peer_certificate`");
    }
    Ok(socket(peer).and_then(|(address, _)| book.identify(address).cloned()))
}

/// Who is called: whom Envoy's configuration names, else whom Envoy's own certificate names.
fn destination(context: &AttributeContext) -> Result<Identity, Unfit> {
    if let Some(name) = extension(context, "destination") {
        return smi_enforcer::identity(name).map_err(|_| "`destination` is no identity");
    }
    // A name such as `shop/web` is one that people write, not one that is certified.
    let is_certified = |name: &&str| name.contains("://") || !name.contains('/');
    let own = context.destination.as_ref().map(|peer| &*peer.principal).filter(is_certified);
    let own = own.and_then(|name| smi_enforcer::identity(name).ok());
    own.ok_or("no destination: set `destination` in the context extensions")
}

/// The port on which the server process receives. That Envoy receives on is the right one only where
/// traffic is redirected to it.
fn port(context: &AttributeContext) -> Result<u16, Unfit> {
    if let Some(port) = extension(context, "port") {
        return port.parse().map_err(|_| "`port` is no port");
    }
    let (_, port) = context.destination.as_ref().and_then(socket).ok_or("no port: set `port`")?;
    Ok(port)
}

/// The identity in a certificate, in the escaped PEM that Envoy sends.
fn certified(certificate: &str) -> Option<Identity> {
    let pem: Vec<u8> = percent_decode_str(certificate).collect();
    let (_, pem) = x509_parser::pem::parse_x509_pem(&pem).ok()?;
    smi_enforcer::certified(&pem.contents)
}

fn socket(peer: &Peer) -> Option<(IpAddr, u16)> {
    use envoy_types::pb::envoy::config::core::v3::socket_address::PortSpecifier;
    let Address::SocketAddress(socket) = peer.address.as_ref()?.address.as_ref()? else {
        return None;
    };
    let Some(PortSpecifier::PortValue(port)) = socket.port_specifier else { return None };
    Some((socket.address.parse().ok()?, u16::try_from(port).ok()?))
}

fn extension<'c>(context: &'c AttributeContext, key: &str) -> Option<&'c str> {
    context.context_extensions.get(key).map(String::as_str)
}
