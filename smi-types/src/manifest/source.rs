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

/// Where lines begin, and how many characters come before every block of the text, so that a
/// location costs the same anywhere in a text, be it one line of many megabytes.
#[derive(Debug)]
struct LineIndex {
    /// The byte at which each line begins.
    lines: Vec<usize>,
    /// The number of characters before each block of [`BLOCK`] bytes; empty if all are ASCII.
    blocks: Vec<usize>,
}

const BLOCK: usize = 1024;

impl LineIndex {
    fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut lines = vec![0];
        for (position, byte) in bytes.iter().enumerate() {
            // YAML breaks lines at `\n`, `\r\n` and a lone `\r`.
            let lone = *byte == b'\r' && bytes.get(position + 1) != Some(&b'\n');
            if *byte == b'\n' || lone {
                lines.push(position + 1);
            }
        }
        let mut blocks = Vec::new();
        if !text.is_ascii() {
            let mut characters = 0;
            for block in bytes.chunks(BLOCK) {
                blocks.push(characters);
                characters += count_characters(block);
            }
        }
        Self { lines, blocks }
    }

    fn location(&self, text: &str, byte: usize) -> Location {
        let line = self.lines.partition_point(|start| *start <= byte);
        let start = line.checked_sub(1).and_then(|line| self.lines.get(line)).map_or(0, |at| *at);
        let column = self.characters_before(text, byte) - self.characters_before(text, start) + 1;
        Location { line, column }
    }

    fn characters_before(&self, text: &str, byte: usize) -> usize {
        let byte = byte.min(text.len());
        match self.blocks.get(byte / BLOCK) {
            Some(before) => {
                let block = text.as_bytes().get(byte / BLOCK * BLOCK..byte).unwrap_or_default();
                before + count_characters(block)
            }
            None if self.blocks.is_empty() => byte,
            // Just behind a text whose length is a multiple of the block size.
            None => text.chars().count(),
        }
    }
}

/// Counts the bytes that begin a UTF-8 character.
fn count_characters(bytes: &[u8]) -> usize {
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
