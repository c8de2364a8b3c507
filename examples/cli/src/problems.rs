use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;
use smi_policy::{Diagnostic, ObjectKind, Policy};
use smi_split::Splits;
use smi_types::api::Kind;
use smi_types::hub::wire_path;
use smi_types::manifest::{Location, Resources};
use smi_types::problem::{Problem, Severity};

use crate::construct;
use crate::load::Loaded;

/// Something wrong with the manifests, found by the reader or by an engine.
#[derive(Debug, Serialize)]
pub(crate) struct Finding {
    severity: &'static str,
    code: String,
    file: String,
    line: Option<usize>,
    column: Option<usize>,
    object: Option<String>,
    field: Option<String>,
    message: String,
    /// What follows from it, and what to do about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    /// Of an invalid pattern the construct that makes it so, in bytes of the file's text, and what
    /// is wrong with it.
    #[serde(skip)]
    construct: Option<(std::ops::Range<usize>, String)>,
}

impl Finding {
    pub(crate) fn is_error(&self) -> bool {
        self.severity == "error"
    }

    /// The finding as an error.
    pub(crate) fn denied(mut self) -> Self {
        self.severity = "error";
        self
    }

    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    pub(crate) fn object(&self) -> Option<&str> {
        self.object.as_deref()
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Finds the construct that makes a pattern invalid, and what could stand there instead.
    pub(crate) fn point(&mut self, files: &[(String, String)]) {
        let text = files.iter().find(|(name, _)| *name == self.file).map(|(_, text)| text.as_str());
        let Some(text) = text.filter(|_| self.code == "invalid-regex") else { return };
        let span = self.span(text);
        let Some(found) = span.and_then(|span| construct::find(text, span, &self.message)) else {
            return;
        };
        self.help.get_or_insert_with(|| found.error.help().to_owned());
        self.construct = Some((found.span, found.error.kind().to_string()));
    }

    /// Object and field, as messages begin with them.
    pub(crate) fn about(&self) -> String {
        match (&self.object, &self.field) {
            (Some(object), Some(field)) => format!("{object}: {field}: "),
            (Some(object), None) => format!("{object}: "),
            (None, Some(field)) => format!("{field}: "),
            (None, None) => String::new(),
        }
    }

    /// The bytes of the file's text that it is about.
    pub(crate) fn span(&self, text: &str) -> Option<std::ops::Range<usize>> {
        Some(span(text, self.line?, self.column?))
    }
}

/// All findings, by file and place.
pub(crate) fn findings(loaded: &Loaded, policy: &Policy, splits: &Splits) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        loaded.unreadable.iter().map(|(file, reason)| unreadable(file, reason)).collect();
    let problems = loaded.resources.problems();
    findings.extend(problems.map(|(file, problem)| from_problem(file, problem)));

    let mut diagnostics: Vec<&Diagnostic> =
        policy.diagnostics().iter().chain(splits.diagnostics()).collect();
    diagnostics.sort();
    diagnostics.dedup();
    for diagnostic in diagnostics {
        let finding = from_diagnostic(&loaded.resources, diagnostic);
        // What the reader has said already is not said twice: the engine adds what follows.
        let known = findings.iter_mut().find(|known| {
            known.is_error()
                && (&known.file, &known.object) == (&finding.file, &finding.object)
                && is_below(known.field.as_deref(), finding.field.as_deref())
        });
        match known {
            Some(known) if known.message.ends_with("grants nothing") => {}
            Some(known) => known.notes.push(finding.message),
            None => findings.push(finding),
        }
    }
    findings.iter_mut().for_each(|finding| finding.point(&loaded.files));
    findings.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    findings
}

