//! Faults that show only where Services are known: backends that lack a port of the apex.

use std::collections::BTreeMap;

use smi_policy::ObjectName;

use super::Candidate;
use super::report::Report;
use super::tables::ports;
use crate::{Event, Port, Service};

/// Reports what is missing, as diagnostics and as events.
///
/// A backend of weight 0 may lack its Service: the document on TrafficSplit (Workflow) has a split
/// mention a new version before its Service is created.
pub(super) fn report(
    candidate: &Candidate,
    services: &BTreeMap<ObjectName, Service>,
    report: &mut Report<'_>,
    events: &mut Vec<Event>,
) {
    let apex = &candidate.apex;
    let Some(root) = services.get(apex) else {
        let message = format!("traffic to ports of `{apex}` has no backend: it has no Service");
        events.push(Event::new(report.split(), "RootServiceMissing", message.clone()));
        report.error("spec.service", "root-service-missing", message);
        return;
    };
    for entry in candidate.shareholders.iter() {
        let backend = &entry.service;
        let (code, reason, message) = match services.get(backend) {
            None if entry.weight == 0 => continue,
            None => {
                let message = format!(
                    "traffic to `{apex}` will not be split to `{backend}`: it has no Service"
                );
                ("backend-service-missing", "BackendServiceMissing", message)
            }
            Some(service) => {
                let mut missing = ports(Some(root));
                missing.retain(|port| service.target(*port).is_none());
                if missing.is_empty() {
                    continue;
                }
                let has = match ports(Some(service)) {
                    none if none.is_empty() => "no ports".to_owned(),
                    some => format!("{} only", list(&some)),
                };
                let message = format!(
                    "traffic to {} of `{apex}` will not be split to `{backend}`: its Service has \
                     {has}",
                    list(&missing)
                );
                ("backend-port-mismatch", "BackendPortMismatch", message)
            }
        };
        events.push(Event::new(report.split(), reason, message.clone()));
        if entry.weight > 0 {
            report.error(entry.field.as_str(), code, message);
        } else {
            report.warning(entry.field.as_str(), code, message);
        }
    }
}

/// How many ports a message lists: an API server takes no event of more than 1 KiB.
const MAX_LISTED: usize = 20;

fn list(ports: &[Port]) -> String {
    let listed: Vec<String> = ports.iter().take(MAX_LISTED).map(Port::to_string).collect();
    let listed = listed.join(", ");
    match ports.len().checked_sub(MAX_LISTED) {
        None | Some(0) => listed,
        Some(more) => format!("{listed} and {more} more"),
    }
}
