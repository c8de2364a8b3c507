use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

/// All characters that a class has not.
///
/// `regex-syntax` takes what is between two ranges from behind the one to before the other. Between
/// U+D7FF and U+E000 there are only surrogates, no characters: if ranges end and begin there, it
/// finds these two themselves. Joined they leave it nothing to find.
pub(super) fn complement(mut class: ClassUnicode) -> ClassUnicode {
    let has = |c: char| class.iter().any(|range| range.start() <= c && c <= range.end());
    if has(LAST_BELOW) && has(FIRST_ABOVE) {
        class.push(ClassUnicodeRange::new(LAST_BELOW, FIRST_ABOVE));
    }
    class.negate();
    class
}

/// The last character before the surrogates.
const LAST_BELOW: char = '\u{D7FF}';
/// The first character behind them.
const FIRST_ABOVE: char = '\u{E000}';

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(ranges: &[(char, char)]) -> Vec<(char, char)> {
        let class = ranges.iter().map(|&(lo, hi)| ClassUnicodeRange::new(lo, hi));
        let complement = complement(ClassUnicode::new(class));
        complement.iter().map(|range| (range.start(), range.end())).collect()
    }

    #[test]
    fn nothing_is_in_a_class_and_in_its_complement() {
        let all = [('\0', char::MAX)];
        assert_eq!(ranges(&[]), all);
        assert_eq!(ranges(&all), []);
        assert_eq!(ranges(&[('\0', LAST_BELOW), (FIRST_ABOVE, char::MAX)]), []);
        let around = [('\0', '\u{D7FE}'), ('\u{E001}', char::MAX)];
        assert_eq!(ranges(&[(LAST_BELOW, LAST_BELOW), (FIRST_ABOVE, FIRST_ABOVE)]), around);
        assert_eq!(ranges(&around), [(LAST_BELOW, FIRST_ABOVE)]);
        assert_eq!(ranges(&[('\0', LAST_BELOW)]), [(FIRST_ABOVE, char::MAX)]);
        assert_eq!(ranges(&[(FIRST_ABOVE, char::MAX)]), [('\0', LAST_BELOW)]);
    }
}
