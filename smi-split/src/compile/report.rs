use smi_policy::{Diagnostic, ObjectKind, ObjectName};

use crate::ServiceName;

/// Diagnostics about one TrafficSplit.
pub(super) struct Report<'d> {
    split: &'d ObjectName,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'d> Report<'d> {
    pub(super) fn new(split: &'d ObjectName, diagnostics: &'d mut Vec<Diagnostic>) -> Self {
        Self { split, diagnostics }
    }

    pub(super) fn split(&self) -> &ObjectName {
        self.split
    }

    pub(super) fn error(
        &mut self,
        field: impl Into<String>,
        code: &'static str,
        message: impl Into<String>,
    ) {
        let kind = ObjectKind::TrafficSplit;
        self.diagnostics.push(Diagnostic::error(kind, self.split, field, code, message));
    }

    pub(super) fn warning(
        &mut self,
        field: impl Into<String>,
        code: &'static str,
        message: impl Into<String>,
    ) {
        let kind = ObjectKind::TrafficSplit;
        self.diagnostics.push(Diagnostic::warning(kind, self.split, field, code, message));
    }

    pub(super) fn port_suffix(&mut self, field: &str, name: &ServiceName) {
        if let Some(port) = name.port() {
            let message = format!(
                "a service is named without port; `:{port}` is ignored, and all ports of `{}` are \
                 meant",
                name.service()
            );
            self.warning(field, "port-suffix", message);
        }
    }

    pub(super) fn conflicted(&mut self, apex: &ObjectName, winner: &ObjectName) {
        let message = format!(
            "TrafficSplit `{winner}` comes first and splits all traffic of `{apex}`; this one is \
             conflicted and never applies"
        );
        self.error("spec.service", "conflicted", message);
    }
}
