//! The engine under test, asked in the words of `world`.

use smi_policy::{
    Condition, Decision, Explanation, HttpRequest, Identity, Outcome, Policy, PolicyBuilder,
    Reason, Request,
};

use crate::world::{Answer, Peer, PeerId, Query, Resource, Traffic, Verdict, Why, World};

/// Compiles the resources of a world.
pub(crate) fn compile(world: &World) -> Policy {
    builder(world).compile()
}

/// The resources of a world, to be compiled.
pub(crate) fn builder(world: &World) -> PolicyBuilder {
    let mut builder = Policy::builder(world.semantics());
    for resource in &world.resources {
        builder = match resource.clone() {
            Resource::Target(target) => builder.traffic_target(target),
            Resource::Group(group) => builder.http_route_group(group),
            Resource::Tcp(route) => builder.tcp_route(route),
            Resource::Udp(route) => builder.udp_route(route),
            Resource::Binding(binding) => builder.identity_binding(binding),
        };
    }
    for namespace in &world.unreadable_targets {
        builder = builder.unreadable_traffic_target(namespace.as_deref());
    }
    builder
}

/// The engine's identity for a peer, or `None` if what it presents is none.
pub(crate) fn identity(peer: &Peer) -> Option<Identity> {
    let identity = match &peer.id {
        PeerId::Account(namespace, name) => {
            Identity::service_account(namespace.as_str(), name.as_str())
        }
        PeerId::Spiffe(id) => Identity::spiffe(id).ok()?,
        PeerId::Linkerd(name) => Identity::linkerd(name).ok()?,
    };
    let identity = identity.proven_by(peer.proof);
    Some(match &peer.labels {
        Some((namespace, labels)) => identity.with_pod_labels(namespace.as_str(), labels.clone()),
        None => identity,
    })
}

/// Asks for the decision and for its explanation. `None`: the destination has no identity, so
/// there is no request to ask.
pub(crate) fn ask<T>(
    policy: &Policy,
    query: &Query,
    read: impl FnOnce(Decision<'_>, Explanation<'_>) -> T,
) -> Option<T> {
    let source = query.source.as_ref().and_then(identity);
    let destination = identity(&query.destination)?;
    let (source, port) = (source.as_ref(), query.port);
    Some(match &query.traffic {
        Traffic::Http(http) => {
            let mut request = HttpRequest::new(&http.method, &http.target)
                .headers(&http.headers)
                .transport(http.transport)
                .connect(http.connect);
            if let Some(authority) = &http.authority {
                request = request.authority(authority);
            }
            let request = Request::http(source, &destination, port, request);
            read(policy.authorize(&request), policy.explain(&request))
        }
        Traffic::Tcp => {
            let request = Request::tcp(source, &destination, port);
            read(policy.authorize(&request), policy.explain(&request))
        }
        Traffic::Udp => {
            let request = Request::udp(source, &destination, port);
            read(policy.authorize(&request), policy.explain(&request))
        }
    })
}

/// The engine's answer, in the words of the model.
pub(crate) fn answer(policy: &Policy, query: &Query) -> Option<Answer> {
    ask(policy, query, |decision, explanation| to_answer(&decision, &explanation))
}

/// Reduces a decision and its explanation to what the model says too.
pub(crate) fn to_answer(decision: &Decision<'_>, explanation: &Explanation<'_>) -> Answer {
    Answer {
        verdict: verdict(decision.verdict()),
        by: explanation.allowed_by().cloned().collect(),
        why: match decision.reason() {
            Reason::Target => Why::Targets,
            Reason::Unselected => Why::Unselected,
            Reason::Unauthenticated => Why::Unauthenticated,
            Reason::WeakProof => Why::WeakProof,
            Reason::UnknownDestination => Why::UnknownDestination,
            Reason::UncleanPath => Why::UncleanPath,
            Reason::NotAllowed => Why::Denied,
            other => panic!("the model knows no reason `{other}`"),
        },
    }
}

/// What one candidate target says, and whether it is void.
pub(crate) fn outcome(outcome: &Outcome<'_>) -> (Verdict, bool) {
    match outcome {
        Outcome::Allow(_) => (Verdict::Allow, false),
        Outcome::HttpOnly => (Verdict::HttpOnly, false),
        Outcome::Deny(condition) => (Verdict::Deny, matches!(condition, Condition::Void(_))),
    }
}

fn verdict(verdict: smi_policy::Verdict) -> Verdict {
    match verdict {
        smi_policy::Verdict::Allow => Verdict::Allow,
        smi_policy::Verdict::HttpOnly => Verdict::HttpOnly,
        smi_policy::Verdict::Deny => Verdict::Deny,
    }
}
