//! JSON: one document, or several behind each other.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::budget::{Budget, Spent};
use super::builder::{Builder, OpenKey};
use super::number::Number;
use super::options::Limits;
use super::source::Source;
use super::syntax::SyntaxError;
use super::tree::{Data, NodeId, Tree};
use crate::problem::Code;

/// A document that was read.
pub(super) struct Parsed {
    pub(super) root: NodeId,
    /// The byte of the source behind it and the space that follows.
    pub(super) end: usize,
}

/// Reads the document that begins at the start of this range of the source.
pub(super) fn parse(
    builder: &mut Builder,
    range: Range<usize>,
    budget: &mut Budget,
) -> Result<Parsed, SyntaxError> {
    let source = Arc::clone(builder.source());
    let text = source.text().get(range.clone()).unwrap_or_default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut loader = Loader { builder, budget, depth: 0, failure: None };
    let root = ValueSeed(&mut loader).deserialize(&mut deserializer).map_err(|error| {
        let start = range.start + byte(text, &error);
        match loader.failure.take() {
            Some(failure) if failure.start == UNKNOWN => SyntaxError { start, ..failure },
            Some(failure) => failure,
            None => SyntaxError::new(Code::JsonSyntax, start, message(&error)),
        }
    })?;
    // The parser doesn't tell where it stopped, unless it is made to complain about what follows.
    let end = deserializer.end().err().map(|error| range.start + byte(text, &error));
    let end = end.unwrap_or(range.end);
    builder.note_json(root, range.start..end);
    Ok(Parsed { root, end })
}

/// The values of a JSON value that is in memory, and its root; null if it is nested too deeply to be
/// read.
pub(crate) fn tree(value: &serde_json::Value) -> (Tree, NodeId) {
    let source = Arc::new(Source::new(&value.to_string()));
    let range = 0..source.text().len();
    let mut builder = Builder::new(Arc::clone(&source));
    match parse(&mut builder, range, &mut Budget::new(Limits::default())) {
        Ok(parsed) => (builder.finish(), parsed.root),
        Err(_) => {
            let mut builder = Builder::new(source);
            let root = builder.begin(None);
            (builder.finish(), root)
        }
    }
}

/// Whether a text begins as a JSON object does.
pub(super) fn looks_like_object(text: &str) -> bool {
    let inner = text.strip_prefix('{').map(str::trim_start);
    inner.is_some_and(|inner| inner.starts_with(['"', '}']))
}

/// Where the values of a valid JSON text begin, in order. Keys are no values.
pub(super) fn places(text: &str, offset: usize) -> Vec<u32> {
    let mut places = Vec::new();
    // For each open bracket, whether it is `{`.
    let mut open = Vec::new();
    let mut expects_key = false;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        let is_key = expects_key;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => continue,
            b',' => {
                expects_key = open.last() == Some(&true);
                continue;
            }
            b':' => {
                expects_key = false;
                continue;
            }
            b'}' | b']' => {
                open.pop();
                expects_key = false;
                continue;
            }
            b'{' | b'[' => {
                open.push(byte == b'{');
                expects_key = byte == b'{';
            }
            b'"' => skip_string(&mut bytes),
            // A number, `true`, `false` or `null`: letters, digits and signs up to what ends it.
            _ => {
                let rest = text.get(at + 1..).unwrap_or_default();
                let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-');
                let len = rest.len() - rest.trim_start_matches(word).len();
                if let Some(last) = len.checked_sub(1) {
                    bytes.nth(last);
                }
            }
        }
        if !is_key {
            places.push(u32::try_from(offset + at).unwrap_or(u32::MAX));
        }
    }
    places
}

fn skip_string(bytes: &mut impl Iterator<Item = (usize, u8)>) {
    while let Some((_, byte)) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
}

/// The place of something that the parser will be asked for.
const UNKNOWN: usize = usize::MAX;

