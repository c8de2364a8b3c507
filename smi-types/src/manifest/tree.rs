use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::json;
use super::number::Number;
use super::scalar;
use super::source::{Location, Source};

/// The values of one document, in the order in which they are written.
///
/// Values are numbers into one vector, and text is kept as a place in the source: reading allocates
/// a handful of vectors per document, and no string but those that hold an escape.
#[derive(Debug)]
pub(crate) struct Tree {
    source: Arc<Source>,
    format: Format,
    nodes: Vec<NodeData>,
    items: Vec<NodeId>,
    entries: Vec<Entry>,
    /// The text of strings that don't stand in the source as they are.
    unescaped: String,
    /// Whether a plain scalar or key means something else to kubectl.
    ambiguous: bool,
    /// The tags that mean nothing here, and the byte of the source at which their values begin.
    tags: Vec<(u32, Text)>,
    /// Where the values of a JSON document stand: its parser doesn't say, so they are looked up
    /// when the first place is asked for.
    json_places: OnceLock<Vec<u32>>,
}

/// The notation of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Yaml,
    /// JSON, at these bytes of the source.
    Json(Range<usize>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeId(u32);

#[derive(Clone, Copy, Debug)]
struct NodeData {
    /// The byte of the source at which the value begins; meaningless in JSON.
    start: u32,
    /// Whether this is a plain YAML scalar.
    plain: bool,
    data: Data,
}

/// A value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    Number(Number),
    String(Text),
    /// A run of `Tree::items`.
    Sequence(Run),
    /// A run of `Tree::entries`.
    Mapping(Run),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    start: u32,
    len: u32,
}

/// A text: a place in the source, or in `Tree::unescaped`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text {
    Source(Run),
    Unescaped(Run),
}

/// An entry of a mapping.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Text,
    /// The byte of the source at which the key begins; meaningless in JSON.
    key_start: u32,
    /// Whether the key is a plain YAML scalar.
    pub(crate) plain: bool,
    pub(crate) value: NodeId,
}

impl Tree {
    pub(crate) const ROOT: NodeId = NodeId(0);

    pub(crate) fn data(&self, id: NodeId) -> Data {
        self.nodes.get(id.index()).map_or(Data::Null, |node| node.data)
    }

    pub(crate) fn is_plain(&self, id: NodeId) -> bool {
        self.nodes.get(id.index()).is_some_and(|node| node.plain)
    }

    pub(crate) fn text(&self, text: Text) -> &str {
        match text {
            Text::Source(run) => self.source.text().get(run.range()),
            Text::Unescaped(run) => self.unescaped.get(run.range()),
        }
        .unwrap_or_default()
    }

    pub(crate) fn items(&self, run: Run) -> &[NodeId] {
        self.items.get(run.range()).unwrap_or_default()
    }

    pub(crate) fn entries(&self, run: Run) -> &[Entry] {
        self.entries.get(run.range()).unwrap_or_default()
    }

    pub(crate) fn is_ambiguous(&self) -> bool {
        self.ambiguous
    }

    /// The letters, digits and signs that stand where a value begins.
    pub(crate) fn word(&self, id: NodeId) -> &str {
        let start = self.nodes.get(id.index()).map_or(0, |node| node.start as usize);
        let text = self.source.text().get(start..).unwrap_or_default();
        let is_word = |c: char| c.is_ascii_alphanumeric() || "+-._~".contains(c);
        let rest = text.trim_start_matches(is_word);
        text.get(..text.len() - rest.len()).unwrap_or_default()
    }

    /// Whether there are tags that mean nothing here.
    pub(crate) fn has_unknown_tags(&self) -> bool {
        !self.tags.is_empty()
    }

    pub(crate) fn unknown_tag(&self, id: NodeId) -> Option<&str> {
        let start = self.nodes.get(id.index())?.start;
        // Documents are read front to back, so the places are in order.
        let found = self.tags.binary_search_by_key(&start, |(start, _)| *start).ok()?;
        self.tags.get(found).map(|(_, tag)| self.text(*tag))
    }

    pub(crate) fn location(&self, id: NodeId) -> Location {
        self.source.location(self.start(id))
    }