/// Whether `field` is `above` or a part of it.
fn is_below(field: Option<&str>, above: Option<&str>) -> bool {
    let (Some(field), Some(above)) = (field, above) else { return false };
    field.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// A file that is no text.
pub(crate) fn unreadable(file: &str, reason: &str) -> Finding {
    Finding {
        severity: "error",
        code: "unreadable-file".to_owned(),
        file: file.to_owned(),
        line: None,
        column: None,
        object: None,
        field: None,
        message: reason.to_owned(),
        notes: Vec::new(),
        help: None,
        construct: None,
    }
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

pub(crate) fn from_problem(file: &str, problem: &Problem) -> Finding {
    let path = problem.path();
    Finding {
        severity: match problem.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        code: problem.code().as_str().to_owned(),
        file: file.to_owned(),
        line: problem.location().map(|location| location.line),
        column: problem.location().map(|location| location.column),
        object: problem.object().map(ToString::to_string),
        field: (!path.is_root()).then(|| path.to_string()),
        message: problem.message().to_owned(),
        notes: Vec::new(),
        help: problem.help().map(ToOwned::to_owned),
        construct: None,
    }
}

fn from_diagnostic(resources: &Resources, diagnostic: &Diagnostic) -> Finding {
    let place = place(resources, diagnostic);
    let (file, object, field, location) = match place {
        Some(Place { file, object, field, location }) => (file, object, field, location),
        None => {
            let object = format!("{} {}", diagnostic.kind, diagnostic.object);
            (String::new(), object, diagnostic.field.clone(), None)
        }
    };
    Finding {
        severity: match diagnostic.severity {
            smi_policy::Severity::Error => "error",
            smi_policy::Severity::Warning => "warning",
        },
        code: diagnostic.code.to_owned(),
        file,
        line: location.map(|location| location.line),
        column: location.map(|location| location.column),
        object: Some(object),
        field: Some(field),
        message: diagnostic.message.clone(),
        notes: Vec::new(),
        help: None,
        construct: None,
    }
}

struct Place {
    file: String,
    object: String,
    field: String,
    location: Option<Location>,
}

/// Where in the files the field of a diagnostic stands, and its name in the API version that the
/// object is written in.
fn place(resources: &Resources, diagnostic: &Diagnostic) -> Option<Place> {
    let kind = match diagnostic.kind {
        ObjectKind::TrafficTarget => Kind::TrafficTarget,
        ObjectKind::IdentityBinding => Kind::IdentityBinding,
        ObjectKind::HttpRouteGroup => Kind::HttpRouteGroup,
        ObjectKind::TcpRoute => Kind::TcpRoute,
        ObjectKind::UdpRoute => Kind::UdpRoute,
        ObjectKind::TrafficSplit => Kind::TrafficSplit,
        ObjectKind::Service => return service(resources, diagnostic),
        _ => return None,
    };
    let name = &diagnostic.object;
    let found = resources.find(kind, name.namespace(), name.name())?;
    let version = found.document.object()?.meta().version;
    let field = wire_path(kind, version, &diagnostic.field).into_owned();
    let location = field.parse().ok().and_then(|path| found.document.locate(&path));
    Some(Place {
        file: found.source.to_owned(),
        object: found.document.key()?.to_string(),
        field,
        location,
    })
}

/// The last Service of this name: the one that counts.
fn service(resources: &Resources, diagnostic: &Diagnostic) -> Option<Place> {
    let name = &diagnostic.object;
    let is_it = |loaded: &smi_types::manifest::Loaded<'_>| {
        let document = loaded.document;
        let kind = document.root().and_then(|root| root.get("kind"));
        let namespace = document.namespace().unwrap_or(resources.default_namespace());
        kind.and_then(|kind| kind.as_str()) == Some("Service")
            && (namespace, document.name()) == (name.namespace(), Some(name.name()))
    };
    let found = resources.foreign().filter(is_it).last()?;
    let location = diagnostic.field.parse().ok().and_then(|path| found.document.locate(&path));
    Some(Place {
        file: found.source.to_owned(),
        object: format!("Service {name}"),
        field: diagnostic.field.clone(),
        location,
    })
}

/// Prints a finding as a good compiler would.
pub(crate) fn render(finding: &Finding, files: &[(String, String)]) -> String {
    let level = if finding.is_error() { Level::ERROR } else { Level::WARNING };
    let title = format!("{}{}", finding.about(), finding.message);
    let mut report = Group::with_title(level.primary_title(title).id(&finding.code));
    let text = files.iter().find(|(name, _)| *name == finding.file).map(|(_, text)| text.as_str());
    if let Some((text, span)) = text.and_then(|text| Some((text, finding.span(text)?))) {
        let snippet = Snippet::source(text).line_start(1).path(&finding.file);
        let annotation = match &finding.construct {
            Some((construct, what)) => {
                AnnotationKind::Primary.span(construct.clone()).label(what.as_str())
            }
            None => AnnotationKind::Primary.span(span),
        };
        report = report.element(snippet.annotation(annotation));
    } else {
        report = report.element(Level::NOTE.message(format!("in {}", finding.file)));
    }
    for note in &finding.notes {
        report = report.element(Level::NOTE.message(note));
    }
    if let Some(help) = &finding.help {
        report = report.element(Level::HELP.message(help));
    }
    Renderer::styled().render(&[report])
}

/// The bytes from a place to the end of what is written there.
fn span(text: &str, line: usize, column: usize) -> std::ops::Range<usize> {
    let line_start: usize =
        text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(line_start..).unwrap_or_default();
    let rest = rest.lines().next().unwrap_or_default();
    let before: usize = rest.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
    let token = rest.get(before..).unwrap_or_default();
    let start = line_start + before;
    start..start + token_len(token).max(1).min(text.len().saturating_sub(start).max(1))
}

fn token_len(token: &str) -> usize {
    if let Some(quote @ ('"' | '\'')) = token.chars().next()
        && let Some(end) = token.get(1..).and_then(|inner| inner.find(quote))
    {
        return end + 2;
    }
    let comment = token.find(" #").unwrap_or(token.len());
    let token = token.get(..comment).unwrap_or(token);
    let end = if token.starts_with(['{', '[']) {
        token.len()
    } else {
        token.find([',', '}', ']']).unwrap_or(token.len())
    };
    token.get(..end).unwrap_or(token).trim_end().len()
}
