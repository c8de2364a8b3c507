use std::collections::{BTreeMap, BTreeSet};

use super::ports::Services;
use super::{Referent, Set};
use crate::api::Kind;
use crate::hub::{MatchRef, Meta, Object, TrafficSplit};
use crate::manifest::excerpt;
use crate::problem::{Code, Severity};
use crate::validate::collect::Findings;
use crate::validate::service_name::ServiceName;
use crate::validate::traffic_split::candidate;
use crate::validate::validator::named;

/// Namespace and name.
type Name = (String, String);

/// The splits of a set that are not void.
pub(super) struct Splits<'s> {
    /// The services that are split.
    apexes: BTreeSet<Name>,
    /// Of each service the split without `matches` that applies.
    winners: BTreeMap<Name, (Age, &'s Meta)>,
    services: Option<Services>,
}

/// Orders splits without `matches`: the oldest first, then by name.
type Age = (bool, String, Name);

impl<'s> Splits<'s> {
    pub(super) fn new(set: &Set<'s>) -> Self {
        let services = Services::new(set.resources);
        let (mut apexes, mut winners) = (BTreeSet::new(), BTreeMap::new());
        for item in &set.items {
            let Object::TrafficSplit(split) = item.object else { continue };
            let domain = &set.validator.cluster_domain;
            let Some(apex) = candidate(split, item.namespace, domain) else { continue };
            let apex = key(&apex);
            apexes.insert(apex.clone());
            if split.matches.is_empty() {
                let contender = (age(&split.meta, item.namespace), &split.meta);
                let winner = winners.entry(apex).or_insert_with(|| contender.clone());
                if contender.0 < winner.0 {
                    *winner = contender;
                }
            }
        }
        Self { apexes, winners, services }
    }

    /// Checks a TrafficSplit among the others.
    pub(super) fn check(&self, set: &Set<'_>, split: &TrafficSplit, findings: &mut Findings<'_>) {
        references(set, split, findings);
        let domain = &set.validator.cluster_domain;
        let Some(apex) = candidate(split, findings.namespace(), domain) else { return };
        if !self.wins(split, &apex, findings) {
            return;
        }
        let own = findings.namespace().to_owned();
        let mut known: BTreeSet<Name> = BTreeSet::from([key(&apex)]);
        let mut backends = Vec::new();
        for (index, backend) in split.backends.iter().enumerate() {
            let parsed = ServiceName::parse(&backend.service, &own, domain);
            let Some(service) = parsed.ok().filter(|service| service.namespace == own) else {
                continue;
            };
            let field = format!("spec.backends[{index}].service");
            if known.insert(key(&service)) && self.apexes.contains(&key(&service)) {
                let message = format!(
                    "another TrafficSplit splits {}, and does not count for its share here: splits \
                     are not hierarchical",
                    excerpt(&backend.service)
                );
                let help = "list the backends of that split here, with their shares";
                findings.report(Code::NestedSplit, &field, message, help);
            }
            backends.push((service, !backend.weight.is_zero(), field));
        }
        if let Some(services) = &self.services {
            ports(services, &apex, backends, findings);
        }
    }

    /// Whether the split applies; reports that it never does because another comes first.
    fn wins(&self, split: &TrafficSplit, apex: &ServiceName, findings: &mut Findings<'_>) -> bool {
        let winner = self.winners.get(&key(apex)).filter(|_| split.matches.is_empty());
        let Some((_, winner)) = winner.filter(|(_, winner)| !std::ptr::eq(*winner, &split.meta))
        else {
            return true;
        };
        let message = format!(
            "{} splits this service already, so this split never applies",
            named(Kind::TrafficSplit, findings.namespace(), &winner.name)
        );
        let help = "make one split of the two, or give one of them `matches`";
        findings.report(Code::ConflictedSplit, "spec.service", message, help);
        false
    }
}

/// Checks the HTTPRouteGroups that a split refers to.
fn references(set: &Set<'_>, split: &TrafficSplit, findings: &mut Findings<'_>) {
    let (kind, namespace) = (Kind::HttpRouteGroup, findings.namespace());
    let mut has_usable = false;
    for (index, reference) in split.matches.iter().enumerate() {
        let MatchRef::HttpRouteGroup(name) = reference else { continue };
        let field = format!("spec.matches[{index}].name");
        match set.find(kind, namespace, name) {
            Referent::Object(Object::HttpRouteGroup(group)) => {
                // What else is wrong with matches stands at the group.
                if group.matches.iter().any(Option::is_some) {
                    has_usable = true;
                    continue;
                }
                let group = named(kind, namespace, name);
                let message =
                    format!("{group} has no match that can be used, so no request meets it");
                let help = "add a match to the group";
                findings.report(Code::UnusableReference, &field, message, help);
            }
            _ => {
                let why = set.missing(kind, namespace, name).unwrap_or_default();
                let message = format!("{why}, so no request meets it");
                let help = set.suggestion(kind, namespace, name);
                findings.report(Code::DanglingReference, &field, message, help);
            }
        }
    }
    if !split.matches.is_empty() && !has_usable {
        let message = "no request meets any of these, so the split never applies";
        let help = "refer to an HTTPRouteGroup with matches, or drop `matches`";
        findings.report(Code::NeverApplies, "spec.matches", message, help);
    }
}

/// Checks backends against their Services.
fn ports(
    services: &Services,
    apex: &ServiceName,
    backends: Vec<(ServiceName, bool, String)>,
    findings: &mut Findings<'_>,
) {
    let Some(wanted) = services.ports(&key(apex)) else {
        let message =
            format!("there is no Service `{}`, so its traffic goes nowhere", display(apex));
        findings.report(Code::RootServiceMissing, "spec.service", message, "add the Service");
        return;
    };
    for (service, is_positive, field) in backends {
        let Some(offered) = services.ports(&key(&service)) else {
            // A split may mention a new version before its Service is there.
            if is_positive {
                let message = format!(
                    "there is no Service `{}`, so the backend gets nothing, and the others share what \
                     it would get",
                    display(&service)
                );
                let help = "add the Service, or give the backend weight 0 until it is there";
                findings.report(Code::BackendServiceMissing, &field, message, help);
            }
            continue;
        };
        let missing: Vec<String> = wanted.difference(offered).map(ToString::to_string).collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            let message = format!(
                "Service `{}` lacks {missing} of `{}`, so the backend gets nothing of that traffic",
                display(&service),
                display(apex)
            );
            let severity = if is_positive { Severity::Error } else { Severity::Warning };
            let (path, help) = (findings.path(&field), format!("add {missing} to the Service"));
            findings.report_as(severity, Code::BackendPortMismatch, path, message, help);
        }
    }
}

fn key(service: &ServiceName) -> Name {
    (service.namespace.clone(), service.name.clone())
}

fn display(service: &ServiceName) -> String {
    format!("{}/{}", service.namespace, service.name)
}

/// API servers write times in UTC with whole seconds, which order as texts; others sort last.
fn age(meta: &Meta, namespace: &str) -> Age {
    const LEN: usize = "2020-01-01T00:00:00Z".len();
    let created = meta.creation_timestamp.as_deref();
    let created = created.filter(|text| text.len() == LEN && text.ends_with('Z'));
    let name = (namespace.to_owned(), meta.name.clone());
    (created.is_none(), created.unwrap_or_default().to_owned(), name)
}
