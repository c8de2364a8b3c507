use std::collections::BTreeSet;

use super::collect::Findings;
use super::names;
use crate::hub::{Subject, TrafficTarget};
use crate::manifest::excerpt;
use crate::problem::Code;

/// Checks a TrafficTarget.
pub(super) fn check(target: &TrafficTarget, findings: &mut Findings<'_>) {
    names::object(&target.meta, findings);
    subject(&target.destination, "spec.destination", findings);
    destination(target, findings);
    if target.sources.is_empty() {
        let message = "the target has no sources, so it grants nothing";
        let help = "list who may call, such as `{kind: ServiceAccount, name: …, namespace: …}`";
        findings.report(Code::EmptySources, "spec.sources", message, help);
    }
    let mut known = BTreeSet::new();
    for (index, source) in target.sources.iter().enumerate() {
        let field = format!("spec.sources[{index}]");
        subject(source, &field, findings);
        if names_of(source, findings.namespace()).is_some_and(|names| !known.insert(names)) {
            let message = "this source is listed already";
            findings.report(Code::DuplicateSource, &field, message, "drop one of the two");
        }
    }
    if target.rules.is_empty() {
        let message = "the target has no rules, so it grants nothing";
        let help = "refer to what may be called: an HTTPRouteGroup, a TCPRoute or a UDPRoute";
        findings.report(Code::EmptyRules, "spec.rules", message, help);
    }
    for (index, rule) in target.rules.iter().enumerate() {
        // A rule of wrong shape has no name, and the reader has said so.
        if !rule.name.is_empty() {
            names::subdomain(&rule.name, &format!("spec.rules[{index}].name"), findings);
        }
    }
}

fn destination(target: &TrafficTarget, findings: &mut Findings<'_>) {
    let (Subject::ServiceAccount { namespace, .. } | Subject::IdentityBinding { namespace, .. }) =
        &target.destination
    else {
        return;
    };
    let Some(namespace) = namespace.as_deref().filter(|text| *text != findings.namespace()) else {
        return;
    };
    let message = format!(
        "the destination is in namespace {}: only a TrafficTarget of that namespace may open it, so \
         this one grants nothing",
        excerpt(namespace)
    );
    let help =
        format!("move the TrafficTarget, with what its rules refer to, to {}", excerpt(namespace));
    findings.report(Code::ForeignDestination, "spec.destination.namespace", message, help);
}

fn subject(subject: &Subject, field: &str, findings: &mut Findings<'_>) {
    let (Subject::ServiceAccount { namespace, name }
    | Subject::IdentityBinding { namespace, name }) = subject
    else {
        return;
    };
    names::subdomain(name, &format!("{field}.name"), findings);
    if let Some(namespace) = namespace {
        names::label(namespace, &format!("{field}.namespace"), findings);
    }
}

/// Whom a subject names: whether by a binding, namespace and name.
fn names_of<'s>(subject: &'s Subject, own: &'s str) -> Option<(bool, &'s str, &'s str)> {
    match subject {
        Subject::ServiceAccount { namespace, name } => {
            Some((false, namespace.as_deref().unwrap_or(own), name))
        }
        Subject::IdentityBinding { namespace, name } => {
            Some((true, namespace.as_deref().unwrap_or(own), name))
        }
        Subject::Unreadable => None,
    }
}
