use std::collections::HashMap;

use super::Manifest;
use super::document::{Content, Document};
use super::key::ObjectKey;
use crate::api::Kind;
use crate::hub::Object;
use crate::path::FieldPath;
use crate::problem::{Code, Problem, Severity};

/// The documents of several texts as one set of resources: what engines are built from.
///
/// Of the same object twice the last counts, as with `kubectl apply`, even if it is undecodable;
/// the earlier one earns a warning. Objects are the same if kind, namespace and name are; an object
/// without namespace is in the default namespace.
///
/// # Examples
///
/// ```
/// use smi_types::Manifest;
/// use smi_types::manifest::Resources;
///
/// let route = |port: u16| {
///     Manifest::read(&format!(
///         "apiVersion: specs.smi-spec.io/v1alpha4
/// kind: TCPRoute
/// metadata: {{name: web}}
/// spec: {{matches: {{ports: [{port}]}}}}
/// "
///     ))
/// };
/// let mut resources = Resources::default();
/// resources.add("old.yaml", route(80));
/// resources.add("new.yaml", route(8080));
/// assert_eq!(resources.objects().count(), 1);
///
/// let (source, warning) = resources.problems().next().ok_or("no warning")?;
/// assert_eq!(source, "old.yaml");
/// assert_eq!(
///     warning.to_string(),
///     "line 1, column 1: TCPRoute web: the same object is in `new.yaml` at line 1, column 1; \
///      that one counts"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Resources {
    default_namespace: String,
    files: Vec<File>,
    last: HashMap<(Kind, String, String), Position>,
}

/// A document of [`Resources`], and where it comes from.
#[derive(Clone, Copy, Debug)]
pub struct Loaded<'a> {
    /// What [`Resources::add`] was told: usually the path of a file.
    pub source: &'a str,
    /// The document.
    pub document: &'a Document,
}

#[derive(Clone, Debug)]
struct File {
    source: String,
    documents: Vec<Counted>,
}

#[derive(Clone, Debug)]
struct Counted {
    document: Document,
    /// Whether it counts: no later document names the same object.
    counts: bool,
}

#[derive(Clone, Copy, Debug)]
struct Position {
    file: usize,
    document: usize,
}

impl Resources {
    /// A set without documents. Objects without namespace are in the one given here.
    pub fn new(default_namespace: impl Into<String>) -> Self {
        let default_namespace = default_namespace.into();
        Self { default_namespace, files: Vec::new(), last: HashMap::new() }
    }

    /// Adds the documents of a text. `source` says where it comes from, for messages.
    pub fn add(&mut self, source: impl Into<String>, manifest: Manifest) -> &mut Self {
        let file = self.files.len();
        let documents = manifest.into_documents();
        let keys: Vec<_> = documents.iter().map(Document::key).collect();
        let documents = documents.into_iter().map(|document| Counted { document, counts: true });
        self.files.push(File { source: source.into(), documents: documents.collect() });
        for (document, key) in keys.into_iter().enumerate() {
            if let Some(key) = key {
                self.count(Position { file, document }, key);
            }
        }
        self
    }

    /// The namespace of objects that are written without one.
    pub fn default_namespace(&self) -> &str {
        &self.default_namespace
    }

    /// The SMI objects that count.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.counting().filter_map(|loaded| loaded.document.object())
    }

    /// The documents that count and could not be read. Kind, namespace and name of each are known
    /// as far as they could be read.
    pub fn undecodable(&self) -> impl Iterator<Item = Loaded<'_>> {
        self.counting().filter(|loaded| *loaded.document.content() == Content::Undecodable)
    }

    /// The documents that are none of SMI's business, such as Services.
    pub fn foreign(&self) -> impl Iterator<Item = Loaded<'_>> {
        self.counting().filter(|loaded| *loaded.document.content() == Content::Foreign)
    }

    /// All documents, those that don't count included, in the order in which they were added.
    pub fn documents(&self) -> impl Iterator<Item = Loaded<'_>> {
        self.files.iter().flat_map(File::loaded).map(|(loaded, _)| loaded)
    }

    /// The document that counts for an object.
    pub fn find(&self, kind: Kind, namespace: &str, name: &str) -> Option<Loaded<'_>> {
        let position = self.last.get(&(kind, namespace.to_owned(), name.to_owned()))?;
        let file = self.files.get(position.file)?;
        let document = &file.documents.get(position.document)?.document;
        Some(Loaded { source: &file.source, document })
    }

    /// The problems of all documents, with the source of each.
    pub fn problems(&self) -> impl Iterator<Item = (&str, &Problem)> {
        self.documents().flat_map(|loaded| {
            loaded.document.problems().iter().map(move |problem| (loaded.source, problem))
        })
    }

    fn counting(&self) -> impl Iterator<Item = Loaded<'_>> {
        let documents = self.files.iter().flat_map(File::loaded);
        documents.filter(|(_, counts)| *counts).map(|(loaded, _)| loaded)
    }

    /// Lets a document count for its object, and the one that counted so far no longer.
    fn count(&mut self, position: Position, key: ObjectKey) {
        let namespace = key.namespace.clone().unwrap_or_else(|| self.default_namespace.clone());
        let same = (key.kind, namespace, key.name.clone());
        let Some(before) = self.last.insert(same, position) else { return };
        let Some(winner) = self.counted(position) else { return };
        let winner = winner.document.location();
        let in_file = match self.files.get(position.file) {
            Some(file) if before.file != position.file => format!(" in `{}`", file.source),
            _ => String::new(),
        };
        let message = format!("the same object is{in_file} at {winner}; that one counts");
        if let Some(loser) = self.counted(before) {
            loser.counts = false;
            let location = Some(loser.document.location());
            let path = FieldPath::root();
            let code = Code::DuplicateObject;
            let problem = Problem::new(Severity::Warning, code, path, location, message);
            loser.document.problems.push(problem.with_object(loser.document.key()));
        }
    }

    fn counted(&mut self, position: Position) -> Option<&mut Counted> {
        self.files.get_mut(position.file)?.documents.get_mut(position.document)
    }
}

impl Default for Resources {
    /// A set without documents, with the default namespace `default`.
    fn default() -> Self {
        Self::new("default")
    }
}

impl File {
    fn loaded(&self) -> impl Iterator<Item = (Loaded<'_>, bool)> {
        self.documents.iter().map(|counted| {
            (Loaded { source: &self.source, document: &counted.document }, counted.counts)
        })
    }
}
