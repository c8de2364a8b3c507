use std::fmt;
use std::sync::OnceLock;

/// A place in a text that was read.
///
/// Prints as `line 3, column 7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A text that was read, which finds lines and columns when asked.
#[derive(Debug)]
pub(crate) struct Source {
    text: Box<str>,
    index: OnceLock<LineIndex>,
}

impl Source {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.into(), index: OnceLock::new() }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The line and column of a byte of the text.
    pub(crate) fn location(&self, byte: usize) -> Location {
        self.index.get_or_init(|| LineIndex::new(&self.text)).location(&self.text, byte)
    }
}

/// What comes before every block of a text: a location costs the same anywhere, be it in a text of
/// many short lines or in one line of many megabytes, and the index is small beside the text.
#[derive(Debug)]
struct LineIndex {
    blocks: Vec<Block>,
}

/// A block of [`BLOCK`] bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Block {
    /// The number of line breaks before it.
    breaks: usize,
    /// The byte at which the line begins in which it begins.
    line: usize,
    /// The number of characters before it.
    characters: usize,
}

const BLOCK: usize = 1024;

impl LineIndex {
    fn new(text: &str) -> Self {
        let mut blocks = vec![Block::default()];
        let mut block = Block::default();
        for start in (0..text.len()).step_by(BLOCK) {
            let end = start + BLOCK;
            block.skip_breaks(text, start, end);
            block.characters += count_characters(text, start, end);
            blocks.push(block);
        }
        Self { blocks }
    }

    fn location(&self, text: &str, byte: usize) -> Location {
        let byte = byte.min(text.len());
        let (mut block, start) = self.block(byte);
        block.skip_breaks(text, start, byte);
        let characters = |byte| {
            let (block, start) = self.block(byte);
            block.characters + count_characters(text, start, byte)
        };
        let column = characters(byte) - characters(block.line) + 1;
        Location { line: block.breaks + 1, column }
    }

    /// The block that holds a byte, and where it begins.
    fn block(&self, byte: usize) -> (Block, usize) {
        let number = byte / BLOCK;
        (self.blocks.get(number).copied().unwrap_or_default(), number * BLOCK)
    }
}

impl Block {
    /// Goes on to a later place of the text, as far as lines are concerned.
    fn skip_breaks(&mut self, text: &str, start: usize, end: usize) {
        let bytes = text.as_bytes();
        let end = end.min(bytes.len());
        for (offset, byte) in bytes.get(start..end).unwrap_or_default().iter().enumerate() {
            // YAML breaks lines at `\n`, `\r\n` and a lone `\r`.
            let next = start + offset + 1;
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(next) != Some(&b'\n')) {
                self.breaks += 1;
                self.line = next;
            }
        }
    }
}

/// Counts the bytes that begin a UTF-8 character.
fn count_characters(text: &str, start: usize, end: usize) -> usize {
    let bytes = text.as_bytes().get(start..end.min(text.len())).unwrap_or_default();
    bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_and_columns_count_from_one() {
        let source = Source::new("a\r\nbé😀c\n\nd");
        for (found, line, column) in
            [("a", 1, 1), ("\r", 1, 2), ("b", 2, 1), ("c", 2, 4), ("d", 4, 1)]
        {
            let byte = source.text().find(found).unwrap();
            assert_eq!(source.location(byte), Location { line, column }, "{found:?}");
        }
        assert_eq!(source.location(source.text().len()), Location { line: 4, column: 2 });
    }

    proptest! {
        #[test]
        fn locations_agree_with_counting(
            text in "([aé😀\n]{0,40}|[^\r]{0,20}){0,80}",
            place in any::<prop::sample::Index>(),
        ) {
            let starts: Vec<usize> =
                text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let byte = *place.get(&starts);
            let (before, _) = text.split_at(byte);
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            prop_assert_eq!(Source::new(&text).location(byte), Location { line, column });
        }
    }
}
