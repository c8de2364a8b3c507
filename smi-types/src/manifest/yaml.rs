//! YAML: the only file that knows the YAML library.
//!
//! Documents are built from the parser's events rather than through serde, because events tell
//! what serde hides: where a value stands, whether a scalar is quoted, and where an alias is.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use serde_saphyr::granit_parser::{
    ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span, Tag,
};

use super::budget::{Budget, Spent};
use super::builder::{Builder, Mark, OpenKey};
use super::scalar::{self, Scalar};
use super::syntax::{SyntaxError, excerpt};
use super::tree::{Data, NodeId, Text};
use crate::problem::Code;

/// Reads the document that stands at these bytes of the source; `None` if there is none, or
/// nothing but null.
pub(super) fn parse(
    builder: &mut Builder,
    range: Range<usize>,
    budget: &mut Budget,
) -> Result<Option<NodeId>, SyntaxError> {
    let source = Arc::clone(builder.source());
    let Some(text) = source.text().get(range.clone()) else { return Ok(None) };
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut loader = Loader {
        builder,
        offset: range.start,
        budget,
        frames: Vec::new(),
        anchors: HashMap::new(),
        root: None,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| scan_error(&error, range.start))?;
        loader.event(event, span)?;
    }
    let null = |root: &NodeId| matches!(loader.builder.data(*root), Data::Null);
    Ok(loader.root.filter(|root| !null(root)))
}

struct Loader<'b> {
    builder: &'b mut Builder,
    /// The byte of the source at which the parsed text begins.
    offset: usize,
    budget: &'b mut Budget,
    frames: Vec<Frame>,
    /// Finished anchored values; one that is missing is still open.
    anchors: HashMap<usize, Anchored>,
    root: Option<NodeId>,
}

/// A collection that is not finished.
struct Frame {
    id: NodeId,
    start: usize,
    mark: Mark,
    anchor: usize,
    /// What the budget had spent before.
    spent: Spent,
    /// How deep the children nest.
    height: usize,
    place: Place,
}

enum Place {
    Item,
    Key,
    Value(OpenKey),
}

#[derive(Clone, Copy)]
struct Anchored {
    id: NodeId,
    /// What it holds, itself included.
    size: Spent,
    /// How many collections nest in it, itself included.
    height: usize,
    /// The text of a scalar, and whether it is plain.
    text: Option<(Text, bool)>,
}

impl Loader<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        let start = self.offset + span.start.byte_offset().unwrap_or_default();
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(start, &text, style, anchor, tag)
            }
            Event::SequenceStart(_, anchor, tag) => self.open(start, Place::Item, anchor, tag),
            Event::MappingStart(_, anchor, tag) => self.open(start, Place::Key, anchor, tag),
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => self.alias(start, anchor),
            // The parser was told to report neither comments nor unresolved aliases.
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        start: usize,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
    ) -> Result<(), SyntaxError> {
        let plain = style == ScalarStyle::Plain && tag.is_none();
        let resolved = resolve(start, text, style, tag.as_deref(), self.builder)?;
        let kept = self.builder.text(text);
        if plain {
            self.builder.note_plain(text);
        }
        let size = Spent::value(text.len());
        self.budget.spend(start, size)?;
        let mut is_key = false;
        if let Some(Frame { place: place @ Place::Key, .. }) = self.frames.last_mut() {
            if resolved == Scalar::Null {
                return Err(key_error(start, "null"));
            }
            *place = Place::Value(OpenKey { text: kept, start: Some(start), plain });
            if anchor == 0 {
                return Ok(());
            }
            is_key = true;
        }
        let id = self.builder.begin(Some(start));
        self.builder.set(
            id,
            match resolved {
                Scalar::Null => Data::Null,
                Scalar::Bool(value) => Data::Bool(value),
                Scalar::Number(value) => Data::Number(value),
                Scalar::String => Data::String(kept),
            },
        );
        if plain {
            self.builder.set_plain(id);
        }
        if anchor != 0 {
            let text = Some((kept, plain));
            self.anchors.insert(anchor, Anchored { id, size, height: 0, text });
        }
        if !is_key {
            self.value(id, 0);
        }
        Ok(())
    }

    fn open(
        &mut self,
        start: usize,
        place: Place,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
    ) -> Result<(), SyntaxError> {
        if let Some(Frame { place: Place::Key, .. }) = self.frames.last() {
            return Err(key_error(
                start,
                if matches!(place, Place::Item) { "a list" } else { "a mapping" },
            ));
        }
        let spent = self.budget.spent();
        self.budget.spend(start, Spent::value(0))?;
        self.budget.nest(start, self.frames.len() + 1)?;
        if let Some(tag) = tag {
            let expected = if matches!(place, Place::Item) { "seq" } else { "map" };
            if tag.core_suffix() != Some(expected) {
                self.builder.note_tag(start, &tag.original());
            }
        }
        let id = self.builder.begin(Some(start));
        let mark = match place {
            Place::Item => self.builder.open_sequence(),
            Place::Key | Place::Value(_) => self.builder.open_mapping(),
        };
        self.frames.push(Frame { id, start, mark, anchor, spent, height: 0, place });
        Ok(())
    }

    fn close(&mut self) -> Result<(), SyntaxError> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        match frame.place {
            Place::Item => self.builder.close_sequence(frame.id, frame.mark),
            Place::Key | Place::Value(_) => {
                self.builder.close_mapping(frame.id, frame.mark).map_err(|duplicate| {
                    let start = duplicate.start.unwrap_or(frame.start);
                    SyntaxError::duplicate_key(start, &duplicate.key)
                })?;
            }
        }
        let height = frame.height + 1;
        if frame.anchor != 0 {
            let size = self.budget.spent().since(frame.spent);
            let anchored = Anchored { id: frame.id, size, height, text: None };
            self.anchors.insert(frame.anchor, anchored);
        }
        self.value(frame.id, height);
        Ok(())
    }

    fn alias(&mut self, start: usize, anchor: usize) -> Result<(), SyntaxError> {
        let Some(anchored) = self.anchors.get(&anchor).copied() else {
            let message = "an alias stands inside the value that it refers to";
            return Err(SyntaxError::new(Code::YamlSyntax, start, message));
        };
        if let Some(Frame { place: place @ Place::Key, .. }) = self.frames.last_mut() {
            let Some((text, plain)) = anchored.text else {
                return Err(key_error(start, "a list or mapping"));
            };
            *place = Place::Value(OpenKey { text, start: Some(start), plain });
            return self.budget.spend(start, anchored.size);
        }
        self.budget.spend(start, anchored.size)?;
        self.budget.nest(start, self.frames.len() + anchored.height)?;
        let id = self.builder.alias(start, anchored.id);
        self.value(id, anchored.height);
        Ok(())
    }

    /// Puts a finished value into the collection that is open.
    fn value(&mut self, id: NodeId, height: usize) {
        let Some(frame) = self.frames.last_mut() else {
            self.root.get_or_insert(id);
            return;
        };
        frame.height = frame.height.max(height);
        match std::mem::replace(&mut frame.place, Place::Key) {
            Place::Value(key) => self.builder.push_entry(key, id),
            Place::Item | Place::Key => {
                frame.place = Place::Item;
                self.builder.push_item(id);
            }
        }
    }
}

