use super::cursor::Cursor;
use super::error::{Fault, PatternErrorKind};

/// A number that Unicode calls a code point: up to 10FFFF, surrogates among them.
///
/// RE2 lets a pattern name a surrogate, which then matches nothing in UTF-8; `char` cannot hold it.
pub(super) type CodePoint = u32;

/// Reads an escape that stands for one character, from behind its backslash at `start`.
///
/// These are the C escapes `\a \f \n \r \t \v`, octal and hexadecimal numbers, and everything in
/// ASCII that is neither letter nor digit.
pub(super) fn character(cursor: &mut Cursor<'_>, start: usize) -> Result<CodePoint, Fault> {
    let fault = |cursor: &Cursor<'_>, kind| Err(Fault::new(kind, cursor.span_from(start)));
    let Some(c) = cursor.next() else {
        return fault(cursor, PatternErrorKind::TrailingBackslash);
    };
    let code = match c {
        'a' => Some(0x07),
        't' => Some(0x09),
        'n' => Some(0x0A),
        'v' => Some(0x0B),
        'f' => Some(0x0C),
        'r' => Some(0x0D),
        'x' => hexadecimal(cursor),
        '0' => Some(octal(cursor, 0)),
        // One digit alone would be a back-reference in Perl; two are octal.
        '1'..='7' if cursor.peek().is_some_and(|next| next.is_digit(8)) => {
            Some(octal(cursor, u32::from(c) - u32::from('0')))
        }
        '1'..='9' | 'k' | 'g' => return fault(cursor, PatternErrorKind::Backreference),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(u32::from(c)),
        _ => None,
    };
    match code {
        Some(code) => Ok(code),
        None => fault(cursor, PatternErrorKind::UnknownEscape),
    }
}

/// Reads up to two more octal digits.
fn octal(cursor: &mut Cursor<'_>, first: u32) -> CodePoint {
    let mut code = first;
    for _ in 0..2 {
        let Some(digit) = cursor.eat_if(|c| c.is_digit(8)).and_then(|c| c.to_digit(8)) else {
            break;
        };
        code = code * 8 + digit;
    }
    code
}

/// Reads two hexadecimal digits, or any number of them in braces. What is wrong is left unread or
/// read, and makes the escape an unknown one.
fn hexadecimal(cursor: &mut Cursor<'_>) -> Option<CodePoint> {
    if cursor.eat("{") {
        let digits = cursor.eat_until("}")?;
        if digits.is_empty() {
            return None;
        }
        return digits.chars().try_fold(0, |code, c| {
            let code = code * 16 + c.to_digit(16)?;
            (code <= u32::from(char::MAX)).then_some(code)
        });
    }
    let high = cursor.next()?.to_digit(16)?;
    let low = cursor.next()?.to_digit(16)?;
    Some(high * 16 + low)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code point and what is left.
    fn read(text: &str) -> Option<(CodePoint, &str)> {
        let mut cursor = Cursor::new(text);
        cursor.next();
        let code = character(&mut cursor, 0).ok()?;
        Some((code, cursor.rest()))
    }

    #[test]
    fn octal_takes_three_digits_at_most() {
        assert_eq!(read(r"\0"), Some((0, "")));
        assert_eq!(read(r"\08"), Some((0, "8")));
        assert_eq!(read(r"\12"), Some((0o12, "")));
        assert_eq!(read(r"\7777"), Some((0o777, "7")));
        assert_eq!(read(r"\1"), None);
        assert_eq!(read(r"\18"), None);
    }

    #[test]
    fn hexadecimal_takes_two_digits_or_braces() {
        assert_eq!(read(r"\x410"), Some((0x41, "0")));
        assert_eq!(read(r"\x{0010FFFF}x"), Some((0x10_FFFF, "x")));
        assert_eq!(read(r"\x{D800}"), Some((0xD800, "")));
        for text in [r"\x4", r"\x{}", r"\x{110000}", r"\x{41", r"\x{ 41}", r"\x{99999999999999999}"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn only_ascii_punctuation_escapes_to_itself() {
        for c in '\0'..='\u{7F}' {
            let text = format!("\\{c}");
            if !c.is_ascii_alphanumeric() {
                assert_eq!(read(&text), Some((u32::from(c), "")), "{text}");
            }
        }
        for text in [r"\é", r"\E", r"\u", r"\e", r"\Z", r"\"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
