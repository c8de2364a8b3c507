use super::cursor::Cursor;

/// How often something may come: `None` as upper end is without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) min: u32,
    pub(super) max: Option<u32>,
}

/// Reads `{n}`, `{n,}` or `{n,m}` from behind its brace. `None`, and nothing consumed, if the brace
/// is an ordinary character: `{id}`, `{,5}`, `{01}`, `{1, 2}`.
pub(super) fn counts(cursor: &mut Cursor<'_>) -> Option<Counts> {
    let mut ahead = *cursor;
    let min = number(&mut ahead)?;
    let max = if !ahead.eat(",") {
        Some(min)
    } else if ahead.peek() == Some('}') {
        None
    } else {
        Some(number(&mut ahead)?)
    };
    ahead.eat("}").then(|| {
        *cursor = ahead;
        Counts { min, max }
    })
}

/// Reads a number without leading zeros; one that is too large becomes the largest there is.
fn number(cursor: &mut Cursor<'_>) -> Option<u32> {
    let mut value = cursor.eat_if(|c| c.is_ascii_digit())?.to_digit(10)?;
    let zero = value == 0;
    while let Some(digit) = cursor.eat_if(|c| c.is_ascii_digit()) {
        if zero {
            return None;
        }
        value = value.saturating_mul(10).saturating_add(digit.to_digit(10)?);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(u32, Option<u32>)> {
        counts(&mut Cursor::new(text)).map(|c| (c.min, c.max))
    }

    #[test]
    fn three_forms_count() {
        assert_eq!(read("2}"), Some((2, Some(2))));
        assert_eq!(read("0,}x"), Some((0, None)));
        assert_eq!(read("2,10}"), Some((2, Some(10))));
        assert_eq!(read("99999999999}"), Some((u32::MAX, Some(u32::MAX))));
    }

    #[test]
    fn everything_else_is_text() {
        for text in ["}", "id}", ",5}", "01}", "00}", "1, 2}", " 1}", "1", "1,", "1,2", "-1}", "1}"]
        {
            let mut cursor = Cursor::new(text);
            let read = counts(&mut cursor);
            assert_eq!(read.is_some(), text == "1}", "{text}");
            assert_eq!(cursor.rest() == text, read.is_none(), "{text}");
        }
    }
}
