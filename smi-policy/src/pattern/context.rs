//! What is before and behind a place of the input, as far as assertions ask for it.

use regex_syntax::hir::Look;

use super::nfa::Nfa;

/// What is before a place. Only told apart as far as some assertion asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing: the input begins.
    Edge,
    LineFeed,
    Word,
    #[default]
    Other,
}

/// What comes after a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// Nothing: the input ends.
    Edge,
    LineFeed,
    Word,
    Other,
}

impl After {
    /// What an ASCII character is to the place before it.
    pub(super) fn of_ascii(byte: u8) -> Self {
        match byte {
            b'\n' => Self::LineFeed,
            b'_' => Self::Word,
            _ if byte.is_ascii_alphanumeric() => Self::Word,
            _ => Self::Other,
        }
    }

    /// What a state behind this needs to know of it.
    pub(super) fn passed(self, nfa: &Nfa) -> Before {
        match self {
            Self::LineFeed if nfa.looks_at_lines => Before::LineFeed,
            Self::Word if nfa.looks_at_words => Before::Word,
            _ => Before::Other,
        }
    }
}

/// What can be said of an assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    Holds,
    Fails,
    /// It depends on what comes after the place.
    Unknown,
}

impl Before {
    /// Whether an assertion holds, whatever comes.
    pub(super) fn truth(self, look: Look) -> Truth {
        let known = match look {
            Look::Start => self == Self::Edge,
            Look::StartLF => matches!(self, Self::Edge | Self::LineFeed),
            _ => return Truth::Unknown,
        };
        if known { Truth::Holds } else { Truth::Fails }
    }

    /// Whether an assertion holds between this and that.
    pub(super) fn truth_before(self, after: After, look: Look) -> Truth {
        let holds = match look {
            Look::End => after == After::Edge,
            Look::EndLF => matches!(after, After::Edge | After::LineFeed),
            Look::WordAscii => (self == Self::Word) != (after == After::Word),
            Look::WordAsciiNegate => (self == Self::Word) == (after == After::Word),
            // The dialect has no others, and what is unknown holds nowhere.
            _ => self.truth(look) == Truth::Holds,
        };
        if holds { Truth::Holds } else { Truth::Fails }
    }
}
