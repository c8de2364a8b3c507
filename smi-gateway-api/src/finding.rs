use std::fmt;

use serde::{Serialize, Serializer};

/// What became of a field, from the best to the worst.
///
/// About requests: *exactly* is said only if the same requests go to the same places, and the same
/// callers are let in. See the crate's documentation for the requests that are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The output means the same.
    Exact,
    /// The output means the same under a condition that the finding names.
    Caveat,
    /// The output allows or selects less. It never allows more.
    Narrowed,
    /// The output does not have it.
    NotExpressible,
}

impl Verdict {
    /// All of them, the best first.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Caveat, Self::Narrowed, Self::NotExpressible];

    /// What reports print.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "kept exactly",
            Self::Caveat => "kept with caveat",
            Self::Narrowed => "narrowed",
            Self::NotExpressible => "not expressible",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much a [`Finding`] matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// For the record.
    Info,
    /// Read it before you apply the output.
    Warning,
    /// Something is missing from the output.
    Error,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        })
    }
}

/// An object of the input, or of the cluster that the input speaks of.
///
/// Prints as `TrafficTarget shop/web`, and as `Namespace shop` where there is no namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub struct Origin {
    /// Its kind, as manifests spell it.
    pub kind: String,
    /// Its namespace; empty for what belongs to no namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Origin {
    /// The object of this kind, namespace and name.
    pub fn new(
        kind: impl Into<String>,
        namespace: impl Into<String>,
        name: impl Into<String>,
    ) -> Self {
        Self { kind: kind.into(), namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, namespace, name } = self;
        f.write_str(&one_line(kind))?;
        match (one_line(namespace).as_str(), one_line(name).as_str()) {
            ("", "") => Ok(()),
            ("", name) => write!(f, " {name}"),
            (namespace, name) => write!(f, " {namespace}/{name}"),
        }
    }
}

/// A text of the input without line breaks and what else terminals and readers of YAML act upon.
fn one_line(text: &str) -> String {
    let is_plain = |c: char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}');
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match is_plain(c) {
            true => line.push(c),
            false => line.extend(c.escape_default()),
        }
    }
    line
}

/// What became of one field of one object.
///
/// Prints as one line: `WARNING TrafficTarget shop/web: spec.rules: narrowed: …`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Finding {
    /// The object.
    pub object: Origin,
    /// The field, in the layout of v1alpha4; empty if the object as a whole is meant.
    pub field: String,
    /// What became of it.
    pub verdict: Verdict,
    /// How much that matters.
    #[serde(serialize_with = "as_text")]
    pub level: Level,
    /// A stable code, such as `unclean-path`.
    pub code: &'static str,
    /// Why: one line, lower case.
    pub reason: String,
    /// What to do by hand: one line, lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_hand: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.level, self.object)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", one_line(&self.field))?;
        }
        write!(f, "{}: {} [{}]", self.verdict, one_line(&self.reason), self.code)?;
        match &self.by_hand {
            Some(by_hand) => write!(f, "; by hand: {by_hand}"),
            None => Ok(()),
        }
    }
}

fn as_text<S: Serializer>(level: &Level, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(level)
}

/// Collects findings.
#[derive(Debug, Default)]
pub(crate) struct Report {
    findings: Vec<Finding>,
}

impl Report {
    pub(crate) fn exact(&mut self, object: &Origin, field: impl Into<String>, reason: &str) {
        self.add(object, field, Verdict::Exact, Level::Info, "exact", reason, None);
    }

    pub(crate) fn caveat(
        &mut self,
        object: &Origin,
        field: impl Into<String>,
        code: &'static str,
        reason: impl Into<String>,
        by_hand: Option<&str>,
    ) {
        self.add(object, field, Verdict::Caveat, Level::Warning, code, reason, by_hand);
    }

    pub(crate) fn narrowed(
        &mut self,
        object: &Origin,
        field: impl Into<String>,
        code: &'static str,
        reason: impl Into<String>,
        by_hand: Option<&str>,
    ) {
        self.add(object, field, Verdict::Narrowed, Level::Warning, code, reason, by_hand);
    }

    pub(crate) fn refused(
        &mut self,
        object: &Origin,
        field: impl Into<String>,
        code: &'static str,
        reason: impl Into<String>,
        by_hand: Option<&str>,
    ) {
        self.add(object, field, Verdict::NotExpressible, Level::Error, code, reason, by_hand);
    }

    #[expect(clippy::too_many_arguments, reason = "one for each field, and private to this crate")]
    pub(crate) fn add(
        &mut self,
        object: &Origin,
        field: impl Into<String>,
        verdict: Verdict,
        level: Level,
        code: &'static str,
        reason: impl Into<String>,
        by_hand: Option<&str>,
    ) {
        self.findings.push(Finding {
            object: object.clone(),
            field: field.into(),
            verdict,
            level,
            code,
            reason: reason.into(),
            by_hand: by_hand.map(str::to_owned),
        });
    }

    /// All findings, by object and field, each once.
    pub(crate) fn into_findings(mut self) -> Vec<Finding> {
        self.findings.sort();
        self.findings.dedup();
        self.findings
    }
}
