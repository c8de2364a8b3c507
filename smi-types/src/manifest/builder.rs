use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::scalar;
use super::source::Source;
use super::tree::{Data, Entry, JsonPart, NO_PLACE, NodeData, NodeId, Run, Text, Tree, narrow};

/// Makes a [`Tree`]. Values are begun before their children and finished after them.
#[derive(Debug)]
pub(super) struct Builder {
    tree: Tree,
    open_items: Vec<NodeId>,
    open_entries: Vec<Entry>,
}

/// Where the children of an unfinished collection begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark(usize);

/// How far a [`Builder`] was at some time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checkpoint {
    nodes: usize,
    items: usize,
    entries: usize,
    unescaped: usize,
    tags: usize,
    ambiguous: bool,
}

/// The key of an entry that is being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenKey {
    pub(super) text: Text,
    /// The byte of the source at which the key begins, where that is known.
    pub(super) start: Option<usize>,
    pub(super) plain: bool,
}

/// A key that a mapping has twice.
#[derive(Debug)]
pub(super) struct DuplicateKey {
    pub(super) key: String,
    /// The byte of the source at which it stands the second time, where that is known.
    pub(super) start: Option<usize>,
}

impl Builder {
    pub(super) fn new(source: Arc<Source>) -> Self {
        // In dense manifests a value takes some sixteen bytes of text, and most values are in
        // mappings. Pages that are not needed are never touched.
        let length = source.text().len();
        let tree = Tree {
            source,
            nodes: Vec::with_capacity(length / 16),
            items: Vec::new(),
            entries: Vec::with_capacity(length / 24),
            unescaped: String::new(),
            ambiguous: false,
            tags: Vec::new(),
            json: Vec::new(),
        };
        Self { tree, open_items: Vec::new(), open_entries: Vec::new() }
    }

    pub(super) fn source(&self) -> &Arc<Source> {
        &self.tree.source
    }