    /// The text that was read.
    pub(crate) fn source_text(&self) -> &str {
        self.source.text()
    }

    /// The byte of the source at which a value begins.
    pub(crate) fn start(&self, id: NodeId) -> usize {
        let start = match &self.format {
            Format::Yaml => self.nodes.get(id.index()).map(|node| node.start),
            Format::Json(range) => {
                let places = self.json_places.get_or_init(|| {
                    let text = self.source.text().get(range.clone()).unwrap_or_default();
                    json::places(text, range.start)
                });
                places.get(id.index()).copied()
            }
        };
        start.map_or(0, |start| start as usize)
    }

    /// The byte of the source at which a key begins; `None` in JSON.
    pub(crate) fn key_start(&self, entry: &Entry) -> Option<usize> {
        matches!(self.format, Format::Yaml).then_some(entry.key_start as usize)
    }

    pub(crate) fn key_location(&self, entry: &Entry) -> Location {
        match (&self.format, entry.key) {
            (Format::Yaml, _) => self.source.location(entry.key_start as usize),
            // In JSON a key without escapes stands right behind its quote.
            (Format::Json(_), Text::Source(run)) => {
                self.source.location((run.start as usize).saturating_sub(1))
            }
            (Format::Json(_), Text::Unescaped(_)) => self.location(entry.value),
        }
    }
}

impl NodeId {
    fn index(self) -> usize {
        self.0 as usize
    }
}

impl Run {
    /// The reader refuses texts and documents whose places would not fit 31 bits.
    fn new(start: usize, end: usize) -> Self {
        Self { start: narrow(start), len: narrow(end.saturating_sub(start)) }
    }

    fn range(self) -> Range<usize> {
        let start = self.start as usize;
        start..start + self.len as usize
    }

    pub(crate) fn len(self) -> usize {
        self.len as usize
    }
}

impl Text {
    /// The byte of the source at which the text stands, unless it was unescaped.
    pub(crate) fn start_in_source(self) -> Option<usize> {
        match self {
            Self::Source(run) => Some(run.start as usize),
            Self::Unescaped(_) => None,
        }
    }
}

fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// Makes a [`Tree`]. Values are begun before their children and finished after them.
#[derive(Debug)]
pub(crate) struct Builder<'s> {
    source: &'s Arc<Source>,
    nodes: Vec<NodeData>,
    items: Vec<NodeId>,
    entries: Vec<Entry>,
    unescaped: String,
    ambiguous: bool,
    tags: Vec<(u32, Text)>,
    open_items: Vec<NodeId>,
    open_entries: Vec<Entry>,
}

/// Where the children of an unfinished collection begin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark(usize);

impl<'s> Builder<'s> {
    pub(crate) fn new(source: &'s Arc<Source>) -> Self {
        Self {
            source,
            nodes: Vec::new(),
            items: Vec::new(),
            entries: Vec::new(),
            unescaped: String::new(),
            ambiguous: false,
            tags: Vec::new(),
            open_items: Vec::new(),
            open_entries: Vec::new(),
        }
    }

    pub(crate) fn finish(self, format: Format) -> Tree {
        Tree {
            source: Arc::clone(self.source),
            format,
            nodes: self.nodes,
            items: self.items,
            entries: self.entries,
            unescaped: self.unescaped,
            ambiguous: self.ambiguous,
            tags: self.tags,
            json_places: OnceLock::new(),
        }
    }

    /// Begins a value at a byte of the source; `Data` is `Null` until it is [`set`](Self::set).
    pub(crate) fn begin(&mut self, start: usize) -> NodeId {
        let id = NodeId(narrow(self.nodes.len()));
        self.nodes.push(NodeData { start: narrow(start), plain: false, data: Data::Null });
        id
    }

    pub(crate) fn set(&mut self, id: NodeId, data: Data) {
        if let Some(node) = self.nodes.get_mut(id.index()) {
            node.data = data;
        }
    }

    pub(crate) fn set_plain(&mut self, id: NodeId) {
        if let Some(node) = self.nodes.get_mut(id.index()) {
            node.plain = true;
        }
    }

    pub(crate) fn note_ambiguity(&mut self, plain: &str) {
        self.ambiguous =
            self.ambiguous || plain == "<<" || scalar::kubectl_reading(plain).is_some();
    }

