use regex_syntax::hir::{Class, ClassUnicode, Dot, Hir, Look};

use super::class::ClassReader;
use super::cursor::Cursor;
use super::error::{Bound, Fault, PatternErrorKind as Kind};
use super::escape::{self, CodePoint};
use super::flags::{self, Flags, Opener};
use super::fold::Case;
use super::limits::Limits;
use super::repetition::{self, Counts};
use super::tree::{Cost, GroupKind, Node, Tree};

/// A pattern that was read.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) hir: Hir,
}

/// Reads a pattern in RE2's dialect.
///
/// Go's parser and RE2's agree with each other nearly to the letter, so that this one follows their
/// order of decisions: what a brace is, or that `(?i)` may stand between two repetitions, is no
/// grammar but a habit that policies have come to rely on.
pub(super) fn parse(pattern: &str, limits: &Limits) -> Result<Parsed, Fault> {
    if pattern.len() > limits.pattern_len {
        let kind = Kind::TooLarge(Bound::PatternLength);
        return Err(Fault::new(kind, 0..pattern.len()));
    }
    let mut parser = Parser {
        cursor: Cursor::new(pattern),
        limits,
        flags: Flags::default(),
        tree: Tree::new(),
        classes: ClassReader::new(pattern, limits.program_size),
        last_repetition: None,
    };
    loop {
        parser.text();
        let Some(next) = parser.cursor.peek() else { break };
        let start = parser.cursor.offset();
        let token = parser.token(next, start)?;
        parser.last_repetition = (token == Token::Repetition).then_some(start);
    }
    parser.finish()
}

struct Parser<'p> {
    cursor: Cursor<'p>,
    limits: &'p Limits,
    flags: Flags,
    tree: Tree,
    classes: ClassReader,
    /// Where the token before this one is, if it was a repetition. It may not be repeated, but
    /// anything between the two, even `(?i)`, makes that legal.
    last_repetition: Option<usize>,
}

/// What was read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Repetition,
    Other,
}

