use std::ops::Range;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::ascii::{self, Negate};
use super::complement::complement;
use super::cursor::Cursor;
use super::error::{Fault, PatternErrorKind};
use super::escape::{self, CodePoint};
use super::fold::{Case, Folder};
use super::unicode;

/// Reads the classes of one pattern.
#[derive(Debug)]
pub(super) struct ClassReader {
    folder: Folder,
    /// Where the last `:]` of the pattern begins. Behind it no `[:` begins a POSIX class, which is
    /// found out once instead of at each `[:`.
    last_posix_end: Option<usize>,
}

impl ClassReader {
    /// Reads classes of `pattern`, with `max_bytes` for all of them together.
    pub(super) fn new(pattern: &str, max_bytes: usize) -> Self {
        Self { folder: Folder::new(max_bytes), last_posix_end: pattern.rfind(":]") }
    }

    /// Reads a class from behind its `[` at `start`.
    pub(super) fn bracketed(
        &mut self,
        cursor: &mut Cursor<'_>,
        start: usize,
        case: Case,
    ) -> Result<ClassUnicode, Fault> {
        let bracket = cursor.span_from(start);
        let unclosed = || Fault::new(PatternErrorKind::UnclosedClass, bracket.clone());
        let negate = Negate::when(cursor.eat("^"));
        // Groups are folded one by one, before they are negated.
        let (mut written, mut groups) = (Vec::new(), Vec::new());
        // A `]` that comes first is a member.
        let mut first = true;
        while first || !cursor.eat("]") {
            first = false;
            if let Some(group) = self.group(cursor, case)? {
                groups.extend_from_slice(group.ranges());
                continue;
            }
            let range_start = cursor.offset();
            let lo = member(cursor).ok_or_else(unclosed)??;
            let mut hi = lo;
            let mut ahead = *cursor;
            // In `[a-]` the minus is a member.
            if ahead.eat("-") && ahead.peek().is_some_and(|c| c != ']') {
                *cursor = ahead;
                hi = member(cursor).ok_or_else(unclosed)??;
                if hi < lo {
                    let range = cursor.span_from(range_start);
                    return Err(Fault::new(PatternErrorKind::RangeOrder, range));
                }
            }
            written.extend(scalar_range(lo, hi));
        }
        let mut class = self.folder.fold(ClassUnicode::new(written), case);
        self.folder.check(cursor.span_from(start))?;
        class.union(&ClassUnicode::new(groups));
        Ok(if negate == Negate::Yes { complement(class) } else { class })
    }

    /// Reads a class that is written as an escape: `\d`, `\pL`, `\p{Greek}`. `None`, and nothing
    /// consumed, if there is none.
    pub(super) fn escaped(
        &mut self,
        cursor: &mut Cursor<'_>,
        case: Case,
    ) -> Result<Option<ClassUnicode>, Fault> {
        let mut ahead = *cursor;
        let start = ahead.offset();
        if !ahead.eat("\\") {
            return Ok(None);
        }
        let (class, negate) = match ahead.next() {
            Some(letter @ ('p' | 'P')) => {
                let (class, negate) = unicode::property(&mut ahead, start)?;
                (class, if letter == 'P' { negate.flipped() } else { negate })
            }
            Some(letter) => match ascii::perl(letter) {
                Some((ranges, negate)) => (ascii_class(ranges), negate),
                None => return Ok(None),
            },
            None => return Ok(None),
        };
        let class = self.folder.group(class, negate, case);
        self.folder.check(ahead.span_from(start))?;
        *cursor = ahead;
        Ok(Some(class))
    }

    /// The character, with its other cases if case is ignored.
    pub(super) fn character(&mut self, c: char, case: Case) -> ClassUnicode {
        self.folder.fold(ClassUnicode::new([ClassUnicodeRange::new(c, c)]), case)
    }

    /// Fails if the classes so far cost more than they may; they are those of `span`.
    pub(super) fn check(&self, span: Range<usize>) -> Result<(), Fault> {
        self.folder.check(span)
    }

