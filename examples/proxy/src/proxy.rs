use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use http::header::{CONTENT_LENGTH, HOST, SET_COOKIE};
use pingora_core::upstreams::peer::HttpPeer;
use pingora_core::{Error, ErrorType, Result};
use pingora_http::{RequestHeader, ResponseHeader};
use pingora_proxy::{ProxyHttp, Session};
use smi_policy::{AddressBook, Identity, Request};
use smi_sidecar::{Generation, Manifests};
use smi_split::{Call, ObjectName, Outcome};

use crate::arrived::Arrived;
use crate::{Metrics, Upstreams, caller};

/// The proxy before one service.
#[derive(Debug)]
pub struct Proxy {
    /// Who may call, and where calls go.
    pub manifests: Arc<Manifests>,
    /// Where the service and its backends are.
    pub upstreams: Upstreams,
    /// What is measured.
    pub metrics: Arc<Metrics>,
    /// What else there is to know.
    pub settings: Settings,
}

/// Whom the proxy stands before, and how it treats callers.
#[derive(Debug)]
pub struct Settings {
    /// Who is called.
    pub destination: Identity,
    /// The port on which the server process receives: a container port.
    pub port: u16,
    /// The service that clients address, whose TrafficSplits count.
    pub service: ObjectName,
    /// Who is behind which address, for clients without certificate.
    pub addresses: AddressBook,
    /// The cookie that keeps a client on its backend; without it each request is sent at random.
    pub sticky: Option<String>,
    /// Whether a denied client is told why.
    pub debug: bool,
}

/// What is known of one request.
#[derive(Debug)]
pub struct Context {
    start: Instant,
    /// Policy and splits that it began with; it ends with the same.
    generation: Option<Generation>,
    source: Option<Identity>,
    backend: Option<ObjectName>,
    /// What to forward where the request line cannot stay as it arrived.
    target: Option<Vec<u8>>,
    /// A new key, for a client that has none.
    new_key: Option<String>,
}

impl Proxy {
    /// Decides: passes the request on, or says with which status and why not.
    fn decide(&self, session: &Session, context: &mut Context) -> Result<(), (u16, &'static str)> {
        let settings = &self.settings;
        let arrived = Arrived::of(session.req_header()).ok_or((400, "request-line"))?;
        let source = caller::source(session, &settings.addresses);
        context.source = source.cloned();
        let generation = context.generation.insert(Generation::clone(&self.manifests.current()));
        let request = Request::http(source, &settings.destination, settings.port, arrived.http());
        let decision = generation.policy.authorize(&request);
        if !decision.is_allowed() {
            return Err((403, decision.reason().code()));
        }
        context.target = match decision.normalized_path() {
            Some(path) => Some([path, arrived.query()].concat()),
            None => arrived.absolute_authority().map(|_| arrived.target.to_vec()),
        };
        Ok(())
    }

    /// Chooses a backend that can be reached, by the generation that the request began with.
    fn choose(&self, session: &Session, context: &mut Context) -> Option<(ObjectName, SocketAddr)> {
        let arrived = Arrived::of(session.req_header())?;
        let service = &self.settings.service;
        let splits = &context.generation.as_ref()?.splits;
        let chosen = match splits.select(&Call::to(service).http(arrived.http())).outcome() {
            Outcome::NoBackend => return None,
            Outcome::Apex => service,
            Outcome::Backends(backends) => {
                let available =
                    backends.available(|leaf| self.upstreams.available(leaf.service()).is_some());
                let leaf = match &self.settings.sticky {
                    None => available.pick(fastrand::u64(..)),
                    Some(cookie) => {
                        let new_key = &mut context.new_key;
                        let key = arrived.cookie(cookie).unwrap_or_else(|| {
                            new_key.get_or_insert_with(|| format!("{:016x}", fastrand::u64(..)))
                        });
                        available.pick_sticky(key.as_bytes())
                    }
                };
                leaf?.service()
            }
        };
        Some((chosen.clone(), self.upstreams.available(chosen)?))
    }

    async fn refuse(&self, session: &mut Session, status: u16, reason: &str) -> Result<()> {
        let mut response = ResponseHeader::build(status, Some(2))?;
        response.insert_header(CONTENT_LENGTH, "0")?;
        if self.settings.debug {
            response.insert_header("x-smi-reason", reason)?;
        }
        session.write_response_header(Box::new(response), true).await
    }
}

#[async_trait]
impl ProxyHttp for Proxy {
    type CTX = Context;

    fn new_ctx(&self) -> Context {
        Context {
            start: Instant::now(),
            generation: None,
            source: None,
            backend: None,
            target: None,
            new_key: None,
        }
    }

    /// Answers what is refused; `true` says that there is no more to do.
    async fn request_filter(&self, session: &mut Session, context: &mut Context) -> Result<bool> {
        match self.decide(session, context) {
            Ok(()) => Ok(false),
            Err((status, reason)) => {
                self.refuse(session, status, reason).await?;
                Ok(true)
            }
        }
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

    /// Leaves alone what cannot be reached, and tries another backend: nothing has been sent yet.
    fn fail_to_connect(
        &self,
        _: &mut Session,
        _: &HttpPeer,
        context: &mut Context,
        mut error: Box<Error>,
    ) -> Box<Error> {
        if let Some(backend) = &context.backend {
            self.upstreams.pause(backend);
        }
        error.set_retry(true);
        error
    }

    /// Forwards the path that was decided.
    async fn upstream_request_filter(
        &self,
        session: &mut Session,
        request: &mut RequestHeader,
        context: &mut Context,
    ) -> Result<()> {
        let Some(target) = &context.target else { return Ok(()) };
        request.set_raw_path(target)?;
        match Arrived::of(session.req_header()).and_then(|arrived| arrived.absolute_authority()) {
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
        if let (Some(cookie), Some(key)) = (&self.settings.sticky, &context.new_key) {
            let value = format!("{cookie}={key}; Path=/; HttpOnly; SameSite=Lax");
            response.append_header(SET_COOKIE, value)?;
        }
        Ok(())
    }

    async fn logging(&self, session: &mut Session, _: Option<&Error>, context: &mut Context) {
        let status = session.response_written().map_or(0, |response| response.status.as_u16());
        // Without an answer the client has gone, or the backend has.
        let status = if status == 0 { 502 } else { status };
        let (source, backend) = (context.source.as_ref(), context.backend.as_ref());
        self.metrics.record(source, backend, status, context.start.elapsed());
    }
}
