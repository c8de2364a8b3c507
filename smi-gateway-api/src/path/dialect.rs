//! Regular expressions that mean the same wherever they are evaluated.

use regex_syntax::hir::HirKind;

/// RE2's dialect written with what Go, RE2 and Rust's `regex` read alike. `None` if the pattern has
/// something that they don't: `\b`, a negated class within a class, octal escapes.
///
/// Meshes evaluate the output in Envoy (RE2) or in Linkerd's proxy (Rust's `regex`), where `\d`
/// admits digits of all scripts.
pub(crate) fn portable(pattern: &str) -> Option<String> {
    let mut reader = Reader { rest: pattern, text: String::with_capacity(pattern.len()) };
    while let Some(c) = reader.next() {
        match c {
            '\\' => reader.escape(Place::Outside)?,
            '[' => reader.class()?,
            '{' => reader.brace(),
            '}' | ']' => reader.literal(c),
            '(' => reader.group()?,
            _ => reader.text.push(c),
        }
    }
    Some(reader.text)
}

/// A text as a regular expression that matches nothing else.
pub(crate) fn literal(text: &str) -> String {
    let mut reader = Reader { rest: "", text: String::new() };
    text.chars().for_each(|c| reader.literal(c));
    reader.text
}

/// A regular expression in a form that means the same to an engine that takes the leftmost match
/// and then looks whether it covers the whole text, as Linkerd's proxy does: of `/a|/ab` it would
/// find only `/a` in `/ab`.
pub(crate) fn anchored(pattern: &str) -> String {
    let head = pattern.strip_suffix(".*").unwrap_or(pattern);
    let is_alternation = is_alternation(pattern);
    if !head.contains(['|', '*', '+', '?', '{']) || pattern.ends_with('$') && !is_alternation {
        pattern.to_owned()
    } else if is_alternation {
        format!("(?:{pattern})$")
    } else {
        format!("{pattern}$")
    }
}

/// Whether something put behind the pattern would belong to its last branch only.
pub(crate) fn is_alternation(pattern: &str) -> bool {
    let hir = regex_syntax::Parser::new().parse(pattern);
    hir.map_or(true, |hir| matches!(hir.kind(), HirKind::Alternation(_) | HirKind::Class(_)))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Class,
}

struct Reader<'p> {
    rest: &'p str,
    text: String,
}

impl<'p> Reader<'p> {
    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(c)
    }

    fn take(&mut self, prefix: &str) -> bool {
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Takes what is before the next `end`, and it.
    fn until(&mut self, end: &str) -> Option<&'p str> {
        let (before, behind) = self.rest.split_once(end)?;
        self.rest = behind;
        Some(before)
    }

    fn literal(&mut self, c: char) {
        if c.is_ascii_punctuation()
            && !matches!(
                c,
                '/' | '_' | '"' | '\'' | '%' | ',' | ':' | ';' | '<' | '=' | '>' | '@' | '`' | '!'
            )
        {
            self.text.push('\\');
        }
        match c {
            '\n' => self.text.push_str("\\n"),
            '\0'..='\x1f' | '\x7f' => self.text.push_str(&format!("\\x{:02x}", u32::from(c))),
            _ => self.text.push(c),
        }
    }

    fn escape(&mut self, place: Place) -> Option<()> {
        let c = self.next()?;
        let inner = match c.to_ascii_lowercase() {
            'd' => "0-9",
            'w' => "0-9A-Za-z_",
            's' => r"\t\n\f\r ",
            _ => "",
        };
        match c {
            'd' | 'w' | 's' if place == Place::Class => self.text.push_str(inner),
            'd' | 'w' | 's' => self.text.push_str(&format!("[{inner}]")),
            'D' | 'W' | 'S' if place == Place::Outside => {
                self.text.push_str(&format!("[^{inner}]"));
            }
            'Q' if place == Place::Outside => {
                let quoted = match self.rest.split_once(r"\E") {
                    Some((quoted, behind)) => {
                        self.rest = behind;
                        quoted
                    }
                    None => std::mem::take(&mut self.rest),
                };
                quoted.chars().for_each(|c| self.literal(c));
            }
            'E' if place == Place::Outside => {}
            'A' | 'z' if place == Place::Outside => {
                self.text.push_str(if c == 'A' { r"\A" } else { r"\z" });
            }
            'a' | 'f' | 't' | 'n' | 'r' | 'v' => {
                self.text.push('\\');
                self.text.push(c);
            }
            'p' | 'P' | 'x' => {
                self.text.push('\\');
                self.text.push(c);
                if self.take("{") {
                    let name = self.until("}")?;
                    self.text.push_str(&format!("{{{name}}}"));
                } else {
                    let digits = if c == 'x' { 2 } else { 1 };
                    for _ in 0..digits {
                        let digit = self.next()?;
                        self.text.push(digit);
                    }
                }
            }
            _ if c.is_ascii_punctuation() => self.literal(c),
            _ => return None,
        }
        Some(())
    }

    fn class(&mut self) -> Option<()> {
        self.text.push('[');
        if self.take("^") {
            self.text.push('^');
        }
        let mut is_first = true;
        loop {
            if !is_first && self.take("]") {
                self.text.push(']');
                return Some(());
            }
            is_first = false;
            if self.take("[:") {
                let name = self.until(":]")?;
                self.text.push_str(&format!("[:{name}:]"));
                continue;
            }
            self.class_char()?;
            // A range, unless the hyphen stands last.
            if self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                self.next()?;
                self.text.push('-');
                self.class_char()?;
            }
        }
    }

    fn class_char(&mut self) -> Option<()> {
        match self.next()? {
            '\\' => self.escape(Place::Class),
            c => {
                self.literal(c);
                Some(())
            }
        }
    }

    /// A brace that begins no repetition is text.
    fn brace(&mut self) {
        let counts = self.rest.split_once('}').map(|(counts, _)| counts).filter(|counts| {
            let (min, max) = counts.split_once(',').unwrap_or((counts, "0"));
            is_count(min) && (max.is_empty() || is_count(max))
        });
        match counts {
            Some(counts) => {
                self.text.push_str(&format!("{{{counts}}}"));
                self.until("}");
            }
            None => self.literal('{'),
        }
    }

    fn group(&mut self) -> Option<()> {
        self.text.push('(');
        if self.take("?P<") || self.take("?<") {
            self.until(">")?;
        } else if self.take("?") {
            let end = self.rest.find([':', ')'])?;
            let (flags, _) = self.rest.split_at_checked(end)?;
            if flags.is_empty() && self.rest.starts_with(')') {
                // `(?)` sets nothing.
                self.next()?;
                self.text.pop();
                self.text.push_str("(?:)");
                return Some(());
            }
            if !flags.chars().all(|flag| matches!(flag, 'i' | 's' | 'm' | 'U' | '-')) {
                return None;
            }
            // Flags that are set from here on are nothing that could repeat.
            let (_, behind) = self.rest.split_at_checked(end)?;
            if behind.starts_with([')']) && behind.chars().nth(1).is_some_and(is_repetition) {
                return None;
            }
            self.text.push('?');
        }
        Some(())
    }
}

