use std::ops::Range;

/// A place in a pattern's text.
///
/// Everything is done with iterators and prefixes, so that no offset can miss a boundary.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'p> {
    rest: &'p str,
    len: usize,
}

impl<'p> Cursor<'p> {
    pub(super) fn new(text: &'p str) -> Self {
        Self { rest: text, len: text.len() }
    }

    /// Bytes before this place.
    pub(super) fn offset(self) -> usize {
        self.len - self.rest.len()
    }

    /// The bytes from `start` to this place.
    pub(super) fn span_from(self, start: usize) -> Range<usize> {
        start..self.offset()
    }

    /// What follows.
    #[cfg(test)]
    pub(super) fn rest(self) -> &'p str {
        self.rest
    }

    /// The next character, which is not consumed.
    pub(super) fn peek(self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Consumes the next character.
    pub(super) fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    /// Consumes `prefix` if it follows.
    pub(super) fn eat(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Consumes the next character if it is one of these.
    pub(super) fn eat_if(&mut self, wanted: impl FnOnce(char) -> bool) -> Option<char> {
        let next = self.peek().filter(|&c| wanted(c))?;
        self.next();
        Some(next)
    }

    /// Consumes characters as long as they are wanted, and returns them. All outside of ASCII are.
    pub(super) fn eat_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'p str {
        let end = self.rest.bytes().position(|byte| byte.is_ascii() && !wanted(byte));
        let parts = end.and_then(|end| self.rest.split_at_checked(end));
        let (eaten, rest) = parts.unwrap_or((self.rest, ""));
        self.rest = rest;
        eaten
    }

    /// Consumes all up to and with `end`, and returns what is before it. `None`, and nothing
    /// consumed, if there is no `end`.
    pub(super) fn eat_until(&mut self, end: &str) -> Option<&'p str> {
        let (before, rest) = self.rest.split_once(end)?;
        self.rest = rest;
        Some(before)
    }

    /// Consumes everything.
    pub(super) fn eat_all(&mut self) -> &'p str {
        std::mem::take(&mut self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_count_bytes() {
        let mut cursor = Cursor::new("é{2}x");
        assert_eq!(cursor.next(), Some('é'));
        assert_eq!(cursor.offset(), 2);
        assert!(cursor.eat("{"));
        assert_eq!(cursor.eat_until("}"), Some("2"));
        assert_eq!(cursor.span_from(2), 2..5);
        assert_eq!(cursor.eat_until("}"), None);
        assert_eq!(cursor.eat_all(), "x");
        assert_eq!(cursor.offset(), 6);
    }
}
