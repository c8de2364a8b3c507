use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use http::header::{CONTENT_LENGTH, COOKIE, HOST, SET_COOKIE};
use pingora_core::upstreams::peer::HttpPeer;
use pingora_core::{Error, ErrorType, Result};
use pingora_http::{RequestHeader, ResponseHeader};
use pingora_proxy::{ProxyHttp, Session};
use smi_enforcer::Manifests;
use smi_policy::AddressBook;
use smi_split::{Call, ObjectName, Outcome};

use crate::arrived::Arrived;
use crate::caller::{Caller, Opened};
use crate::{Metrics, Settings};

/// The proxy before one service.
#[derive(Debug)]
pub struct Proxy {
    /// What it stands before.
    pub settings: Settings,
    /// Who may call, and where calls go.
    pub manifests: Arc<Manifests>,
    /// Who is behind which address, for clients without certificate.
    pub addresses: AddressBook,
    /// Whether a denied client is told why.
    pub debug: bool,
    /// What is measured.
    pub metrics: Arc<Metrics>,
}

/// What is known of one request.
#[derive(Debug, Default)]
pub struct Context {
    start: Option<Instant>,
    caller: Option<Arc<Caller>>,
    /// Policy and splits that the request began with; it ends with the same.
    opened: Option<Arc<Opened>>,
    backend: Option<ObjectName>,
    /// Backends that could not be reached.
    failed: Vec<ObjectName>,
    /// What to forward where the request line cannot stay as it arrived.
    target: Option<Vec<u8>>,
    /// A new key, for a client that has none.
    new_key: Option<String>,
}

impl Proxy {
    /// Decides: passes the request on, or says with which status and why not.
    fn decide(&self, session: &Session, context: &mut Context) -> Result<(), (u16, &'static str)> {
        let caller = context.caller.get_or_insert_with(|| self.caller(session));
        let opened = caller.open(self.manifests.current(), &self.settings);
        let opened = context.opened.insert(opened);
        let arrived = Arrived::of(session.req_header()).ok_or((400, "request-line"))?;
        let decision = opened.connection.http(&arrived.http());
        if !decision.is_allowed() {
            return Err((403, decision.reason().code()));
        }
        context.target = arrived.forwarded(decision.normalized_path());
        Ok(())
    }

    /// Who calls: by the certificate, and only without one by the address.
    fn caller(&self, session: &Session) -> Arc<Caller> {
        let tls = session.digest().and_then(|digest| digest.ssl_digest.as_ref());
        if let Some(caller) = tls.and_then(|tls| tls.extension.get::<Arc<Caller>>()) {
            return Arc::clone(caller);
        }
        let address = session.client_addr().and_then(|address| address.as_inet());
        let source = address.and_then(|address| self.addresses.identify(address.ip()));
        Arc::new(Caller::new(source.cloned(), &self.metrics))
    }

    /// Chooses a backend, by the generation that the request began with.
    fn choose(&self, session: &Session, context: &mut Context) -> Option<(ObjectName, SocketAddr)> {
        let Context { opened, failed, new_key, .. } = context;
        let Settings { service, sticky, .. } = &self.settings;
        let arrived = Arrived::of(session.req_header())?;
        let address = |service: &ObjectName| {
            self.settings.address(service).filter(|_| !failed.contains(service))
        };
        let call = Call::to(service).http(arrived.http());
        let chosen = match opened.as_ref()?.generation.splits.select(&call).outcome() {
            Outcome::NoBackend => return None,
            Outcome::Apex => service,
            Outcome::Backends(backends) => {
                let available = backends.available(|leaf| address(leaf.service()).is_some());
                let leaf = match sticky {
                    None => available.pick(fastrand::u64(..)),
                    Some(cookie) => {
                        let key = arrived.cookie(cookie).unwrap_or_else(|| {
                            new_key.get_or_insert_with(|| format!("{:016x}", fastrand::u64(..)))
                        });
                        available.pick_sticky(key.as_bytes())
                    }
                };
                leaf?.service()
            }
        };
        Some((chosen.clone(), address(chosen)?))
    }
}

