//! Reading manifests: YAML and JSON, one document or many, of any API version.
//!
//! [`Manifest::read`] takes any text and never fails as a whole. Each document is an SMI object in
//! the version-free form of [`hub`](crate::hub), a foreign object, or undecodable; what could not be
//! read, or reads otherwise than its author may think, is a [`Problem`](crate::problem::Problem)
//! with line, column and field path. [`Resources`] puts the documents of several texts together.
//!
//! # What is read
//!
//! - YAML 1.2 with the core schema: only `true` and `false` are booleans, timestamps are text, there
//!   are no merge keys, and a key that is there twice is an error. Documents are separated by `---`.
//! - JSON, also several texts behind each other or one a line.
//! - Kubernetes' `List`, and the list of a kind (`TrafficSplitList`), whose items may leave
//!   `apiVersion` and `kind` to it. Each item is a [`Document`] of its own.
//!
//! # Untrusted input
//!
//! Reading any text takes time and memory in proportion to its length: [`Limits`] bound the length,
//! the nesting, the number of values (with all that aliases stand for), of documents and of listed
//! problems. Nothing panics.

mod budget;
mod builder;
mod classify;
mod de;
mod document;
mod json;
mod key;
mod node;
mod number;
mod options;
mod parse;
mod reader;
mod remarks;
mod resources;
mod scalar;
mod source;
mod stream;
mod syntax;
mod tree;
mod yaml;

pub use self::document::{Content, Document};
pub(crate) use self::json::tree as json_tree;
pub use self::key::ObjectKey;
pub(crate) use self::node::Key;
pub use self::node::{Mapping, Node, Sequence, Value};
pub use self::number::Number;
pub use self::options::{Limits, MissingApiVersion, ReadOptions};
pub use self::resources::{Loaded, Resources};
pub use self::source::Location;
pub(crate) use self::syntax::excerpt;

use serde::Serialize;

use crate::write::WriteError;

/// A text that was read: its documents.
///
/// # Examples
///
/// ```
/// use smi_types::Manifest;
///
/// let manifest = Manifest::read(
///     "apiVersion: specs.smi-spec.io/v1alpha4
/// kind: TCPRoute
/// metadata: {name: web}
/// spec: {matches: {ports: [80]}}
/// ---
/// apiVersion: split.smi-spec.io/v1beta1
/// kind: TrafficSplit
/// metadata: {name: web}
/// ",
/// );
/// assert_eq!(manifest.objects().count(), 1);
///
/// let problem = manifest.problems().next().ok_or("no problem")?;
/// assert_eq!(
///     problem.to_string(),
///     "line 6, column 13: TrafficSplit web: apiVersion: unknown version `v1beta1`: \
///      split.smi-spec.io has v1alpha1, v1alpha2, v1alpha3 and v1alpha4"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Manifest {
    documents: Vec<Document>,
}

impl Manifest {
    /// Reads a text with the default options.
    pub fn read(text: &str) -> Self {
        Self::read_with(text, &ReadOptions::default())
    }

    /// Reads a text.
    pub fn read_with(text: &str, options: &ReadOptions) -> Self {
        Self { documents: reader::read(text, options) }
    }

    /// Reads an object that is in memory already: a typed object of any version, kube's
    /// `DynamicObject`, a list of either, or any JSON value.
    ///
    /// Locations are those of its JSON form.
    ///
    /// # Errors
    ///
    /// The object has no JSON form. Typed objects and `DynamicObject` always have one.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde_json::json;
    /// use smi_types::Manifest;
    ///
    /// let manifest = Manifest::of(&json!({
    ///     "apiVersion": "specs.smi-spec.io/v1alpha4",
    ///     "kind": "TCPRoute",
    ///     "metadata": {"name": "web"},
    ///     "spec": {"matches": {"ports": [80]}},
    /// }))?;
    /// assert_eq!(manifest.objects().count(), 1);
    ///
    /// let no_json = std::collections::BTreeMap::from([(["not", "a", "key"], 1)]);
    /// assert!(Manifest::of(&no_json).is_err());
    /// # Ok::<(), smi_types::write::WriteError>(())
    /// ```
    pub fn of<T: Serialize + ?Sized>(object: &T) -> Result<Self, WriteError> {
        Ok(Self::read(&crate::write::json(object)?))
    }

    /// The documents, in order; the items of lists stand in the place of their list.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// The documents, in order, by value.
    pub fn into_documents(self) -> Vec<Document> {
        self.documents
    }

    /// The SMI objects, in order.
    pub fn objects(&self) -> impl Iterator<Item = &crate::hub::Object> {
        self.documents.iter().filter_map(Document::object)
    }

    /// The problems of all documents, in order.
    pub fn problems(&self) -> impl Iterator<Item = &crate::problem::Problem> {
        self.documents.iter().flat_map(Document::problems)
    }

    /// Whether one of the problems is an error.
    pub fn has_errors(&self) -> bool {
        self.documents.iter().any(Document::has_errors)
    }
}