    pub(crate) fn note_tag(&mut self, start: usize, tag: &str) {
        let tag = self.text(tag);
        self.tags.push((narrow(start), tag));
    }

    /// The value that an alias stands for, at the place of the alias.
    pub(crate) fn alias(&mut self, start: usize, target: NodeId) -> NodeId {
        let id = self.begin(start);
        if let Some(target) = self.nodes.get(target.index()).copied() {
            self.set(id, target.data);
        }
        id
    }

    pub(crate) fn data(&self, id: NodeId) -> Data {
        self.nodes.get(id.index()).map_or(Data::Null, |node| node.data)
    }

    pub(crate) fn open_sequence(&self) -> Mark {
        Mark(self.open_items.len())
    }

    pub(crate) fn push_item(&mut self, item: NodeId) {
        self.open_items.push(item);
    }

    pub(crate) fn close_sequence(&mut self, id: NodeId, mark: Mark) {
        let start = self.items.len();
        self.items.extend(self.open_items.drain(mark.0.min(self.open_items.len())..));
        self.set(id, Data::Sequence(Run::new(start, self.items.len())));
    }

    pub(crate) fn open_mapping(&self) -> Mark {
        Mark(self.open_entries.len())
    }

    pub(crate) fn push_entry(&mut self, key: OpenKey, value: NodeId) {
        let OpenKey { text, start, plain } = key;
        self.open_entries.push(Entry { key: text, key_start: narrow(start), plain, value });
    }

    /// Finishes a mapping.
    ///
    /// # Errors
    ///
    /// A key is there twice.
    pub(crate) fn close_mapping(&mut self, id: NodeId, mark: Mark) -> Result<(), DuplicateKey> {
        let start = self.entries.len();
        self.entries.extend(self.open_entries.drain(mark.0.min(self.open_entries.len())..));
        self.set(id, Data::Mapping(Run::new(start, self.entries.len())));
        match self.duplicate(self.entries.get(start..).unwrap_or_default()) {
            None => Ok(()),
            Some(entry) => {
                let key = self.text_of(entry.key).to_owned();
                let start = (entry.key_start != u32::MAX).then_some(entry.key_start as usize);
                Err(DuplicateKey { key, start })
            }
        }
    }

    /// Keeps a text. One that is a slice of the source is kept as a place.
    pub(crate) fn text(&mut self, text: &str) -> Text {
        let source = self.source.text();
        let start = text.as_ptr().addr().wrapping_sub(source.as_ptr().addr());
        if start <= source.len() && text.len() <= source.len() - start {
            return Text::Source(Run::new(start, start + text.len()));
        }
        let start = self.unescaped.len();
        self.unescaped.push_str(text);
        Text::Unescaped(Run::new(start, self.unescaped.len()))
    }

    fn text_of(&self, text: Text) -> &str {
        match text {
            Text::Source(run) => self.source.text().get(run.range()),
            Text::Unescaped(run) => self.unescaped.get(run.range()),
        }
        .unwrap_or_default()
    }

    fn duplicate(&self, entries: &[Entry]) -> Option<Entry> {
        // Comparing all with all is fastest for the few keys that mappings have, and out of the
        // question for the many that an attacker may write.
        const FEW: usize = 16;
        if entries.len() <= FEW {
            let mut rest = entries;
            let mut first = None;
            while let [before @ .., entry] = rest {
                let key = self.text_of(entry.key);
                if before.iter().any(|other| self.text_of(other.key) == key) {
                    first = Some(*entry);
                }
                rest = before;
            }
            return first;
        }
        let mut seen = HashSet::with_capacity(entries.len());
        entries.iter().find(|entry| !seen.insert(self.text_of(entry.key))).copied()
    }
}

/// A key that a mapping has twice.
#[derive(Debug)]
pub(crate) struct DuplicateKey {
    pub(crate) key: String,
    /// The byte of the source at which it stands the second time, where that is known.
    pub(crate) start: Option<usize>,
}

/// The key of an entry that is being read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenKey {
    pub(crate) text: Text,
    pub(crate) start: usize,
    pub(crate) plain: bool,
}