#[async_trait]
impl ProxyHttp for Proxy {
    type CTX = Context;

    fn new_ctx(&self) -> Context {
        Context { start: Some(Instant::now()), ..Context::default() }
    }

    /// The caller of a connection without certificate is the caller of its next request.
    fn on_connection_reuse(
        &self,
        _: &mut Session,
        context: &mut Context,
        caller: Box<dyn Any + Send + Sync>,
    ) {
        context.caller = caller.downcast().ok().map(|caller| *caller);
    }

    fn persist_connection_context(
        &self,
        _: &Session,
        context: &Context,
    ) -> Option<Box<dyn Any + Send + Sync>> {
        Some(Box::new(context.caller.clone()?))
    }

    /// Answers what is refused; `true` says that there is no more to do.
    async fn request_filter(&self, session: &mut Session, context: &mut Context) -> Result<bool> {
        let Err((status, reason)) = self.decide(session, context) else { return Ok(false) };
        let mut response = ResponseHeader::build(status, Some(2))?;
        response.insert_header(CONTENT_LENGTH, "0")?;
        if self.debug {
            response.insert_header("x-smi-reason", reason)?;
        }
        session.write_response_header(Box::new(response), true).await?;
        Ok(true)
    }

    async fn upstream_peer(
        &self,
        session: &mut Session,
        context: &mut Context,
    ) -> Result<Box<HttpPeer>> {
        let Some((backend, address)) = self.choose(session, context) else {
            return Error::e_explain(ErrorType::HTTPStatus(503), "no backend");
        };
        context.backend = Some(backend);
        let mut peer = HttpPeer::new(address, false, String::new());
        peer.options.connection_timeout = Some(Duration::from_secs(1));
        Ok(Box::new(peer))
    }

    /// Tries another backend: nothing has been sent yet.
    fn fail_to_connect(
        &self,
        _: &mut Session,
        _: &HttpPeer,
        context: &mut Context,
        mut error: Box<Error>,
    ) -> Box<Error> {
        context.failed.extend(context.backend.take());
        error.set_retry(true);
        error
    }

    /// Forwards the path that was decided, and cookies in one field: HTTP/2 may send them in pieces
    /// (RFC 9113 §8.2.3).
    async fn upstream_request_filter(
        &self,
        session: &mut Session,
        request: &mut RequestHeader,
        context: &mut Context,
    ) -> Result<()> {
        let cookies: Vec<_> =
            request.headers.get_all(COOKIE).iter().map(|it| it.as_bytes()).collect();
        if cookies.len() > 1 {
            request.insert_header(COOKIE, cookies.join(&b"; "[..]))?;
        }
        let Some(target) = &context.target else { return Ok(()) };
        request.set_raw_path(target)?;
        match Arrived::of(session.req_header()).and_then(|arrived| arrived.absolute_authority) {
            Some(authority) => request.insert_header(HOST, authority),
            None => Ok(()),
        }
    }

    async fn response_filter(
        &self,
        _: &mut Session,
        response: &mut ResponseHeader,
        context: &mut Context,
    ) -> Result<()> {
        // `100 Continue` and the like are followed by the answer itself.
        let is_interim = response.status.is_informational() && response.status != 101;
        if let (Some(cookie), Some(key)) = (&self.settings.sticky, &context.new_key)
            && !is_interim
        {
            let value = format!("{cookie}={key}; Path=/; HttpOnly; SameSite=Lax");
            response.append_header(SET_COOKIE, value)?;
        }
        Ok(())
    }

    async fn logging(&self, session: &mut Session, _: Option<&Error>, context: &mut Context) {
        // Without an answer the client has gone, or the backend has.
        let status = session.response_written().map_or(502, |response| response.status.as_u16());
        let service = context.backend.as_ref().unwrap_or(&self.settings.service);
        if let (Some(caller), Some(start)) = (&context.caller, context.start) {
            caller.record(service, status, start.elapsed());
        }
    }
}
