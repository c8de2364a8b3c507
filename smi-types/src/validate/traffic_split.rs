use std::collections::{BTreeMap, BTreeSet};

use super::collect::Findings;
use super::names;
use super::service_name::ServiceName;
use crate::hub::{Backend, MatchRef, TrafficSplit};
use crate::manifest::excerpt;
use crate::problem::Code;
use crate::quantity::{Quantity, gcd};

/// Checks a TrafficSplit.
pub(super) fn check(split: &TrafficSplit, domain: &str, findings: &mut Findings<'_>) {
    names::object(&split.meta, findings);
    let apex = apex(split, domain, findings);
    if split.backends.is_empty() {
        let message = "the split has no backends, so its traffic goes nowhere";
        let help = "list the services that share the traffic, each with a weight";
        findings.report(Code::EmptyBackends, "spec.backends", message, help);
        return;
    }
    let mut known = BTreeSet::new();
    let mut has_share = false;
    for (index, backend) in split.backends.iter().enumerate() {
        let field = format!("spec.backends[{index}].service");
        let Some(service) = service(backend, domain, &field, findings) else { continue };
        has_share |= !backend.weight.is_zero();
        let is_apex = apex.as_ref().is_some_and(|apex| apex.key() == service.key());
        if !known.insert((service.namespace, service.name)) {
            let message =
                format!("{} is a backend already; the weights add up", excerpt(&backend.service));
            findings.report(Code::DuplicateBackend, &field, message, "make one backend of the two");
        } else if is_apex {
            let message = "the backend is the service that is split: its share goes to that service's \
                           own endpoints, and is not split again";
            let help = "give those endpoints a Service of their own and name that";
            findings.report(Code::ApexAsBackend, &field, message, help);
        }
    }
    weights(split, domain, has_share, findings);
    for (index, reference) in split.matches.iter().enumerate() {
        if let MatchRef::HttpRouteGroup(name) = reference {
            names::subdomain(name, &format!("spec.matches[{index}].name"), findings);
        }
    }
}

/// The service that is split, and nothing if the split is void.
pub(super) fn candidate(
    split: &TrafficSplit,
    namespace: &str,
    domain: &str,
) -> Option<ServiceName> {
    let apex = ServiceName::parse(&split.service, namespace, domain).ok()?;
    (apex.namespace == namespace && weights_fit(split, namespace, domain)).then_some(apex)
}

fn weights(split: &TrafficSplit, domain: &str, has_share: bool, findings: &mut Findings<'_>) {
    let field = "spec.backends";
    if !weights_fit(split, findings.namespace(), domain) {
        let message = "the ratio of the weights needs numbers beyond 64 bits, so the split is void";
        findings.report(Code::WeightsTooLarge, field, message, "write smaller weights");
    }
    if split.backends.iter().all(|backend| backend.weight.is_zero()) {
        let message = "no weight is above zero, so the traffic goes nowhere";
        let help = "give at least one backend a weight above zero";
        findings.report(Code::NoPositiveWeight, field, message, help);
    } else if !has_share {
        let message =
            "no backend with a weight above zero can be used, so the traffic goes nowhere";
        let help = "give a backend that can be used a weight above zero";
        findings.report(Code::NoUsableBackend, field, message, help);
    }
}

/// Whether the weights, those of one service added up, are a ratio of numbers that 64 bits hold.
fn weights_fit(split: &TrafficSplit, namespace: &str, domain: &str) -> bool {
    let quantities: Vec<&Quantity> = split.backends.iter().map(|own| &own.weight).collect();
    let Ok(ratios) = Quantity::wide_ratios(&quantities) else { return false };
    // A name that can't be read is one of its own.
    let mut sums: BTreeMap<Result<(String, String), usize>, u128> = BTreeMap::new();
    for (index, (backend, ratio)) in split.backends.iter().zip(ratios).enumerate() {
        let service = ServiceName::parse(&backend.service, namespace, domain);
        let service = service.map(|own| (own.namespace, own.name)).map_err(|_| index);
        let sum = sums.entry(service).or_default();
        let Some(both) = sum.checked_add(ratio) else { return false };
        *sum = both;
    }
    let divisor = sums.values().copied().fold(0, gcd).max(1);
    let total = sums.values().try_fold(0_u128, |total, sum| total.checked_add(sum / divisor));
    total.is_some_and(|total| u64::try_from(total).is_ok())
}

fn apex(split: &TrafficSplit, domain: &str, findings: &mut Findings<'_>) -> Option<ServiceName> {
    let (field, own) = ("spec.service", findings.namespace());
    match ServiceName::parse(&split.service, own, domain) {
        Ok(apex) if apex.namespace == own => {
            port_suffix(&apex, &split.service, field, findings);
            Some(apex)
        }
        Ok(apex) => {
            let message = format!(
                "{} is of namespace {}: only the owner of a service may split its traffic, so the \
                 split is void",
                excerpt(&split.service),
                excerpt(&apex.namespace)
            );
            let help = format!("move the TrafficSplit to {}", excerpt(&apex.namespace));
            findings.report(Code::ForeignService, field, message, help);
            None
        }
        Err(why) => {
            let message = format!("{why}, so the split is void");
            findings.report(Code::UnreadableService, field, message, "write the Service's name");
            None
        }
    }
}

fn service(
    backend: &Backend,
    domain: &str,
    field: &str,
    findings: &mut Findings<'_>,
) -> Option<ServiceName> {
    let own = findings.namespace();
    match ServiceName::parse(&backend.service, own, domain) {
        Ok(service) if service.namespace == own => {
            port_suffix(&service, &backend.service, field, findings);
            Some(service)
        }
        Ok(service) => {
            let message = format!(
                "{} is of namespace {}: the backend gets nothing, and the others share what it would \
                 get",
                excerpt(&backend.service),
                excerpt(&service.namespace)
            );
            let help = "backends are Services of the split's own namespace";
            findings.report(Code::ForeignService, field, message, help);
            None
        }
        Err(why) => {
            let message = format!("{why}, so the backend gets nothing");
            findings.report(Code::UnreadableService, field, message, "write the Service's name");
            None
        }
    }
}

fn port_suffix(service: &ServiceName, text: &str, field: &str, findings: &mut Findings<'_>) {
    if service.has_port {
        let message = format!(
            "the port of {} has no effect: a split is for all ports of its service",
            excerpt(text)
        );
        let name = text.split(':').next().unwrap_or(text);
        findings.report(Code::PortSuffix, field, message, format!("write {}", excerpt(name)));
    }
}