    /// Reads a class within brackets: an escaped one, or a POSIX class.
    fn group(
        &mut self,
        cursor: &mut Cursor<'_>,
        case: Case,
    ) -> Result<Option<ClassUnicode>, Fault> {
        let mut ahead = *cursor;
        let start = ahead.offset();
        if self.last_posix_end.is_some_and(|end| start < end)
            && ahead.eat("[:")
            && let Some(name) = ahead.eat_until(":]")
        {
            let Some((ranges, negate)) = ascii::posix(name) else {
                return Err(Fault::new(
                    PatternErrorKind::UnknownPosixClass,
                    ahead.span_from(start),
                ));
            };
            *cursor = ahead;
            return Ok(Some(self.folder.group(ascii_class(ranges), negate, case)));
        }
        self.escaped(cursor, case)
    }
}

/// Reads one character of a class. `None` at the pattern's end.
fn member(cursor: &mut Cursor<'_>) -> Option<Result<CodePoint, Fault>> {
    let start = cursor.offset();
    match cursor.next()? {
        '\\' => Some(escape::character(cursor, start)),
        c => Some(Ok(u32::from(c))),
    }
}

fn ascii_class(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(ranges.iter().map(|&(lo, hi)| ClassUnicodeRange::new(lo, hi)))
}

/// The characters between two code points: surrogates are none.
fn scalar_range(lo: CodePoint, hi: CodePoint) -> Option<ClassUnicodeRange> {
    const FIRST_SURROGATE: u32 = 0xD800;
    const LAST_SURROGATE: u32 = 0xDFFF;
    let is_surrogate = |code| (FIRST_SURROGATE..=LAST_SURROGATE).contains(&code);
    let lo = if is_surrogate(lo) { LAST_SURROGATE + 1 } else { lo };
    let hi = if is_surrogate(hi) { FIRST_SURROGATE - 1 } else { hi };
    let (lo, hi) = (char::from_u32(lo)?, char::from_u32(hi)?);
    (lo <= hi).then(|| ClassUnicodeRange::new(lo, hi))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The class's ranges and what is left behind it.
    fn read(text: &str) -> Option<(Vec<(char, char)>, &str)> {
        let mut cursor = Cursor::new(text);
        cursor.next();
        let mut reader = ClassReader::new(text, usize::MAX);
        let class = reader.bracketed(&mut cursor, 0, Case::Heeded).ok()?;
        Some((class.iter().map(|r| (r.start(), r.end())).collect(), cursor.rest()))
    }

    #[test]
    fn set_operators_of_other_dialects_are_members() {
        assert_eq!(read("[a&&b]"), Some((vec![('&', '&'), ('a', 'b')], "")));
        assert_eq!(read("[[a]]"), Some((vec![('[', '['), ('a', 'a')], "]")));
        assert_eq!(read("[a~~]"), Some((vec![('a', 'a'), ('~', '~')], "")));
    }

    #[test]
    fn a_leading_bracket_and_an_outer_minus_are_members() {
        assert_eq!(read("[]-a]"), Some((vec![(']', 'a')], "")));
        assert_eq!(read("[^]a]").map(|(r, _)| r.len()), Some(3));
        assert_eq!(read("[a-]"), Some((vec![('-', '-'), ('a', 'a')], "")));
        assert_eq!(read("[--]"), Some((vec![('-', '-')], "")));
    }

    #[test]
    fn surrogates_are_no_characters() {
        assert_eq!(read(r"[\x{D800}-\x{DFFF}]"), Some((vec![], "")));
        assert_eq!(read(r"[\x{D7FF}-\x{E000}]"), Some((vec![('\u{D7FF}', '\u{E000}')], "")),);
    }

    #[test]
    fn a_class_must_end() {
        for text in ["[", "[^", "[]", "[^]", "[a", "[a-", r"[\", "[[:alpha:]", "[z-a]", r"[a-\d]"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
