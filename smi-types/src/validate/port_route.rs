use std::collections::BTreeSet;

use super::collect::Findings;
use super::names;
use crate::hub::{PortRoute, Ports};
use crate::problem::Code;

/// Checks a TCPRoute or UDPRoute.
pub(super) fn check(route: &PortRoute, findings: &mut Findings<'_>) {
    names::object(&route.meta, findings);
    let Ports::Only(ports) = &route.ports else { return };
    let mut known = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        if !known.insert(port) {
            let message = format!("port {port} is listed already");
            let field = format!("spec.matches.ports[{index}]");
            findings.report(Code::DuplicatePort, &field, message, "drop one of the two");
        }
    }
}