    pub(super) fn finish(mut self) -> Tree {
        self.tree.nodes.shrink_to_fit();
        self.tree.entries.shrink_to_fit();
        self.tree
    }

    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            nodes: self.tree.nodes.len(),
            items: self.tree.items.len(),
            entries: self.tree.entries.len(),
            unescaped: self.tree.unescaped.len(),
            tags: self.tree.tags.len(),
            ambiguous: self.tree.ambiguous,
        }
    }

    /// Forgets what was begun since.
    pub(super) fn roll_back(&mut self, to: Checkpoint) {
        self.tree.nodes.truncate(to.nodes);
        self.tree.items.truncate(to.items);
        self.tree.entries.truncate(to.entries);
        self.tree.unescaped.truncate(to.unescaped);
        self.tree.tags.truncate(to.tags);
        self.tree.ambiguous = to.ambiguous;
        self.open_items.clear();
        self.open_entries.clear();
    }

    /// Begins a value. Without a place it is one of JSON. Its data is null until it is
    /// [`set`](Self::set).
    pub(super) fn begin(&mut self, start: Option<usize>) -> NodeId {
        let id = NodeId::new(self.tree.nodes.len());
        let start = start.map_or(NO_PLACE, narrow);
        self.tree.nodes.push(NodeData { start, plain: false, data: Data::Null });
        id
    }

    pub(super) fn set(&mut self, id: NodeId, data: Data) {
        if let Some(node) = self.tree.nodes.get_mut(id.index()) {
            node.data = data;
        }
    }

    pub(super) fn set_plain(&mut self, id: NodeId) {
        if let Some(node) = self.tree.nodes.get_mut(id.index()) {
            node.plain = true;
        }
    }

    pub(super) fn data(&self, id: NodeId) -> Data {
        self.tree.data(id)
    }

    /// The value that an alias stands for, at the place of the alias.
    pub(super) fn alias(&mut self, start: usize, target: NodeId) -> NodeId {
        let id = self.begin(Some(start));
        self.set(id, self.tree.data(target));
        id
    }

    /// Takes note that a plain scalar or key was read.
    pub(super) fn note_plain(&mut self, text: &str) {
        let ambiguous = || text == "<<" || scalar::other_reading(text).is_some();
        self.tree.ambiguous = self.tree.ambiguous || ambiguous();
    }

    /// Takes note of a tag that means nothing here.
    pub(super) fn note_tag(&mut self, start: usize, tag: &str) {
        let tag = self.text(tag);
        self.tree.tags.push((narrow(start), tag));
    }

    /// Takes note that the values from `first` on are a JSON document.
    pub(super) fn note_json(&mut self, first: NodeId, range: Range<usize>) {
        self.tree.json.push(JsonPart { first, range, places: OnceLock::new() });
    }

    pub(super) fn open_sequence(&self) -> Mark {
        Mark(self.open_items.len())
    }

    pub(super) fn push_item(&mut self, item: NodeId) {
        self.open_items.push(item);
    }

    pub(super) fn close_sequence(&mut self, id: NodeId, mark: Mark) {
        let start = self.tree.items.len();
        let mark = mark.0.min(self.open_items.len());
        self.tree.items.extend(self.open_items.drain(mark..));
        self.set(id, Data::Sequence(Run::new(start, self.tree.items.len())));
    }

    pub(super) fn open_mapping(&self) -> Mark {
        Mark(self.open_entries.len())
    }

    pub(super) fn push_entry(&mut self, key: OpenKey, value: NodeId) {
        let OpenKey { text, start, plain } = key;
        let key_start = start.map_or(NO_PLACE, narrow);
        self.open_entries.push(Entry { key: text, key_start, plain, value });
    }

    /// Finishes a mapping.
    ///
    /// # Errors
    ///
    /// A key is there twice.
    pub(super) fn close_mapping(&mut self, id: NodeId, mark: Mark) -> Result<(), DuplicateKey> {
        let start = self.tree.entries.len();
        let mark = mark.0.min(self.open_entries.len());
        self.tree.entries.extend(self.open_entries.drain(mark..));
        self.set(id, Data::Mapping(Run::new(start, self.tree.entries.len())));
        let entries = self.tree.entries.get(start..).unwrap_or_default();
        match duplicate(entries, &self.tree) {
            None => Ok(()),
            Some(entry) => {
                let key = self.tree.text(entry.key).to_owned();
                let start = (entry.key_start != NO_PLACE).then_some(entry.key_start as usize);
                Err(DuplicateKey { key, start })
            }
        }
    }

    /// Keeps a text. One that is a slice of the source is kept as a place.
    pub(super) fn text(&mut self, text: &str) -> Text {
        let source = self.tree.source.text();
        let start = text.as_ptr().addr().wrapping_sub(source.as_ptr().addr());
        if start <= source.len() && text.len() <= source.len() - start {
            return Text::Source(Run::new(start, start + text.len()));
        }
        let start = self.tree.unescaped.len();
        self.tree.unescaped.push_str(text);
        Text::Unescaped(Run::new(start, self.tree.unescaped.len()))
    }
}

/// The first entry whose key was there before.
fn duplicate(entries: &[Entry], tree: &Tree) -> Option<Entry> {
    // Comparing all with all is fastest for the few keys that mappings have, and out of the question
    // for the many that an attacker may write.
    const FEW: usize = 16;
    if entries.len() > FEW {
        let mut seen = HashSet::with_capacity(entries.len());
        return entries.iter().find(|entry| !seen.insert(tree.text(entry.key))).copied();
    }
    let same =
        |a: &Entry, b: &Entry| a.key.len() == b.key.len() && tree.text(a.key) == tree.text(b.key);
    let repeats = |(position, entry): &(usize, &Entry)| {
        entries.iter().take(*position).any(|before| same(before, entry))
    };
    entries.iter().enumerate().find(repeats).map(|(_, entry)| *entry)
}
