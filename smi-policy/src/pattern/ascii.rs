/// ASCII ranges, and whether the class is what is outside of them.
pub(super) type AsciiClass = (&'static [(char, char)], Negate);

/// Whether a class stands for what it lists or for everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Negate {
    No,
    Yes,
}

impl Negate {
    pub(super) fn when(negated: bool) -> Self {
        if negated { Self::Yes } else { Self::No }
    }

    pub(super) fn flipped(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Yes => Self::No,
        }
    }
}

const DIGIT: &[(char, char)] = &[('0', '9')];
const WORD: &[(char, char)] = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
/// White space in Perl's sense, which has no vertical tab; POSIX's has.
const PERL_SPACE: &[(char, char)] = &[('\t', '\n'), ('\x0C', '\r'), (' ', ' ')];

/// The class that a letter behind a backslash stands for.
pub(super) fn perl(letter: char) -> Option<AsciiClass> {
    Some(match letter {
        'd' => (DIGIT, Negate::No),
        'D' => (DIGIT, Negate::Yes),
        's' => (PERL_SPACE, Negate::No),
        'S' => (PERL_SPACE, Negate::Yes),
        'w' => (WORD, Negate::No),
        'W' => (WORD, Negate::Yes),
        _ => return None,
    })
}

/// The POSIX class of a name, as it stands between `[:` and `:]`.
pub(super) fn posix(name: &str) -> Option<AsciiClass> {
    let (name, negate) = match name.strip_prefix('^') {
        Some(name) => (name, Negate::Yes),
        None => (name, Negate::No),
    };
    let ranges: &[_] = match name {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\x7F')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\x1F'), ('\x7F', '\x7F')],
        "digit" => DIGIT,
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => WORD,
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    };
    Some((ranges, negate))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `char`'s own notions of these classes.
    #[test]
    fn posix_classes_are_those_of_the_standard_library() {
        type Expected = fn(&char) -> bool;
        let cases: &[(&str, Expected)] = &[
            ("alnum", char::is_ascii_alphanumeric),
            ("alpha", char::is_ascii_alphabetic),
            ("ascii", char::is_ascii),
            ("cntrl", char::is_ascii_control),
            ("digit", char::is_ascii_digit),
            ("graph", char::is_ascii_graphic),
            ("lower", char::is_ascii_lowercase),
            ("punct", char::is_ascii_punctuation),
            ("upper", char::is_ascii_uppercase),
            ("xdigit", char::is_ascii_hexdigit),
        ];
        for (name, expected) in cases {
            let (ranges, negate) = posix(name).unwrap();
            assert_eq!(negate, Negate::No);
            for c in '\0'..='\u{FF}' {
                let found = ranges.iter().any(|&(lo, hi)| lo <= c && c <= hi);
                assert_eq!(found, expected(&c), "{name} {c:?}");
            }
        }
        assert_eq!(posix("^digit"), Some((DIGIT, Negate::Yes)));
        assert_eq!(posix("Digit"), None);
    }
}