impl Parser<'_> {
    /// Reads characters that stand for themselves: most of a pattern at once.
    fn text(&mut self) {
        if self.flags.case == Case::Heeded {
            let text = self.cursor.eat_while(|byte| !is_meta(byte));
            if !text.is_empty() {
                self.tree.push_text(text);
                self.last_repetition = None;
            }
        }
    }

    /// Reads one token, which begins with `next`.
    fn token(&mut self, next: char, start: usize) -> Result<Token, Fault> {
        if next == '\\' {
            self.escape(start)?;
            return Ok(Token::Other);
        }
        self.cursor.next();
        match next {
            '*' => return self.repeat(Counts { min: 0, max: None }, start),
            '+' => return self.repeat(Counts { min: 1, max: None }, start),
            '?' => return self.repeat(Counts { min: 0, max: Some(1) }, start),
            '{' => match repetition::counts(&mut self.cursor) {
                Some(counts) => return self.repeat(counts, start),
                None => self.character('{'),
            },
            '(' => self.open(start)?,
            ')' => self.close(start)?,
            '|' => self.tree.branch(),
            '[' => {
                let class = self.classes.bracketed(&mut self.cursor, start, self.flags.case)?;
                self.push_class(class);
            }
            '.' if self.flags.dot_matches_newline => {
                self.tree.push(Node::class(Hir::dot(Dot::AnyChar)));
            }
            '.' => self.tree.push(Node::class(Hir::dot(Dot::AnyCharExceptLF))),
            '^' if self.flags.multi_line => self.look(Look::StartLF),
            '^' => self.look(Look::Start),
            '$' if self.flags.multi_line => self.look(Look::EndLF),
            '$' => self.look(Look::End),
            c => self.character(c),
        }
        Ok(Token::Other)
    }

    /// Reads what begins with the backslash at `start`.
    fn escape(&mut self, start: usize) -> Result<(), Fault> {
        if let Some(class) = self.classes.escaped(&mut self.cursor, self.flags.case)? {
            self.push_class(class);
            return Ok(());
        }
        self.cursor.next();
        let mut ahead = self.cursor;
        match ahead.next() {
            Some('A') => self.look(Look::Start),
            Some('z') => self.look(Look::End),
            Some('b') => self.look(Look::WordAscii),
            Some('B') => self.look(Look::WordAsciiNegate),
            Some('Q') => {
                let quoted = ahead.eat_until("\\E").unwrap_or_else(|| ahead.eat_all());
                quoted.chars().for_each(|c| self.character(c));
            }
            _ => {
                let code = escape::character(&mut self.cursor, start)?;
                self.code_point(code);
                return Ok(());
            }
        }
        self.cursor = ahead;
        Ok(())
    }

    /// Reads what begins with the parenthesis at `start`.
    fn open(&mut self, start: usize) -> Result<(), Fault> {
        let (kind, inner_flags) = match flags::opener(&mut self.cursor, start, self.flags)? {
            Opener::Capture => (GroupKind::Capturing, self.flags),
            Opener::Group(inner_flags) => (GroupKind::Plain, inner_flags),
            Opener::SetFlags(flags) => {
                self.flags = flags;
                return Ok(());
            }
        };
        self.tree.open(kind, start, self.flags);
        self.flags = inner_flags;
        Ok(())
    }

    /// Ends a group with the parenthesis at `start`.
    fn close(&mut self, start: usize) -> Result<(), Fault> {
        let Some(closed) = self.tree.close() else {
            return Err(Fault::new(Kind::UnopenedGroup, self.cursor.span_from(start)));
        };
        self.flags = closed.flags;
        self.check(closed.cost, closed.start)
    }

    /// Repeats what is before `start`. A question mark may follow, which prefers fewer copies: that
    /// decides what is matched, never whether.
    fn repeat(&mut self, counts: Counts, start: usize) -> Result<Token, Fault> {
        self.cursor.eat("?");
        let span = self.cursor.span_from(start);
        let Counts { min, max } = counts;
        if min > MAX_REPETITION || max.is_some_and(|max| max > MAX_REPETITION || max < min) {
            return Err(Fault::new(Kind::RepetitionCount, span));
        }
        if let Some(first) = self.last_repetition {
            return Err(Fault::new(Kind::StackedRepetition, self.cursor.span_from(first)));
        }
        let Some(cost) = self.tree.repeat(counts) else {
            return Err(Fault::new(Kind::NothingToRepeat, span));
        };
        if cost.repeats > MAX_REPETITION {
            return Err(Fault::new(Kind::RepetitionCount, span));
        }
        if cost.repeats > self.limits.repetition {
            return Err(Fault::new(Kind::TooLarge(Bound::Repetition), span));
        }
        self.check(cost, start)?;
        Ok(Token::Repetition)
    }

    fn finish(self) -> Result<Parsed, Fault> {
        self.classes.check(self.cursor.span_from(0))?;
        let max = self.max_height();
        match self.tree.finish() {
            Ok((hir, cost)) if cost.height <= max => Ok(Parsed { hir }),
            Ok(_) => Err(Fault::new(Kind::TooLarge(Bound::Nesting), self.cursor.span_from(0))),
            Err(start) => Err(Fault::new(Kind::UnclosedGroup, start..start + 1)),
        }
    }

    /// Fails if the part from `start` to here nests too deeply.
    fn check(&self, cost: Cost, start: usize) -> Result<(), Fault> {
        if cost.height > self.max_height() {
            let kind = Kind::TooLarge(Bound::Nesting);
            return Err(Fault::new(kind, self.cursor.span_from(start)));
        }
        Ok(())
    }

    fn max_height(&self) -> u32 {
        self.limits.nesting.min(MAX_HEIGHT)
    }

    fn look(&mut self, look: Look) {
        self.tree.push(Node::empty(Hir::look(look)));
    }

    fn push_class(&mut self, class: ClassUnicode) {
        self.tree.push(Node::class(Hir::class(Class::Unicode(class))));
    }

    fn code_point(&mut self, code: CodePoint) {
        match char::from_u32(code) {
            Some(c) => self.character(c),
            // A surrogate.
            None => self.tree.push(Node::class(Hir::fail())),
        }
    }

    fn character(&mut self, c: char) {
        if self.flags.case == Case::Ignored {
            let class = self.classes.character(c, self.flags.case);
            if !matches!(class.ranges(), [only] if only.start() == only.end()) {
                return self.push_class(class);
            }
        }
        self.tree.push_text(c.encode_utf8(&mut [0; 4]));
    }
}

/// Whether a character does not stand for itself everywhere.
fn is_meta(byte: u8) -> bool {
    matches!(
        byte,
        b'\\' | b'*' | b'+' | b'?' | b'{' | b'(' | b')' | b'|' | b'[' | b'.' | b'^' | b'$'
    )
}

/// The highest syntax tree that Go knows. `regex-syntax` compares and drops trees of this height
/// without trouble.
const MAX_HEIGHT: u32 = 1000;

/// The largest count that RE2 knows.
const MAX_REPETITION: u32 = 1000;