fn is_repetition(c: char) -> bool {
    matches!(c, '*' | '+' | '?' | '{')
}

fn is_count(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.is_empty() && !digits.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use smi_policy::{Anchor, Limits, Pattern};

    use super::*;

    #[test]
    fn what_differs_is_written_out() {
        for (pattern, expected) in [
            ("/v[0-9]+$", "/v[0-9]+$"),
            (r"/\d+", "/[0-9]+"),
            (r"[\w-]", r"[0-9A-Za-z_\-]"),
            ("/users/{id}", r"/users/\{id\}"),
            ("a{2,}", "a{2,}"),
            ("a{01}", r"a\{01\}"),
            ("[]a]", r"[\]a]"),
            ("[a&&b]", r"[a\&\&b]"),
            (r"\Qa.b", r"a\.b"),
            ("(?P<x>a)", "(a)"),
            (r"\-\_", r"\-_"),
        ] {
            assert_eq!(portable(pattern).as_deref(), Some(expected), "{pattern}");
        }
        for pattern in [r"a\b", r"[^\D]", r"\101", "a(?i){2}"] {
            assert_eq!(portable(pattern), None, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn both_dialects_read_it_as_re2_reads_the_original(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "a", "/", ".", r"\d", r"\w", r"\s", r"\W", "[a-c]", r"[^\d]", "[]a-]", "[a&&b]",
                "[[:alpha:]]", "{", "}", "{id}", "{2}", "*", "+", "?", "(", ")", "|", r"\.", "$",
                "^", r"\Q.*\E", "(?:", "(?i)", "[a[b]", "[--/]", r"\pL", r"\x41", "~~",
            ]), 1..7),
            texts in prop::collection::vec(
                prop::collection::vec(prop::sample::select(vec![
                    "a", "b", "A", "/", ".", "0", "٣", "é", "{", "}", "id", " ", "&", "-", "~", "[", "]",
                ]), 0..5),
                8,
            ),
        ) {
            let pattern = pieces.concat();
            let limits = Limits::default();
            let Ok(original) = Pattern::parse(&pattern, &limits) else { return Ok(()) };
            let Some(portable) = portable(&pattern) else { return Ok(()) };
            let original = original.compile(Anchor::Full, &limits).unwrap();
            let re2 = Pattern::parse(&portable, &limits);
            prop_assert!(re2.is_ok(), "{pattern} {portable} {re2:?}");
            let re2 = re2.unwrap().compile(Anchor::Full, &limits).unwrap();
            let rust = regex::Regex::new(&format!("^(?:{portable})$"));
            prop_assert!(rust.is_ok(), "{pattern} {portable} {rust:?}");
            let rust = rust.unwrap();
            for text in texts {
                let text = text.concat();
                let expected = original.is_match(text.as_bytes());
                prop_assert_eq!(re2.is_match(text.as_bytes()), expected, "{} {} {}", pattern, portable, text);
                prop_assert_eq!(rust.is_match(&text), expected, "{} {} {}", pattern, portable, text);
            }
        }
    }
}
