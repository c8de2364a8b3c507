use std::borrow::Cow;

use crate::hub::{Object, wire_path};
use crate::manifest::ObjectKey;
use crate::path::FieldPath;
use crate::problem::{Code, Problem, Severity};

use crate::api::{Kind, Version};

/// What the rules find in one object.
///
/// Rules name fields as v1alpha4 does, and problems as the version that the object is written in.
#[derive(Debug)]
pub(super) struct Findings<'o> {
    key: ObjectKey,
    kind: Kind,
    version: Version,
    namespace: &'o str,
    problems: Vec<Problem>,
}

impl<'o> Findings<'o> {
    pub(super) fn new(object: &'o Object, default_namespace: &'o str) -> Self {
        let (kind, meta) = (object.kind(), object.meta());
        Self {
            key: ObjectKey { kind, namespace: meta.namespace.clone(), name: meta.name.clone() },
            kind,
            version: meta.version,
            namespace: meta.namespace.as_deref().unwrap_or(default_namespace),
            problems: Vec::new(),
        }
    }

    /// The namespace that the object is in.
    pub(super) fn namespace(&self) -> &'o str {
        self.namespace
    }

    /// Notes that a field breaks a rule, and what to do about it.
    pub(super) fn report(
        &mut self,
        code: Code,
        field: &str,
        message: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
    ) {
        let path = self.path(field);
        self.report_at(code, path, message, help);
    }

    /// As [`report`](Self::report), for a field whose path is not of plain words.
    pub(super) fn report_at(
        &mut self,
        code: Code,
        path: FieldPath,
        message: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
    ) {
        let severity = code.severities().first().copied().unwrap_or(Severity::Error);
        self.report_as(severity, code, path, message, help);
    }

    /// As [`report_at`](Self::report_at), for a rule whose severity depends.
    pub(super) fn report_as(
        &mut self,
        severity: Severity,
        code: Code,
        path: FieldPath,
        message: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
    ) {
        let problem = Problem::new(severity, code, path, None, message).with_help(help);
        self.problems.push(problem.with_object(Some(self.key.clone())));
    }

    /// The path of a field in the version of the object.
    pub(super) fn path(&self, field: &str) -> FieldPath {
        // Paths are made of plain words and numbers here, which always parse.
        wire_path(self.kind, self.version, field).parse().unwrap_or_default()
    }

    pub(super) fn finish(self) -> Vec<Problem> {
        self.problems
    }
}
