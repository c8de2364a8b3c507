use std::ops::Range;

use smi_policy::{Limits, Pattern, PatternError};

/// The construct that makes a pattern invalid, in the text of a manifest.
///
/// `span` is where the pattern stands, and `message` what was said about it, by which the right
/// pattern is known from what only looks like it.
pub(crate) fn find(text: &str, span: Range<usize>, message: &str) -> Option<Construct> {
    let rest = text.get(span.start..)?.lines().next()?;
    let scalars = [text.get(span.clone())?, rest.trim_end(), before_comment(rest)];
    scalars.into_iter().find_map(|written| {
        let scalar = Scalar::read(written)?;
        let error = Pattern::parse(&scalar.value, &Limits::default()).err()?;
        message.starts_with(&error.to_string()).then(|| {
            let at = error.span();
            let start = span.start + scalar.place(at.start);
            let end = span.start + scalar.place(at.end);
            Construct { span: start..end.max(start + 1).min(text.len()), error }
        })
    })
}

/// An invalid construct.
pub(crate) struct Construct {
    /// The bytes of the manifest's text.
    pub(crate) span: Range<usize>,
    pub(crate) error: PatternError,
}

fn before_comment(line: &str) -> &str {
    line.split_once(" #").map_or(line, |(value, _)| value).trim_end()
}

/// A YAML scalar of one line.
struct Scalar {
    value: String,
    /// For each byte of the value, and its end, the byte of what is written.
    places: Vec<usize>,
}

impl Scalar {
    /// `None` for scalars with escapes that stand for other characters.
    fn read(written: &str) -> Option<Self> {
        let mut scalar = Self { value: String::new(), places: Vec::new() };
        let mut chars = written.char_indices();
        let quote = written.chars().next().filter(|c| matches!(c, '"' | '\''));
        if quote.is_some() {
            chars.next();
        }
        while let Some((at, c)) = chars.next() {
            let value = match (quote, c) {
                (Some('\''), '\'') => match chars.next() {
                    Some((_, '\'')) => '\'',
                    _ => return Some(scalar.ending(at)),
                },
                (Some('"'), '"') => return Some(scalar.ending(at)),
                (Some('"'), '\\') => match chars.next()? {
                    (_, escaped @ ('\\' | '"' | '/')) => escaped,
                    _ => return None,
                },
                _ => c,
            };
            scalar.value.push(value);
            scalar.places.resize(scalar.value.len(), at);
        }
        quote.is_none().then(|| scalar.ending(written.len()))
    }

    fn ending(mut self, at: usize) -> Self {
        self.places.push(at);
        self
    }

    fn place(&self, byte: usize) -> usize {
        self.places.get(byte).or(self.places.last()).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(written: &str, span: Range<usize>) -> Option<&str> {
        let pattern = Scalar::read(written.get(span.clone())?)?.value;
        let message = Pattern::parse(&pattern, &Limits::default()).unwrap_err().to_string();
        find(written, span, &message).and_then(|construct| written.get(construct.span))
    }

    #[test]
    fn constructs_are_found_in_every_kind_of_scalar() {
        assert_eq!(shown("a: /x(?!b).*", 3..12), Some("(?!"));
        assert_eq!(shown("a: '/it''s(?!b)'", 3..16), Some("(?!"));
        assert_eq!(shown(r#"a: "/\\d\\d(?=b)""#, 3..17), Some("(?="));
        assert_eq!(shown(r#"a: "/\\d\\1""#, 3..12), Some(r"\\1"));
        assert_eq!(shown("a: /é**", 3..8), Some("**"));
        assert_eq!(shown("a: /a(b", 3..7), Some("("));
        assert_eq!(shown(r#"a: "\u0041(?!b)""#, 3..16), None);
    }
}
