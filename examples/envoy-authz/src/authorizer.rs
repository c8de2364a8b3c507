use std::string::FromUtf8Error;
use std::sync::Arc;

use envoy_types::pb::envoy::service::auth::v3::authorization_server::Authorization;
use envoy_types::pb::envoy::service::auth::v3::{CheckRequest, CheckResponse};
use smi_enforcer::{Generation, Manifests};
use smi_policy::{AddressBook, Decision};
use smi_split::{Call, Outcome};
use tonic::{Response, Status, async_trait};

use crate::answer;
use crate::asked::Asked;

/// The gRPC service that Envoy asks before it lets a request pass.
#[derive(Debug)]
pub struct Authorizer {
    /// Who may call, and where calls go.
    pub manifests: Arc<Manifests>,
    /// Who is behind which address, for peers without certificate.
    pub addresses: AddressBook,
    /// Whether a denied client is told why.
    pub debug: bool,
}

impl Authorizer {
    fn answer(&self, check: &CheckRequest) -> CheckResponse {
        let asked = match Asked::of(check, &self.addresses) {
            Ok(asked) => asked,
            Err(unfit) => {
                // A mistake in Envoy's configuration: nobody may pass until it is mended.
                smi_enforcer::log(format_args!("refused: {unfit}"));
                return self.refuse(403, unfit);
            }
        };
        let generation = self.manifests.current();
        let decision = generation.policy.authorize(&asked.request());
        if !decision.is_allowed() {
            return self.refuse(403, decision.reason().code());
        }
        // Envoy can be told of a path only in UTF-8.
        let Ok(path) = path(&decision, &asked) else { return self.refuse(403, "path") };
        match backend(&generation, &asked) {
            Ok(backend) => answer::pass(backend, path),
            Err(reason) => self.refuse(503, reason),
        }
    }

    fn refuse(&self, status: u16, reason: &str) -> CheckResponse {
        answer::refuse(status, self.debug.then_some(reason))
    }
}

#[async_trait]
impl Authorization for Authorizer {
    async fn check(
        &self,
        request: tonic::Request<CheckRequest>,
    ) -> Result<Response<CheckResponse>, Status> {
        Ok(Response::new(self.answer(request.get_ref())))
    }
}

/// Where a split sends the request; `None` if there is none for it.
fn backend(generation: &Generation, asked: &Asked<'_>) -> Result<Option<String>, &'static str> {
    let Some(service) = asked.service else { return Ok(None) };
    let service = smi_enforcer::service(service).map_err(|_| "`service` is no namespace/name")?;
    match generation.splits.select(&Call::to(&service).http(asked.http())).outcome() {
        Outcome::Backends(backends) => {
            let backend = backends.pick(fastrand::u64(..)).service();
            Ok(Some(backend.to_string()))
        }
        Outcome::Apex => Ok(Some(service.to_string())),
        Outcome::NoBackend => Err("no-backend"),
    }
}

/// The path to forward where another one was decided than the one that arrived.
fn path(decision: &Decision<'_>, asked: &Asked<'_>) -> Result<Option<String>, FromUtf8Error> {
    let path = decision.normalized_path().map(|path| [path, asked.query()].concat());
    path.map(String::from_utf8).transpose()
}
