use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::json;
use super::number::Number;
use super::source::{Location, Source};

/// The values of all documents of a text, in the order in which they are written.
///
/// Values are numbers into one vector, and text is kept as a place in the source: reading allocates
/// a handful of vectors per text, and no string but those that hold an escape.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(super) source: Arc<Source>,
    pub(super) nodes: Vec<NodeData>,
    pub(super) items: Vec<NodeId>,
    pub(super) entries: Vec<Entry>,
    /// The text of strings that don't stand in the source as they are.
    pub(super) unescaped: String,
    /// Whether a plain scalar or key means something else to others.
    pub(super) ambiguous: bool,
    /// The tags that mean nothing here, and the byte of the source at which their values begin.
    pub(super) tags: Vec<(u32, Text)>,
    /// The documents that are JSON, in order.
    pub(super) json: Vec<JsonPart>,
}

/// A JSON document. Its parser doesn't say where values stand, so their places are looked up when
/// the first one is asked for.
#[derive(Debug)]
pub(super) struct JsonPart {
    pub(super) first: NodeId,
    pub(super) range: Range<usize>,
    pub(super) places: OnceLock<Vec<u32>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NodeId(u32);

#[derive(Clone, Copy, Debug)]
pub(super) struct NodeData {
    /// The byte of the source at which the value begins; [`NO_PLACE`] in JSON.
    pub(super) start: u32,
    /// Whether this is a plain YAML scalar.
    pub(super) plain: bool,
    pub(super) data: Data,
}

/// Stands for a place that is not known. Texts are shorter.
pub(super) const NO_PLACE: u32 = u32::MAX;

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
    /// The byte of the source at which the key begins; [`NO_PLACE`] in JSON.
    pub(super) key_start: u32,
    /// Whether the key is a plain YAML scalar.
    pub(crate) plain: bool,
    pub(crate) value: NodeId,
}

impl Tree {
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

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
        let start = self.nodes.get(id.index()).map_or(NO_PLACE, |node| node.start);
        let start = if start == NO_PLACE { self.json_place(id) } else { Some(start) };
        start.map_or(0, |start| start as usize)
    }

    /// The byte of the source at which a key begins; `None` in JSON.
    pub(crate) fn key_start(&self, entry: &Entry) -> Option<usize> {
        (entry.key_start != NO_PLACE).then_some(entry.key_start as usize)
    }

    pub(crate) fn key_location(&self, entry: &Entry) -> Location {
        match entry.key {
            _ if entry.key_start != NO_PLACE => self.source.location(entry.key_start as usize),
            // In JSON a key without escapes stands right behind its quote.
            Text::Source(run) => self.source.location((run.start as usize).saturating_sub(1)),
            Text::Unescaped(_) => self.location(entry.value),
        }
    }

    fn json_place(&self, id: NodeId) -> Option<u32> {
        let behind = self.json.partition_point(|part| part.first <= id);
        let part = self.json.get(behind.checked_sub(1)?)?;
        let places = part.places.get_or_init(|| {
            let text = self.source.text().get(part.range.clone()).unwrap_or_default();
            json::places(text, part.range.start)
        });
        places.get(id.index() - part.first.index()).copied()
    }
}

impl NodeId {
    pub(super) fn new(index: usize) -> Self {
        Self(narrow(index))
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

impl Run {
    /// The reader refuses texts and documents whose places would not fit 31 bits.
    pub(super) fn new(start: usize, end: usize) -> Self {
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
    pub(super) fn start_in_source(self) -> Option<usize> {
        match self {
            Self::Source(run) => Some(run.start as usize),
            Self::Unescaped(_) => None,
        }
    }

    /// The number of bytes.
    pub(super) fn len(self) -> usize {
        match self {
            Self::Source(run) | Self::Unescaped(run) => run.len(),
        }
    }
}

pub(super) fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(NO_PLACE)
}