/// What a scalar is; tags may say it, otherwise quotes make it text.
fn resolve(
    start: usize,
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    builder: &mut Builder,
) -> Result<Scalar, SyntaxError> {
    let Some(tag) = tag else {
        let plain = style == ScalarStyle::Plain;
        return Ok(if plain { scalar::resolve(text) } else { Scalar::String });
    };
    let resolved = scalar::resolve(text);
    let fits = match (tag.core_suffix(), resolved) {
        (Some("str"), _) => return Ok(Scalar::String),
        (Some("null"), Scalar::Null)
        | (Some("bool"), Scalar::Bool(_))
        | (Some("int" | "float"), Scalar::Number(_)) => true,
        (Some(_), _) => false,
        (None, _) => {
            // A lone `!` means text, and is nothing to wonder about.
            if tag.original() != "!" {
                builder.note_tag(start, &tag.original());
            }
            return Ok(Scalar::String);
        }
    };
    if fits {
        return Ok(resolved);
    }
    let message = format!("the tag {} does not fit {}", excerpt(&tag.original()), excerpt(text));
    Err(SyntaxError::new(Code::YamlSyntax, start, message))
}

fn key_error(start: usize, found: &str) -> SyntaxError {
    let message = format!("a key must be text, found {found}");
    SyntaxError::new(Code::YamlSyntax, start, message)
}

/// Says in words of the reader's what the parser found.
fn scan_error(error: &ScanError, offset: usize) -> SyntaxError {
    use ErrorKind as E;

    let start = offset + error.marker().byte_offset().unwrap_or_default();
    let syntax = |message: Cow<'static, str>| SyntaxError::new(Code::YamlSyntax, start, message);
    match error.kind() {
        E::RecursionLimitExceeded => {
            SyntaxError::new(Code::LimitExceeded, start, "lists and mappings nest too deep")
        }
        E::UnclosedQuotedScalar | E::DocumentIndicatorInQuotedScalar => {
            syntax("a quoted text is not closed".into())
        }
        E::InvalidQuotedScalarIndent => {
            syntax("a quoted text is not closed, or goes on without indentation".into())
        }
        E::UnclosedFlowCollection { open } => syntax(format!("`{open}` is not closed").into()),
        E::UnexpectedEofFlowSequence => syntax("`[` is not closed".into()),
        E::UnexpectedEofFlowMapping | E::UnexpectedEofImplicitFlowMapping => {
            syntax("`{` is not closed".into())
        }
        E::SimpleKeyExpected => syntax("a key without `:`".into())
            .with_help("check that text which goes on in the next line is indented or quoted"),
        E::ExpectedDocumentStart => syntax("the text goes on after its document has ended".into())
            .with_help("separate documents with `---`, and check the indentation"),
        E::BlockSequenceEntryNotAllowed => {
            syntax("a list entry `-` stands where none may stand".into())
                .with_help("check the indentation")
        }
        E::UnexpectedCharacter { character } => {
            syntax(format!("text can't begin with `{}`", character.escape_default()).into())
                .with_help("put it in quotes")
        }
        E::UnknownAnchor => syntax("an alias refers to no anchor before it".into()),
        E::TabNotAllowed | E::TabInBlockIndentation | E::TabInIndentation => {
            syntax("a tab stands where YAML wants spaces".into()).with_help("indent with spaces")
        }
        E::MappingValueNotAllowed | E::InvalidColonPlacement => {
            syntax("a `:` stands where no key may stand".into())
                .with_help("check the indentation, and put text that holds `: ` in quotes")
        }
        E::ExpectedBlockMappingKey | E::ExpectedBlockSequenceEntry | E::InvalidIndentation => {
            syntax("this line fits nothing that stands above it".into())
                .with_help("check the indentation of this line and of those before it")
        }
        kind => syntax(kind.to_string().into()),
    }
}
