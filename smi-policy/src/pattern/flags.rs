use super::cursor::Cursor;
use super::error::{Fault, PatternErrorKind};
use super::fold::Case;

/// The flags in force at a place of a pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags {
    /// `i`: ignored.
    pub(super) case: Case,
    /// `m`: `^` and `$` also match at lines.
    pub(super) multi_line: bool,
    /// `s`: `.` matches a newline too.
    pub(super) dot_matches_newline: bool,
}

/// What stands behind an opening parenthesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opener {
    /// A capturing group, named or not.
    Capture,
    /// `(?flags:`, a group without number.
    Group(Flags),
    /// `(?flags)`, which opens nothing.
    SetFlags(Flags),
}

/// Reads what follows the `(` at `start`.
pub(super) fn opener(cursor: &mut Cursor<'_>, start: usize, flags: Flags) -> Result<Opener, Fault> {
    if !cursor.eat("?") {
        return Ok(Opener::Capture);
    }
    for (prefix, kind) in FOREIGN {
        let mut ahead = *cursor;
        if ahead.eat(prefix) {
            return Err(Fault::new(*kind, ahead.span_from(start)));
        }
    }
    if cursor.eat("P<") || cursor.eat("<") {
        let Some(name) = cursor.eat_until(">") else {
            return Err(Fault::new(PatternErrorKind::GroupName, cursor.span_from(start)));
        };
        let valid = |c: char| c == '_' || c.is_ascii_alphanumeric();
        if name.is_empty() || !name.chars().all(valid) {
            return Err(Fault::new(PatternErrorKind::GroupName, cursor.span_from(start)));
        }
        return Ok(Opener::Capture);
    }
    flag_list(cursor, start, flags)
}

/// Groups of other dialects that deserve a message of their own.
const FOREIGN: &[(&str, PatternErrorKind)] = &[
    ("=", PatternErrorKind::LookAround),
    ("!", PatternErrorKind::LookAround),
    ("<=", PatternErrorKind::LookAround),
    ("<!", PatternErrorKind::LookAround),
    (">", PatternErrorKind::AtomicGroup),
    ("P=", PatternErrorKind::Backreference),
    ("P>", PatternErrorKind::UnknownGroup),
    ("R)", PatternErrorKind::UnknownGroup),
];

/// Reads `flags)`, `flags:`, `-flags)` and so on. A minus needs a flag behind it; nothing at all is
/// fine.
fn flag_list(cursor: &mut Cursor<'_>, start: usize, mut flags: Flags) -> Result<Opener, Fault> {
    let mut value = true;
    let mut last_is_minus = false;
    loop {
        let Some(c) = cursor.next() else {
            return Err(Fault::new(PatternErrorKind::UnclosedGroup, cursor.span_from(start)));
        };
        match c {
            'i' => flags.case = if value { Case::Ignored } else { Case::Heeded },
            'm' => flags.multi_line = value,
            's' => flags.dot_matches_newline = value,
            // It swaps `x*` and `x*?`, which differ in what they match, never in whether they do.
            'U' => {}
            '-' if value => {
                value = false;
                last_is_minus = true;
                continue;
            }
            ')' if !last_is_minus => return Ok(Opener::SetFlags(flags)),
            ':' if !last_is_minus => return Ok(Opener::Group(flags)),
            ')' | ':' | '-' | 'a'..='z' | 'A'..='Z' => {
                return Err(Fault::new(PatternErrorKind::UnknownFlag, cursor.span_from(start)));
            }
            _ => return Err(Fault::new(PatternErrorKind::UnknownGroup, cursor.span_from(start))),
        }
        last_is_minus = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str) -> Option<Opener> {
        let mut cursor = Cursor::new(text);
        cursor.next();
        opener(&mut cursor, 0, Flags::default()).ok()
    }

    #[test]
    fn flags_set_and_unset() {
        let i = Flags { case: Case::Ignored, ..Flags::default() };
        assert_eq!(open("(?i)"), Some(Opener::SetFlags(i)));
        assert_eq!(open("(?is-sU:"), Some(Opener::Group(i)));
        assert_eq!(open("(?)"), Some(Opener::SetFlags(Flags::default())));
    }

    #[test]
    fn minus_needs_a_flag_and_comes_once() {
        for text in ["(?-)", "(?i-)", "(?-:", "(?i-s-m)", "(?--i)"] {
            assert_eq!(open(text), None, "{text}");
        }
    }

    #[test]
    fn names_are_ascii_words() {
        for text in ["(?P<n>", "(?<n>", "(?<9_A>"] {
            assert_eq!(open(text), Some(Opener::Capture), "{text}");
        }
        for text in ["(?P<>", "(?<n m>", "(?<é>", "(?P<n", "(?'n'"] {
            assert_eq!(open(text), None, "{text}");
        }
    }
}
