/// One step through an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    /// A character.
    Char(char),
    /// A byte that is part of no character. No pattern matches it.
    Stray,
}

/// Finds the characters of an input that comes in pieces, even where a piece ends within one.
#[derive(Clone, Debug, Default)]
pub(super) struct Decoder {
    /// The first `len` of these bytes may still become a character.
    bytes: [u8; 4],
    len: usize,
}

impl Decoder {
    /// Takes one byte, and passes on what is certain by now.
    pub(super) fn push(&mut self, byte: u8, mut emit: impl FnMut(Symbol)) {
        if self.len == 0 && byte.is_ascii() {
            return emit(Symbol::Char(char::from(byte)));
        }
        if let Some(free) = self.bytes.get_mut(self.len) {
            *free = byte;
            self.len += 1;
        }
        while self.len > 0 {
            let pending = self.bytes.get(..self.len).unwrap_or_default();
            let consumed = match std::str::from_utf8(pending) {
                Ok(text) => {
                    text.chars().for_each(|c| emit(Symbol::Char(c)));
                    self.len
                }
                Err(error) if error.error_len().is_none() => return,
                Err(_) => {
                    emit(Symbol::Stray);
                    1
                }
            };
            self.bytes.rotate_left(consumed);
            self.len -= consumed;
        }
    }

    /// Ends the input.
    pub(super) fn finish(&mut self, mut emit: impl FnMut(Symbol)) {
        for _ in 0..std::mem::take(&mut self.len) {
            emit(Symbol::Stray);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(input: &[u8]) -> Vec<Symbol> {
        let mut decoder = Decoder::default();
        let mut symbols = Vec::new();
        for &byte in input {
            decoder.push(byte, |symbol| symbols.push(symbol));
        }
        decoder.finish(|symbol| symbols.push(symbol));
        symbols
    }

    #[test]
    fn each_stray_byte_counts_as_one() {
        use Symbol::{Char, Stray};
        assert_eq!(decode(b"a\xE2\x82b"), [Char('a'), Stray, Stray, Char('b')]);
        assert_eq!(decode(b"\xED\xA0\x80"), [Stray; 3]);
        assert_eq!(decode(b"\xF0\x9F\x98"), [Stray; 3]);
        assert_eq!(decode(b"\xC0\x80\xFF"), [Stray; 3]);
        assert_eq!(decode("é\u{10FFFF}".as_bytes()), [Char('é'), Char('\u{10FFFF}')]);
    }

    proptest! {
        #[test]
        fn decoding_agrees_with_the_standard_library(input: Vec<u8>, text: String) {
            let mixed = [text.as_bytes(), &input, text.as_bytes()].concat();
            let mut expected = Vec::new();
            for chunk in mixed.utf8_chunks() {
                expected.extend(chunk.valid().chars().map(Symbol::Char));
                expected.extend(chunk.invalid().iter().map(|_| Symbol::Stray));
            }
            prop_assert_eq!(decode(&mixed), expected);
        }
    }
}
