//! What a reader has to say about a manifest: errors and warnings that name the place.

mod code;
mod fix;
mod report;

use std::borrow::Cow;
use std::fmt;

pub use self::code::{Code, Scope};
pub use self::fix::Fix;
pub(crate) use self::report::Report;
use crate::manifest::{Location, ObjectKey};
use crate::path::FieldPath;

/// How much a [`Problem`] matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It is read, but perhaps not as meant.
    Warning,
    /// It could not be read, and grants nothing.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Something in a manifest that was not read, or that surprises.
///
/// It prints as one line that says where, and what was found and expected:
///
/// ```text
/// line 12, column 13: TrafficSplit shop/web: spec.backends[0].weight: expected a whole number, found `500m`
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(Box<Details>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Details {
    severity: Severity,
    code: Code,
    object: Option<ObjectKey>,
    path: FieldPath,
    location: Option<Location>,
    message: Cow<'static, str>,
    help: Option<Cow<'static, str>>,
    fix: Option<Fix>,
}

impl Problem {
    /// How much it matters.
    pub fn severity(&self) -> Severity {
        self.0.severity
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.0.severity == Severity::Error
    }

    /// What kind of problem it is.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The object in which it is, where that is known.
    pub fn object(&self) -> Option<&ObjectKey> {
        self.0.object.as_ref()
    }

    /// The field, in the layout in which the object was written; the root if the problem is the
    /// object as a whole.
    pub fn path(&self) -> &FieldPath {
        &self.0.path
    }

    /// The place in the text that was read. If the field is absent, where it was expected.
    pub fn location(&self) -> Option<Location> {
        self.0.location
    }

    /// What was found, and what was expected: one line, lower case.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do about it, where one answer fits: one line, lower case.
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// An edit of the text that removes the problem, where one is safe to make without asking.
    ///
    /// Only [`validate`](crate::validate) looks for edits; the reader's own problems have none.
    pub fn fix(&self) -> Option<&Fix> {
        self.0.fix.as_ref()
    }

    pub(crate) fn new(
        severity: Severity,
        code: Code,
        path: FieldPath,
        location: Option<Location>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let message = message.into();
        Self(Box::new(Details {
            severity,
            code,
            object: None,
            path,
            location,
            message,
            help: None,
            fix: None,
        }))
    }

    pub(crate) fn with_help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    pub(crate) fn with_fix(mut self, fix: Option<Fix>) -> Self {
        self.0.fix = fix;
        self
    }

    pub(crate) fn with_place(mut self, path: FieldPath, location: Option<Location>) -> Self {
        self.0.path = path;
        self.0.location = location;
        self
    }

    pub(crate) fn with_object(mut self, object: Option<ObjectKey>) -> Self {
        self.0.object = object;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = self.0.location {
            write!(f, "{location}: ")?;
        }
        if let Some(object) = &self.0.object {
            write!(f, "{object}: ")?;
        }
        if !self.0.path.is_root() {
            write!(f, "{}: ", self.0.path)?;
        }
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Problem {}
