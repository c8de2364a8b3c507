use std::ops::Range;
use std::sync::Arc;

use super::key::ObjectKey;
use super::node::Node;
use super::source::Location;
use super::tree::{NodeId, Tree};
use crate::api::{Kind, Version};
use crate::hub::Object;
use crate::lift::lift;
use crate::path::FieldPath;
use crate::problem::{Problem, Report};

/// A document of a [`Manifest`](super::Manifest), or an item of a Kubernetes list in it.
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) number: usize,
    pub(super) item: Option<usize>,
    pub(super) tree: Arc<Tree>,
    /// The value; `None` if the document could not be parsed.
    pub(super) root: Option<NodeId>,
    /// The bytes of the source at which the document, or the list that it is an item of, stands.
    pub(super) range: Range<usize>,
    /// The SMI kind that is named, and whether the group leaves no doubt about it.
    pub(super) claim: Option<(Kind, bool)>,
    pub(super) content: Content,
    pub(super) problems: Vec<Problem>,
}

/// What a [`Document`] turned out to be: exactly one of these.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// An SMI object. Parts of it may be unreadable; [`Document::problems`] has them.
    Smi(Object),
    /// An object that is none of SMI's business. It is left alone.
    Foreign,
    /// Something that could not be read. [`Document::problems`] says why.
    Undecodable,
}

impl Document {
    /// The number of the document in its text, counted from 1. Documents without content, such as a
    /// comment between two separators, are not counted.
    pub fn number(&self) -> usize {
        self.number
    }

    /// If the document is an item of a Kubernetes list: its number, counted from 0 as in
    /// `items[0]`. The items of lists within lists are numbered with those around them.
    pub fn item(&self) -> Option<usize> {
        self.item
    }

    /// Where the document begins.
    pub fn location(&self) -> Location {
        match self.root() {
            Some(root) => root.location(),
            None => self.tree.source().location(self.range.start),
        }
    }

    /// What the document turned out to be.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The SMI object, if the document is one.
    pub fn object(&self) -> Option<&Object> {
        if let Content::Smi(object) = &self.content { Some(object) } else { None }
    }

    /// The SMI kind that the document is or, if it is undecodable, that it names.
    pub fn kind(&self) -> Option<Kind> {
        self.claim.map(|(kind, _)| kind)
    }

    /// `metadata.namespace`, if it is a text that isn't empty.
    pub fn namespace(&self) -> Option<&str> {
        self.metadata("namespace")
    }

    /// `metadata.name`, if it is a text that isn't empty.
    pub fn name(&self) -> Option<&str> {
        self.metadata("name")
    }

    /// `apiVersion` as written. Items of an SMI list may leave it to the list.
    pub fn api_version(&self) -> Option<&str> {
        self.root()?.get("apiVersion")?.as_str()
    }

    /// What names the object, if the document certainly names an SMI object: an undecodable document
    /// that could belong to another group has no key.
    pub fn key(&self) -> Option<ObjectKey> {
        let (kind, _) = self.claim.filter(|(_, certain)| *certain)?;
        let namespace = self.namespace().map(str::to_owned);
        Some(ObjectKey { kind, namespace, name: self.name()?.to_owned() })
    }

    /// What was not read or surprises, in the order of the text.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Whether one of the problems is an error.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }

