//! From resources to compiled splits.

mod backends;
mod condition;
mod mismatch;
mod report;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use smi_policy::{ObjectName, Semantics};

use crate::split::{Condition, Split};
use crate::timestamp::Timestamp;
use crate::{ServiceName, Splits, SplitsBuilder, TrafficSplit};
use backends::Shareholders;
use condition::Groups;
use report::Report;
use tables::Tables;

pub(crate) fn compile(builder: SplitsBuilder, previous: Option<&Splits>) -> Splits {
    let SplitsBuilder { semantics, splits, groups, services, mut diagnostics } = builder;
    let mut events = Vec::new();

    // Names first: precedence and the warning about nested splits look across splits.
    let mut candidates: BTreeMap<ObjectName, Vec<Candidate>> = BTreeMap::new();
    for resource in splits.into_values() {
        let mut report = Report::new(&resource.name, &mut diagnostics);
        if let Some(candidate) = Candidate::new(&resource, &semantics, &mut report) {
            candidates.entry(candidate.apex.clone()).or_default().push(candidate);
        }
    }
    let apexes: BTreeSet<ObjectName> = candidates.keys().cloned().collect();

    let mut groups = Groups::new(groups, semantics.http);
    let mut compiled = Vec::new();
    for mut of_apex in candidates.into_values() {
        of_apex.sort_by(|a, b| a.precedence().cmp(&b.precedence()));
        let mut winner: Option<ObjectName> = None;
        for candidate in of_apex {
            let name = candidate.resource.name.clone();
            let mut report = Report::new(&name, &mut diagnostics);
            if let Some(winner) = &winner {
                report.conflicted(&candidate.apex, winner);
                continue;
            }
            candidate.shareholders.report(&candidate.apex, &apexes, &semantics, &mut report);
            if let Some(services) = &services {
                mismatch::report(&candidate, services, &mut report, &mut events);
            }
            let tables = Tables { all_zero: semantics.all_zero, services: services.as_ref() };
            let previous = previous
                .and_then(|splits| splits.of_apex(&candidate.apex).iter().find(|p| p.name == name));
            let (portless, by_port) = tables.compile(&candidate, previous);
            let condition = groups.condition(&candidate.resource, &mut diagnostics);
            if matches!(condition, Condition::Always) {
                winner = Some(name.clone());
            }
            let mut split = Split { name, apex: candidate.apex, condition, portless, by_port };
            if let Some(previous) = previous {
                split.continue_from(previous);
            }
            compiled.push(split);
        }
    }

    diagnostics.sort();
    diagnostics.dedup();
    events.sort();
    Splits::new(semantics.http, compiled, diagnostics, events)
}

/// A TrafficSplit that is not void.
struct Candidate {
    resource: TrafficSplit,
    apex: ObjectName,
    created: Option<Timestamp>,
    shareholders: Shareholders,
}

impl Candidate {
    /// Checks what can void a split.
    fn new(
        resource: &TrafficSplit,
        semantics: &Semantics,
        report: &mut Report<'_>,
    ) -> Option<Self> {
        let apex = apex(resource, semantics, report);
        let shareholders = Shareholders::resolve(resource, apex.as_ref(), semantics, report);
        let created = created(resource, report);
        // Both are looked at before either voids the split, so that all faults are reported.
        let (apex, shareholders) = (apex?, shareholders?);
        Some(Self { resource: resource.clone(), apex, created, shareholders })
    }

    /// Whoever is least comes first: with `matches` before without, the oldest, then by name.
    fn precedence(&self) -> impl Ord {
        let is_unconditional = self.resource.matches.is_empty();
        // `None`, which is less than `Some`, must sort last.
        let age = (self.created.is_none(), self.created.as_ref());
        (is_unconditional, age, &self.resource.name)
    }
}

/// The service that is split, which must be of the split's own namespace.
fn apex(
    resource: &TrafficSplit,
    semantics: &Semantics,
    report: &mut Report<'_>,
) -> Option<ObjectName> {
    let (field, namespace) = ("spec.service", resource.name.namespace());
    let parsed = ServiceName::parse(&resource.service, namespace, &semantics.cluster_domain);
    let name = match parsed {
        Ok(name) => name,
        Err(error) => {
            report.error(field, "unreadable-service", format!("{error}; the split is void"));
            return None;
        }
    };
    report.port_suffix(field, &name);
    let apex = name.service();
    if apex.namespace() != namespace {
        let message = format!(
            "`{apex}` is of another namespace: only the owner of a service may split its traffic; \
             the split is void"
        );
        report.error(field, "foreign-service", message);
        return None;
    }
    Some(apex.clone())
}

fn created(resource: &TrafficSplit, report: &mut Report<'_>) -> Option<Timestamp> {
    let text = resource.creation_timestamp.as_deref()?;
    let created = Timestamp::parse(text);
    if created.is_none() {
        let message = format!(
            "`{}` is no RFC 3339 timestamp; the split sorts as the youngest",
            text.escape_debug()
        );
        report.warning("metadata.creationTimestamp", "unreadable-timestamp", message);
    }
    created
}
