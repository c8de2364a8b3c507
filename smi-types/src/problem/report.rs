use std::borrow::Cow;

use super::{Code, Problem, Severity};
use crate::lift::{Lifted, Void};
use crate::manifest::{Key, Location, Node, ObjectKey};
use crate::path::{FieldPath, Place};

/// Collects the problems of one document.
#[derive(Debug)]
pub(crate) struct Report {
    /// How many errors, and how many warnings, are kept.
    limit: usize,
    errors: usize,
    warnings: usize,
    problems: Vec<Problem>,
    draft: bool,
}

impl Report {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, errors: 0, warnings: 0, problems: Vec::new(), draft: false }
    }

    /// A report for reading as much as can be read, with something in place of the rest: for rules
    /// to look at, never for an engine.
    pub(crate) fn of_draft() -> Self {
        Self { draft: true, ..Self::new(0) }
    }

    /// What was read or, in a draft, something in its place.
    pub(crate) fn or<T>(&self, read: Lifted<T>, otherwise: impl FnOnce() -> T) -> Lifted<T> {
        match read {
            Err(Void) if self.draft => Ok(otherwise()),
            read => read,
        }
    }

    /// Reports something that was not read.
    pub(crate) fn error(
        &mut self,
        code: Code,
        place: &Place<'_>,
        spot: impl Spot,
        message: impl Into<Cow<'static, str>>,
    ) -> Reported<'_> {
        self.push(Severity::Error, code, place, spot, message)
    }

    /// Reports something that surprises.
    pub(crate) fn warning(
        &mut self,
        code: Code,
        place: &Place<'_>,
        spot: impl Spot,
        message: impl Into<Cow<'static, str>>,
    ) -> Reported<'_> {
        self.push(Severity::Warning, code, place, spot, message)
    }

    /// The number of problems, with those that were not kept.
    pub(crate) fn count(&self) -> usize {
        self.errors + self.warnings
    }

    /// An empty report on the same object.
    pub(crate) fn attempt(&self) -> Self {
        Self { draft: self.draft, ..Self::new(self.limit) }
    }

    /// Takes up what another report of the same object has.
    pub(crate) fn append(&mut self, other: Self) {
        self.errors += other.errors;
        self.warnings += other.warnings;
        self.problems.extend(other.problems);
    }

    /// Takes up what another report has on a value that this place keeps as text.
    pub(crate) fn append_at(&mut self, other: Self, place: &Place<'_>, spot: impl Spot) {
        self.errors += other.errors;
        self.warnings += other.warnings;
        let (path, location) = (place.to_path(), Some(spot.location()));
        let placed = |problem: Problem| problem.with_place(path.clone(), location);
        self.problems.extend(other.problems.into_iter().map(placed));
    }

    /// The problems, in the order of the text, with the object that they are about.
    pub(crate) fn finish(self, object: impl FnOnce() -> Option<ObjectKey>) -> Vec<Problem> {
        let total = self.count();
        if total == 0 {
            return Vec::new();
        }
        let mut problems = self.problems;
        problems.sort_by_key(Problem::location);
        let missing = total - problems.len();
        if missing > 0 {
            let severity =
                if self.errors > self.limit { Severity::Error } else { Severity::Warning };
            let location = problems.last().and_then(Problem::location);
            let message = format!("{missing} more problems are not listed");
            let path = FieldPath::root();
            problems.push(Problem::new(severity, Code::TooManyProblems, path, location, message));
        }
        let object = object();
        for problem in &mut problems {
            problem.0.object.clone_from(&object);
        }
        problems
    }

    fn push(
        &mut self,
        severity: Severity,
        code: Code,
        place: &Place<'_>,
        spot: impl Spot,
        message: impl Into<Cow<'static, str>>,
    ) -> Reported<'_> {
        let count = match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        *count += 1;
        if *count > self.limit {
            return Reported(None);
        }
        let location = Some(spot.location());
        self.problems.push(Problem::new(severity, code, place.to_path(), location, message));
        Reported(self.problems.last_mut())
    }
}

/// A problem that was just reported, to say more about it; nothing, if it was not kept.
#[derive(Debug)]
pub(crate) struct Reported<'r>(Option<&'r mut Problem>);

impl Reported<'_> {
    /// Says what to do about it.
    pub(crate) fn help(self, help: impl Into<Cow<'static, str>>) {
        if let Some(problem) = self.0 {
            problem.0.help = Some(help.into());
        }
    }
}

/// What has a place in the text. The place is looked up only for problems that are kept.
pub(crate) trait Spot {
    fn location(&self) -> Location;
}

impl Spot for Node<'_> {
    fn location(&self) -> Location {
        Node::location(*self)
    }
}

impl Spot for Key<'_> {
    fn location(&self) -> Location {
        Key::location(*self)
    }
}

impl Spot for Location {
    fn location(&self) -> Location {
        *self
    }
}
