use std::fmt;
use std::ops::Range;

use thiserror::Error;

use super::help::help;

/// Why a pattern cannot be used, and where.
///
/// Prints as one line; [`render`](Self::render) points into the pattern instead.
///
/// ```
/// use smi_policy::{Limits, Pattern, PatternErrorKind};
///
/// let error = Pattern::parse("/(?!admin).*", &Limits::default()).unwrap_err();
/// assert_eq!(error.kind(), PatternErrorKind::LookAround);
/// assert_eq!(error.span(), 1..4);
/// assert_eq!(error.to_string(), "`(?!` at byte 1: RE2 has no look-around");
/// assert_eq!(error.help(), "list what is allowed, as separate matches");
/// assert_eq!(
///     error.render(),
///     "/(?!admin).*\n \
///       ^^^ RE2 has no look-around\n\
///      help: list what is allowed, as separate matches",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{}` at byte {}: {kind}", Found(self), .span.start)]
pub struct PatternError {
    kind: PatternErrorKind,
    span: Range<usize>,
    pattern: Box<str>,
}

impl PatternError {
    pub(super) fn new(fault: Fault, pattern: &str) -> Self {
        // A pattern that is too long is not carried about.
        let carried = match fault.kind {
            PatternErrorKind::TooLarge(Bound::PatternLength) => {
                pattern.chars().take(CONTEXT + 1).collect()
            }
            _ => pattern.into(),
        };
        Self { kind: fault.kind, span: fault.span, pattern: carried }
    }

    /// What is wrong.
    pub fn kind(&self) -> PatternErrorKind {
        self.kind
    }

    /// Where it is, in bytes of the pattern.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// What RE2 offers instead: one line, lower case.
    pub fn help(&self) -> &'static str {
        help(self.kind, self.found())
    }

    /// The pattern, a line with carets below the construct, and the help: three lines for a
    /// terminal.
    ///
    /// Control characters are shown escaped, and of a long pattern only the part around the
    /// construct. Columns are counted in characters.
    pub fn render(&self) -> String {
        let (before, found, after) = self.split();
        let before = tail(before, CONTEXT);
        let (found, after) = (head(found, CONTEXT), head(after, CONTEXT));
        let indent = before.chars().count();
        let carets = found.chars().count().max(1);
        format!(
            "{before}{found}{after}\n{:indent$}{:^<carets$} {}\nhelp: {}",
            "",
            "",
            self.kind,
            self.help(),
        )
    }

    fn found(&self) -> &str {
        self.split().1
    }

    /// The pattern before, within and after the span.
    fn split(&self) -> (&str, &str, &str) {
        let (head, after) =
            self.pattern.split_at_checked(self.span.end).unwrap_or((&self.pattern, ""));
        let (before, found) = head.split_at_checked(self.span.start).unwrap_or((head, ""));
        (before, found, after)
    }
}

/// What is wrong with a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PatternErrorKind {
    /// `(?=…)`, `(?!…)`, `(?<=…)`, `(?<!…)`.
    LookAround,
    /// `\1`, `\k<name>`, `(?P=name)`.
    Backreference,
    /// `(?>…)`.
    AtomicGroup,
    /// Another group that only other dialects have: comments, conditions, recursion.
    UnknownGroup,
    /// A flag other than `i`, `m`, `s`, `U`, or a minus without one.
    UnknownFlag,
    /// A group's name that is not `[0-9A-Za-z_]+`.
    GroupName,
    /// An opening parenthesis without its closing one.
    UnclosedGroup,
    /// A closing parenthesis without its opening one.
    UnopenedGroup,
    /// An opening bracket without its closing one.
    UnclosedClass,
    /// A range like `z-a`.
    RangeOrder,
    /// `[[:name:]]` with a name that POSIX and RE2 do not have.
    UnknownPosixClass,
    /// `\p{Name}` that is neither a general category nor a script.
    UnknownProperty,
    /// A backslash before a letter or digit that means nothing.
    UnknownEscape,
    /// A backslash at the end.
    TrailingBackslash,
    /// A repetition with nothing before it.
    NothingToRepeat,
    /// A repetition of a repetition, such as `a**` and `a++`.
    StackedRepetition,
    /// A count above 1000, also as the product of nested ones, or `{n,m}` with n above m.
    RepetitionCount,
    /// More than [`Limits`](crate::Limits) allow.
    TooLarge(Bound),
}

