use super::error::{Bound, PatternErrorKind};

/// What RE2 offers instead of `found`.
pub(super) fn help(kind: PatternErrorKind, found: &str) -> &'static str {
    use PatternErrorKind as Kind;
    match kind {
        Kind::LookAround => "list what is allowed, as separate matches",
        Kind::Backreference => {
            "write the text out; an octal escape has a leading zero, such as `\\01`"
        }
        Kind::AtomicGroup => "write `(?:…)`: RE2 takes linear time without atomic groups",
        Kind::UnknownGroup if found.starts_with("(?#") => "drop the comment",
        Kind::UnknownGroup if found.starts_with("(?'") => "name a group with `(?P<name>…)`",
        Kind::UnknownGroup => {
            "RE2 has `(…)`, `(?:…)`, `(?flags:…)`, `(?P<name>…)` and `(?<name>…)`"
        }
        Kind::UnknownFlag if found.ends_with('x') => "drop the white space and the flag",
        Kind::UnknownFlag if found.ends_with('u') => {
            "drop the flag: classes such as `\\p{L}` always work, `\\w` is always ASCII"
        }
        Kind::UnknownFlag => "the flags are `i`, `m`, `s` and `U`, each also after one `-`",
        Kind::GroupName => "use ASCII letters, digits and `_`, closed by `>`",
        Kind::UnclosedGroup => "close it with `)`, or write `\\(` for the character",
        Kind::UnopenedGroup => "open it with `(`, or write `\\)` for the character",
        Kind::UnclosedClass => "close it with `]`, or write `\\[` for the character",
        Kind::RangeOrder => "swap the ends, or put a literal `-` first or last in the class",
        Kind::UnknownPosixClass => {
            "the classes are alnum, alpha, ascii, blank, cntrl, digit, graph, lower, print, punct, \
             space, upper, word and xdigit"
        }
        Kind::UnknownProperty if found.contains('=') => {
            "name the category or script alone, such as `\\p{Greek}`"
        }
        Kind::UnknownProperty if found.contains('{') && !found.ends_with('}') => {
            "close the name with `}`"
        }
        Kind::UnknownProperty => {
            "name a general category such as `\\pL` or `\\p{Lu}`, or a script such as `\\p{Greek}`"
        }
        Kind::UnknownEscape => escape(found),
        Kind::TrailingBackslash => "write `\\\\` for the character",
        Kind::NothingToRepeat => "put something before it, or a `\\` to mean the character",
        Kind::StackedRepetition if found.ends_with('+') => {
            "drop the `+`: RE2 takes linear time without possessive repetitions"
        }
        Kind::StackedRepetition => "drop one of them, or group the first: `(?:a*)*`",
        Kind::RepetitionCount => "repeat less often, or without upper end: `*`, `+`",
        Kind::TooLarge(Bound::PatternLength) => "split it into several matches",
        Kind::TooLarge(Bound::Nesting) => "take groups apart",
        Kind::TooLarge(Bound::Repetition) => "repeat less often, or without upper end: `*`, `+`",
        Kind::TooLarge(Bound::ProgramSize) => "repeat less often, or split it into several matches",
    }
}

/// What to write instead of an escape of another dialect.
fn escape(found: &str) -> &'static str {
    match found.chars().nth(1) {
        Some('C') => "write `(?s:.)`: RE2 may match bytes, Go does not",
        Some('E') => "`\\E` only ends a `\\Q`",
        Some('G') => "anchor with `^` or `\\A`",
        Some('Z') => "write `\\z` or `$`",
        Some('h') => "write `[\\t ]`",
        Some('H') => "write `[^\\t ]`",
        Some('N') => "write `.`",
        Some('R') => "write `\\r\\n?|\\n`",
        Some('X') => "write `.`",
        Some('e') => "write `\\x1B`",
        Some('c') => "write the control character as `\\x` and two hexadecimal digits",
        Some('o') => "write a zero and up to two octal digits, such as `\\012`",
        Some('u' | 'U') => "write `\\x{…}` with hexadecimal digits",
        Some('x') => "write `\\x` and two hexadecimal digits, or `\\x{…}` up to 10FFFF",
        Some('b') => "write `\\x08` for a backspace; `\\b` is no member of a class",
        Some('B' | 'A' | 'z') => "an assertion is no member of a class",
        Some('Q') => "`\\Q` does not work in a class; put a `\\` before single characters",
        Some('d' | 'D' | 's' | 'S' | 'w' | 'W') => "a class is no end of a range",
        _ => "drop the backslash: it stands before ASCII punctuation, or begins a known escape",
    }
}
