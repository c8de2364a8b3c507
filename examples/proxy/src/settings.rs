use std::net::SocketAddr;

use anyhow::Context;
use clap::Args;
use smi_policy::Identity;
use smi_split::ObjectName;

/// The service that the proxy stands before.
#[derive(Debug, Args)]
pub struct Settings {
    /// The service that clients address
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = smi_enforcer::service)]
    pub service: ObjectName,
    /// Who it is: a service account or a SPIFFE id
    #[arg(long, value_name = "IDENTITY", value_parser = smi_enforcer::identity)]
    pub destination: Identity,
    /// The port on which its process receives: a container port
    #[arg(long)]
    pub port: u16,
    /// Where the service, or a backend of its TrafficSplits, is; once for each
    #[arg(long, value_name = "NAMESPACE/NAME=ADDRESS", value_parser = backend)]
    pub backend: Vec<(ObjectName, SocketAddr)>,
    /// The cookie that keeps a client on its backend; without it each request is sent at random
    #[arg(long, value_name = "COOKIE")]
    pub sticky: Option<String>,
}

impl Settings {
    /// Where a service is, if that is known.
    pub(crate) fn address(&self, service: &ObjectName) -> Option<SocketAddr> {
        let mut known = self.backend.iter();
        known.find(|(backend, _)| backend == service).map(|(_, address)| *address)
    }
}

fn backend(text: &str) -> anyhow::Result<(ObjectName, SocketAddr)> {
    let (name, address) = text.split_once('=').context("expected NAMESPACE/NAME=ADDRESS")?;
    Ok((smi_enforcer::service(name)?, address.parse()?))
}