    /// The values of the document as they are written; `None` if it could not be parsed.
    pub fn root(&self) -> Option<Node<'_>> {
        self.root.map(|id| Node::new(&self.tree, id))
    }

    /// Where a field stands or, if it is absent, what is nearest above it.
    ///
    /// The path is that of the document's own API version. Engines speak of fields in the layout of
    /// v1alpha4; [`hub::wire_path`](crate::hub::wire_path) translates.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::manifest::Manifest;
    ///
    /// let manifest = Manifest::read("kind: Pod\nmetadata:\n  name: web\n");
    /// let document = &manifest.documents()[0];
    ///
    /// let name = document.locate(&"metadata.name".parse()?).ok_or("no place")?;
    /// assert_eq!((name.line, name.column), (3, 9));
    ///
    /// let absent = document.locate(&"metadata.uid".parse()?).ok_or("no place")?;
    /// assert_eq!((absent.line, absent.column), (3, 3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn locate(&self, path: &FieldPath) -> Option<Location> {
        self.root().map(|root| root.nearest(path).location())
    }

    /// The object with something in place of what could not be read, for rules to look at the rest.
    pub(crate) fn draft(&self) -> Option<Object> {
        let (kind, _) = self.claim?;
        let version = match self.object() {
            Some(object) => object.meta().version,
            None => {
                let (group, version) = self.api_version()?.split_once('/')?;
                let version = Version::parse(version)?;
                let is_known = group == kind.group().as_str() && kind.versions().contains(&version);
                is_known.then_some(version)?
            }
        };
        lift(kind, version, self.root()?, &mut Report::of_draft()).ok()
    }

    /// The document as a typed object of its own API version.
    ///
    /// Typed objects are stricter than engines: what makes a part of an object unreadable here, such
    /// as a source without name, makes the object unreadable there.
    ///
    /// # Errors
    ///
    /// The document is no SMI object, or has not the shape of its kind and version.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::{Manifest, TypedObject};
    ///
    /// let manifest = Manifest::read(
    ///     "apiVersion: specs.smi-spec.io/v1alpha4
    /// kind: TCPRoute
    /// metadata: {name: web}
    /// spec: {matches: {ports: [80]}}
    /// ---
    /// apiVersion: specs.smi-spec.io/v1alpha4
    /// kind: TCPRoute
    /// metadata: {name: web}
    /// spec: {matches: {ports: [http]}}
    /// ",
    /// );
    /// let TypedObject::TcpRouteV1alpha4(route) = manifest.documents()[0].typed()? else {
    ///     return Err("no TCPRoute".into());
    /// };
    /// assert_eq!(route.metadata.name.as_deref(), Some("web"));
    ///
    /// let error = manifest.documents()[1].typed().unwrap_err();
    /// assert_eq!(error.path().to_string(), "spec.matches.ports[0]");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "kube")]
    pub fn typed(&self) -> Result<crate::TypedObject, Problem> {
        use super::de::NodeDeserializer;
        use crate::problem::{Code, Severity};

        let (Content::Smi(object), Some(root)) = (&self.content, self.root()) else {
            let first = self.problems.iter().find(|problem| problem.is_error());
            return Err(first.cloned().unwrap_or_else(|| {
                let path = FieldPath::root();
                let message = "this is no SMI object";
                let location = Some(self.location());
                Problem::new(Severity::Error, Code::UnknownKind, path, location, message)
            }));
        };
        let (kind, version) = (object.kind(), object.meta().version);
        // Items of a list may leave these two to the list, and lenient reading may infer one.
        let deserializer = NodeDeserializer::new(root)
            .with_default("apiVersion", format!("{}/{version}", kind.group()))
            .with_default("kind", kind.to_string());
        crate::TypedObject::deserialize_as(kind, version, deserializer)
            .map_err(|failure| failure.problem(root).with_object(self.named()))
    }

    /// The text of the document, untouched; `None` for an item of a list, which is no text of its
    /// own.
    pub fn text(&self) -> Option<&str> {
        if self.item.is_some() {
            return None;
        }
        self.tree.source().text().get(self.range.clone())
    }

    /// What names the object as far as messages go, which need not have all of a huge name.
    pub(super) fn named(&self) -> Option<ObjectKey> {
        const LONGEST: usize = 253;
        let shortened = |text: &str| text.chars().take(LONGEST).collect();
        let namespace = self.namespace().map(shortened);
        Some(ObjectKey { kind: self.kind()?, namespace, name: shortened(self.name()?) })
    }

    fn metadata(&self, key: &str) -> Option<&str> {
        self.root()?.get("metadata")?.get(key)?.as_str().filter(|text| !text.is_empty())
    }
}