impl fmt::Display for PatternErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LookAround => "RE2 has no look-around",
            Self::Backreference => "RE2 has no back-references",
            Self::AtomicGroup => "RE2 has no atomic groups",
            Self::UnknownGroup => "RE2 has no such group",
            Self::UnknownFlag => "RE2 has no such flag",
            Self::GroupName => "this is not the name of a group",
            Self::UnclosedGroup => "this group is not closed",
            Self::UnopenedGroup => "no group is open here",
            Self::UnclosedClass => "this character class is not closed",
            Self::RangeOrder => "this range ends before it begins",
            Self::UnknownPosixClass => "RE2 has no such POSIX class",
            Self::UnknownProperty => "RE2 has no such general category or script",
            Self::UnknownEscape => "RE2 has no such escape",
            Self::TrailingBackslash => "nothing follows the backslash",
            Self::NothingToRepeat => "there is nothing to repeat",
            Self::StackedRepetition => "RE2 does not repeat a repetition",
            Self::RepetitionCount => "this is not a count from 0 to 1000, nested ones multiplied",
            Self::TooLarge(Bound::PatternLength) => "the pattern is too long",
            Self::TooLarge(Bound::Nesting) => "the pattern nests too deeply",
            Self::TooLarge(Bound::Repetition) => "the pattern repeats too often",
            Self::TooLarge(Bound::ProgramSize) => "the pattern is too large when compiled",
        })
    }
}

/// The bound of [`Limits`](crate::Limits) that a pattern exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Bound {
    /// [`Limits::pattern_len`](crate::Limits::pattern_len).
    PatternLength,
    /// [`Limits::nesting`](crate::Limits::nesting).
    Nesting,
    /// [`Limits::repetition`](crate::Limits::repetition).
    Repetition,
    /// [`Limits::program_size`](crate::Limits::program_size).
    ProgramSize,
}

/// A [`PatternError`] before it knows its pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    kind: PatternErrorKind,
    span: Range<usize>,
}

impl Fault {
    pub(super) fn new(kind: PatternErrorKind, span: Range<usize>) -> Self {
        Self { kind, span }
    }
}

/// Characters shown of each part of a pattern.
const CONTEXT: usize = 60;

/// Prints the construct, shortened to one reasonable line.
struct Found<'e>(&'e PatternError);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&head(self.0.found(), 24))
    }
}

/// The first characters of a text, with an ellipsis if there are more.
fn head(text: &str, max: usize) -> String {
    let mut shown: String = text.chars().take(max).flat_map(visible).collect();
    if text.chars().nth(max).is_some() {
        shown.push('…');
    }
    shown
}

/// The last characters of a text, with an ellipsis if there are more.
fn tail(text: &str, max: usize) -> String {
    let hidden = text.chars().count().saturating_sub(max);
    let shown = text.chars().skip(hidden).flat_map(visible);
    (hidden > 0).then_some('…').into_iter().chain(shown).collect()
}

/// A character as a terminal may print it.
fn visible(c: char) -> impl Iterator<Item = char> {
    let escaped = c.is_control().then(|| c.escape_default());
    let plain = escaped.is_none().then_some(c);
    escaped.into_iter().flatten().chain(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(pattern: &str, span: Range<usize>) -> PatternError {
        PatternError::new(Fault::new(PatternErrorKind::UnknownEscape, span), pattern)
    }

    #[test]
    fn control_characters_are_shown_escaped() {
        let error = error("a\n\\q\u{1b}", 2..4);
        assert_eq!(
            error.render().lines().take(2).collect::<Vec<_>>(),
            [r"a\n\q\u{1b}", "   ^^ RE2 has no such escape"],
        );
    }

    #[test]
    fn an_error_at_the_end_has_a_caret() {
        let error = error("abc", 3..3);
        assert_eq!(error.render().lines().nth(1), Some("   ^ RE2 has no such escape"));
    }

    #[test]
    fn a_long_pattern_is_shown_in_part() {
        let pattern = format!("{}\\q{}", "é".repeat(100), "x".repeat(100));
        let error = error(&pattern, 200..202);
        let rendered = error.render();
        let mut lines = rendered.lines();
        let expected = format!("…{}\\q{}…", "é".repeat(60), "x".repeat(60));
        assert_eq!(lines.next(), Some(&*expected));
        assert_eq!(lines.next(), Some(&*format!("{:61}^^ RE2 has no such escape", "")));
    }

    #[test]
    fn a_pattern_that_is_too_long_is_not_kept() {
        let kind = PatternErrorKind::TooLarge(Bound::PatternLength);
        let error = PatternError::new(Fault::new(kind, 0..1 << 20), &"x".repeat(1 << 20));
        assert_eq!(
            error.to_string(),
            format!("`{}…` at byte 0: the pattern is too long", "x".repeat(24)),
        );
        assert!(error.render().len() < 500);
    }
}
