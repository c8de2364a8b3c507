//! Questions to the policy that a manifest makes.

use smi_policy::{HttpRequest, Identity, Policy, Request, Semantics, Verdict};
use smi_types::Manifest;
use smi_types::manifest::Resources;

/// Reads a manifest, and insists that nothing in it is an error.
#[track_caller]
pub(crate) fn resources(manifest: &str) -> Resources {
    let mut resources = Resources::default();
    let manifest = Manifest::read(manifest);
    let problems: Vec<String> = manifest.problems().map(ToString::to_string).collect();
    assert!(!manifest.has_errors(), "{problems:#?}");
    resources.add("example", manifest);
    resources
}

/// A policy, and how many questions it was asked.
pub(crate) struct World {
    policy: Policy,
    asked: usize,
}

impl World {
    #[track_caller]
    pub(crate) fn new(manifest: &str) -> Self {
        let policy = Policy::from_resources(&resources(manifest), Semantics::default());
        Self { policy, asked: 0 }
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked
    }

    /// Whether a service account may send an HTTP request to another one's port. Both accounts are
    /// in the namespace `default`; the source "" has no identity.
    pub(crate) fn http(
        &mut self,
        (source, destination): (&str, &str),
        port: u16,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
    ) -> bool {
        let request = HttpRequest::new(method, path).headers(headers);
        let (source, destination) = (account(source), account(destination).unwrap());
        self.asked += 1;
        let request = Request::http(source.as_ref(), &destination, port, request);
        self.policy.authorize(&request).is_allowed()
    }

    /// Whether it may open a TCP connection.
    pub(crate) fn tcp(&mut self, (source, destination): (&str, &str), port: u16) -> Verdict {
        let (source, destination) = (account(source), account(destination).unwrap());
        self.asked += 1;
        self.policy.authorize(&Request::tcp(source.as_ref(), &destination, port)).verdict()
    }

    /// Whether it may send UDP packets.
    pub(crate) fn udp(&mut self, (source, destination): (&str, &str), port: u16) -> Verdict {
        let (source, destination) = (account(source), account(destination).unwrap());
        self.asked += 1;
        self.policy.authorize(&Request::udp(source.as_ref(), &destination, port)).verdict()
    }
}

fn account(name: &str) -> Option<Identity> {
    (!name.is_empty()).then(|| Identity::service_account("default", name))
}
