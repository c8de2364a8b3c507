//! The gRPC service within this process, so that a test can replace its policy between requests.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread;

use envoy_types::pb::envoy::service::auth::v3::authorization_server::AuthorizationServer;
use smi_enforcer::Manifests;
use smi_envoy_authz::Authorizer;
use smi_policy::{AddressBook, Semantics};
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

/// Serves until the test ends. It starts without any policy.
pub(crate) fn start() -> (SocketAddr, Arc<Manifests>) {
    let directory = tempfile::tempdir().unwrap();
    let (manifests, _) = Manifests::open(directory.path(), Semantics::default()).unwrap();
    let manifests = Arc::new(manifests);
    let authorizer = Authorizer {
        manifests: Arc::clone(&manifests),
        addresses: AddressBook::new(),
        debug: true,
    };
    let (tell, told) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
            let service = AuthorizationServer::new(authorizer);
            Server::builder().add_service(service).serve_with_incoming(incoming).await.unwrap();
        });
    });
    (told.recv().unwrap(), manifests)
}
