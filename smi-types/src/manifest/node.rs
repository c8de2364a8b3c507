use std::fmt;

use super::number::Number;
use super::source::Location;
use super::tree::{Data, Entry, NodeId, Run, Tree};
use crate::path::{FieldPath, PathSegment};

/// A value of a document, with its place in the text.
///
/// # Examples
///
/// ```
/// use smi_types::manifest::{Manifest, Value};
///
/// let manifest = Manifest::read("kind: Service\nspec:\n  ports:\n  - port: 80\n");
/// let root = manifest.documents()[0].root().ok_or("no document")?;
///
/// let port = root.find(&"spec.ports[0].port".parse()?).ok_or("no port")?;
/// assert!(matches!(port.value(), Value::Number(number) if number.to_u64() == Some(80)));
/// assert_eq!(port.location().to_string(), "line 4, column 11");
///
/// assert!(root.get("status").is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Node<'a> {
    tree: &'a Tree,
    id: NodeId,
}

/// What a [`Node`] holds: exactly one of these, as in JSON.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    String(&'a str),
    /// A list.
    Sequence(Sequence<'a>),
    /// A mapping from texts to values.
    Mapping(Mapping<'a>),
}

/// A list of a document.
#[derive(Clone, Copy)]
pub struct Sequence<'a> {
    tree: &'a Tree,
    run: Run,
}

/// A mapping of a document. Keys are texts, and each is there once.
#[derive(Clone, Copy)]
pub struct Mapping<'a> {
    tree: &'a Tree,
    run: Run,
}

impl<'a> Node<'a> {
    /// What the node holds.
    pub fn value(self) -> Value<'a> {
        let tree = self.tree;
        match tree.data(self.id) {
            Data::Null => Value::Null,
            Data::Bool(value) => Value::Bool(value),
            Data::Number(value) => Value::Number(value),
            Data::String(text) => Value::String(tree.text(text)),
            Data::Sequence(run) => Value::Sequence(Sequence { tree, run }),
            Data::Mapping(run) => Value::Mapping(Mapping { tree, run }),
        }
    }

    /// The text, if the node is one.
    pub fn as_str(self) -> Option<&'a str> {
        if let Value::String(text) = self.value() { Some(text) } else { None }
    }

    /// The list, if the node is one.
    pub fn as_sequence(self) -> Option<Sequence<'a>> {
        if let Value::Sequence(sequence) = self.value() { Some(sequence) } else { None }
    }

    /// The mapping, if the node is one.
    pub fn as_mapping(self) -> Option<Mapping<'a>> {
        if let Value::Mapping(mapping) = self.value() { Some(mapping) } else { None }
    }

    /// Whether the node is null, which in Kubernetes means the same as an absent field.
    pub fn is_null(self) -> bool {
        matches!(self.value(), Value::Null)
    }

    /// The entry of this key, if the node is a mapping that has one.
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        self.as_mapping()?.get(key)
    }

    /// The node at the end of a path, if there is one.
    pub fn find(self, path: &FieldPath) -> Option<Node<'a>> {
        path.segments().iter().try_fold(self, Self::child)
    }

    /// The node at the end of a path or, if there is none, the last one on the way to it.
    pub fn nearest(self, path: &FieldPath) -> Node<'a> {
        let mut node = self;
        for segment in path.segments() {
            let Some(child) = node.child(segment) else { break };
            node = child;
        }
        node
    }

    /// Where the node stands in the text. A mapping or list that is written without brackets begins
    /// with its first entry.
    pub fn location(self) -> Location {
        self.tree.location(self.id)
    }

    pub(crate) fn new(tree: &'a Tree, id: NodeId) -> Self {
        Self { tree, id }
    }

    pub(crate) fn id(self) -> NodeId {
        self.id
    }

    pub(crate) fn tree(self) -> &'a Tree {
        self.tree
    }

    /// The text from where the node stands on, and the byte at which that is.
    pub(crate) fn rest(self) -> (usize, &'a str) {
        let start = self.tree.start(self.id);
        (start, self.tree.source_text().get(start..).unwrap_or_default())
    }

    /// Whether the node is a plain YAML scalar.
    pub(crate) fn is_plain(self) -> bool {
        self.tree.is_plain(self.id)
    }

    /// A plain YAML scalar as it is written.
    pub(crate) fn plain_text(self) -> &'a str {
        match self.value() {
            Value::String(text) => text,
            _ => self.tree.word(self.id),
        }
    }

    /// The tag of the node, if it is one that means nothing here.
    pub(crate) fn unknown_tag(self) -> Option<&'a str> {
        self.tree.unknown_tag(self.id)
    }

    fn child(self, segment: &PathSegment) -> Option<Node<'a>> {
        match segment {
            PathSegment::Key(key) => self.get(key),
            PathSegment::Index(index) => self.as_sequence()?.get(*index),
        }
    }
}

impl<'a> Sequence<'a> {
    /// The number of entries.
    pub fn len(self) -> usize {
        self.run.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The entry of this number, counted from 0.
    pub fn get(self, index: usize) -> Option<Node<'a>> {
        let tree = self.tree;
        tree.items(self.run).get(index).map(|id| Node::new(tree, *id))
    }

    /// The entries, in order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = Node<'a>> + use<'a> {
        let tree = self.tree;
        tree.items(self.run).iter().map(move |id| Node::new(tree, *id))
    }
}

impl<'a> Mapping<'a> {
    /// The number of entries.
    pub fn len(self) -> usize {
        self.run.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The entry of this key.
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        let tree = self.tree;
        let entry = tree.entries(self.run).iter().find(|entry| tree.text(entry.key) == key)?;
        Some(Node::new(tree, entry.value))
    }

    /// The entries, in the order in which they are written.
    pub fn iter(self) -> impl ExactSizeIterator<Item = (&'a str, Node<'a>)> + use<'a> {
        self.entries().map(|(key, value)| (key.text(), value))
    }

    /// The entry of this number, in the order in which they are written.
    pub(crate) fn at(self, index: usize) -> Option<(&'a str, Node<'a>)> {
        let tree = self.tree;
        let entry = tree.entries(self.run).get(index)?;
        Some((tree.text(entry.key), Node::new(tree, entry.value)))
    }

    /// The entries with keys that know their places.
    pub(crate) fn entries(self) -> impl ExactSizeIterator<Item = (Key<'a>, Node<'a>)> + use<'a> {
        let tree = self.tree;
        let entries = tree.entries(self.run).iter();
        entries.map(move |entry| (Key { tree, entry }, Node::new(tree, entry.value)))
    }
}

/// The key of an entry of a mapping.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key<'a> {
    tree: &'a Tree,
    entry: &'a Entry,
}

impl<'a> Key<'a> {
    pub(crate) fn text(self) -> &'a str {
        self.tree.text(self.entry.key)
    }

    pub(crate) fn location(self) -> Location {
        self.tree.key_location(self.entry)
    }

    /// The text from where the key stands on, and the byte at which that is; `None` in JSON.
    pub(crate) fn rest(self) -> Option<(usize, &'a str)> {
        let start = self.tree.key_start(self.entry)?;
        Some((start, self.tree.source_text().get(start..)?))
    }

    /// Whether the key is a plain YAML scalar.
    pub(crate) fn is_plain(self) -> bool {
        self.entry.plain
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

impl fmt::Debug for Sequence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Debug for Mapping<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
