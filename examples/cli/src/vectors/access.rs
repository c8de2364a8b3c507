use anyhow::{Context, Result, anyhow, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use smi_policy::{Explanation, HttpRequest, Identity, Policy, Request};

use crate::vectors::Disagreement;
use crate::vectors::format::{self, AccessCase, Peer, Value};

/// Header fields as a proxy would hold them.
pub(super) type Fields = Vec<(String, Vec<u8>)>;

pub(super) fn ask(policy: &Policy, case: &AccessCase) -> Result<Option<Disagreement>> {
    let asked = &case.request;
    let source = asked.source.as_ref().map(identity).transpose()?.flatten();
    let Some(destination) = &asked.destination else { bail!("a request without destination") };
    // Who presents no identity is nobody that a policy could name.
    let destination = identity(destination)?.unwrap_or_else(|| Identity::service_account("", ""));
    let source = source.as_ref();
    let port = asked.port.context("a request without port")?;

    let fields = fields(asked)?;
    let explanation = match asked.protocol.as_deref() {
        Some("http") => {
            policy.explain(&Request::http(source, &destination, port, http(asked, &fields)))
        }
        Some("tcp") => policy.explain(&Request::tcp(source, &destination, port)),
        Some("udp") => policy.explain(&Request::udp(source, &destination, port)),
        other => bail!("protocol {other:?} is none of http, tcp, udp"),
    };

    let (verdict, by, reason) = answer(&explanation);
    let expect = &case.expect;
    let agrees = verdict == expect.decision
        && by == expect.by
        && expect.reason.as_deref().is_none_or(|expected| expected == reason);
    let expected_reason = expect.reason.as_deref().unwrap_or("any");
    Ok((!agrees).then(|| Disagreement {
        expected: format!("{} by {:?}, reason {expected_reason}", expect.decision, expect.by),
        found: format!("{verdict} by {by:?}, reason {reason}"),
    }))
}

fn answer(explanation: &Explanation<'_>) -> (&'static str, Vec<String>, &'static str) {
    let decision = explanation.decision();
    let by = explanation.allowed_by().map(ToString::to_string).collect();
    (decision.verdict().as_str(), by, decision.reason().code())
}

/// The HTTP request that a case describes.
pub(super) fn http<'a>(asked: &'a format::Request, fields: &'a Fields) -> HttpRequest<'a, Fields> {
    let method = asked.method.as_deref().unwrap_or_default();
    let path = asked.path.as_deref().unwrap_or_default();
    let request = HttpRequest::new(method, path).headers(fields);
    match &asked.authority {
        Some(authority) => request.authority(authority),
        None => request,
    }
}

pub(super) fn fields(asked: &format::Request) -> Result<Fields> {
    let bytes = |value: &Value| match value {
        Value::Text(text) => Ok(text.clone().into_bytes()),
        Value::Bytes { base64 } => BASE64_STANDARD.decode(base64),
    };
    let field = |(name, value): &(String, Value)| Ok((name.clone(), bytes(value)?));
    asked.headers.iter().map(field).collect()
}

/// `None`: what is presented is no identity, so the peer is unauthenticated.
fn identity(peer: &Peer) -> Result<Option<Identity>> {
    let Peer { service_account, spiffe, linkerd, pod_labels } = peer;
    let identity = match (service_account, spiffe, linkerd) {
        (Some(account), None, None) => {
            let (namespace, name) = split_name(account)?;
            Some(Identity::service_account(namespace, name))
        }
        (None, Some(id), None) => Identity::spiffe(id).ok(),
        (None, None, Some(name)) => Identity::linkerd(name).ok(),
        _ => bail!("a peer has exactly one of serviceAccount, spiffe and linkerd"),
    };
    Ok(match (identity, pod_labels) {
        (Some(identity), Some(labels)) => {
            let labels = labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            Some(identity.with_pod_labels(namespace_of(peer)?, labels))
        }
        (identity, _) => identity,
    })
}

/// A pod runs in the namespace of its service account.
fn namespace_of(peer: &Peer) -> Result<&str> {
    if let Some(account) = &peer.service_account {
        return Ok(split_name(account)?.0);
    }
    if let Some(id) = &peer.spiffe {
        let namespace = id.split("/ns/").nth(1).and_then(|rest| rest.split('/').next());
        return namespace.context("labels of a SPIFFE id without namespace");
    }
    let name = peer.linkerd.as_deref().unwrap_or_default();
    let account = name.split(".serviceaccount.").next().unwrap_or_default();
    account.rsplit('.').next().context("labels of a Linkerd name without namespace")
}

pub(super) fn split_name(name: &str) -> Result<(&str, &str)> {
    name.split_once('/').ok_or_else(|| anyhow!("`{name}` is no namespace/name"))
}