struct Loader<'b> {
    builder: &'b mut Builder,
    budget: &'b mut Budget,
    depth: usize,
    /// Why the visitors gave up, as the parser's errors can't carry it.
    failure: Option<SyntaxError>,
}

impl Loader<'_> {
    fn fail<E: Error>(&mut self, failure: SyntaxError) -> E {
        self.failure = Some(failure);
        E::custom("refused")
    }

    fn nest<E: Error>(&mut self) -> Result<(), E> {
        self.depth += 1;
        self.budget.nest(UNKNOWN, self.depth).map_err(|failure| self.fail(failure))
    }
}

struct ValueSeed<'l, 'b>(&'l mut Loader<'b>);

impl<'de> DeserializeSeed<'de> for ValueSeed<'_, '_> {
    type Value = NodeId;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<NodeId, D::Error> {
        let Self(loader) = self;
        loader.budget.spend(UNKNOWN, Spent::value(0)).map_err(|failure| loader.fail(failure))?;
        let id = loader.builder.begin(None);
        deserializer.deserialize_any(ValueVisitor { loader, id })?;
        Ok(id)
    }
}

struct ValueVisitor<'l, 'b> {
    loader: &'l mut Loader<'b>,
    id: NodeId,
}

impl<'de> Visitor<'de> for ValueVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.loader.builder.set(self.id, Data::Bool(value));
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.loader.builder.set(self.id, Data::Number(Number::Unsigned(value)));
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        let number = u64::try_from(value).map_or(Number::Negative(value), Number::Unsigned);
        self.loader.builder.set(self.id, Data::Number(number));
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.loader.builder.set(self.id, Data::Number(Number::Float(value)));
        Ok(())
    }

    /// Both borrowed and unescaped text: the builder tells which is which.
    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        let text = self.loader.builder.text(value);
        self.loader.builder.set(self.id, Data::String(text));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Self { loader, id } = self;
        loader.nest()?;
        let mark = loader.builder.open_sequence();
        while let Some(item) = access.next_element_seed(ValueSeed(loader))? {
            loader.builder.push_item(item);
        }
        loader.builder.close_sequence(id, mark);
        loader.depth -= 1;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Self { loader, id } = self;
        loader.nest()?;
        let mark = loader.builder.open_mapping();
        while let Some(key) = access.next_key_seed(KeySeed(loader))? {
            let value = access.next_value_seed(ValueSeed(loader))?;
            loader.builder.push_entry(key, value);
        }
        loader.builder.close_mapping(id, mark).map_err(|duplicate| {
            let start = duplicate.start.unwrap_or(UNKNOWN);
            loader.fail(SyntaxError::duplicate_key(start, &duplicate.key))
        })?;
        loader.depth -= 1;
        Ok(())
    }
}

struct KeySeed<'l, 'b>(&'l mut Loader<'b>);

impl<'de> DeserializeSeed<'de> for KeySeed<'_, '_> {
    type Value = OpenKey;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<OpenKey, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_, '_> {
    type Value = OpenKey;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<OpenKey, E> {
        let text = self.0.builder.text(key);
        // A key that is a slice of the source stands right behind its quote.
        let start = text.start_in_source().map(|start| start.saturating_sub(1));
        Ok(OpenKey { text, start, plain: false })
    }
}

/// The byte of the text that an error is about.
fn byte(text: &str, error: &serde_json::Error) -> usize {
    let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
    let line = error.line().checked_sub(2).and_then(|line| breaks.into_iter().nth(line));
    let start = line.unwrap_or_default();
    (start + error.column().saturating_sub(1)).min(text.len())
}

/// What the parser says, without its own idea of the place, which counts from the document.
fn message(error: &serde_json::Error) -> String {
    let message = error.to_string().replace("expected ident", "expected a value");
    match message.rfind(" at line ") {
        Some(end) => message.get(..end).unwrap_or_default().to_owned(),
        None => message,
    }
}
