//! What a misspelled word was meant to be.

/// The candidate that a word is most probably a misspelling of.
///
/// Letters that differ in case only count as equal; otherwise one letter in three may be wrong,
/// missing or too many, or the end may be missing.
pub(crate) fn nearest<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str, IntoIter: Clone>,
) -> Option<&'c str> {
    const LONGEST: usize = 64;
    if word.len() > LONGEST {
        return None;
    }
    let mut candidates = candidates.into_iter();
    let distances = candidates.clone().map(|candidate| (distance(word, candidate), candidate));
    let (distance, closest) = distances.min_by_key(|(distance, _)| *distance)?;
    // `HTTPRoutes` for `HTTPRouteGroup`.
    let singular = word.strip_suffix('s').unwrap_or(word);
    let begins = |candidate: &&str| singular.len() >= 4 && candidate.starts_with(singular);
    if distance > 1
        && let Some(candidate) = candidates.find(begins)
    {
        return Some(candidate);
    }
    (distance <= closest.chars().count() / 3).then_some(closest)
}

/// The number of letters to insert, delete or replace to make one word of the other, without regard
/// to case (Levenshtein).
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().map(|letter| letter.to_ascii_lowercase()).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (position, letter) in a.chars().enumerate() {
        let letter = letter.to_ascii_lowercase();
        let mut diagonal = position;
        let mut left = position + 1;
        let mut cells = row.iter_mut();
        if let Some(first) = cells.next() {
            *first = left;
        }
        for (cell, other) in cells.zip(&b) {
            let above = *cell;
            left = (diagonal + usize::from(letter != *other)).min(above + 1).min(left + 1);
            diagonal = above;
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("pathregex", "pathRegex", 0),
            ("spec.smi-spec.io", "specs.smi-spec.io", 1),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn only_near_words_are_suggested() {
        let known = ["destination", "sources", "rules"];
        assert_eq!(nearest("rule", known), Some("rules"));
        assert_eq!(nearest("Destinations", known), Some("destination"));
        assert_eq!(nearest("backends", known), None);
        let kinds = ["TCPRoute", "HTTPRouteGroup"];
        assert_eq!(nearest("HTTPRoutes", kinds), Some("HTTPRouteGroup"));
        assert_eq!(nearest("HTTPRoute", kinds), Some("HTTPRouteGroup"));
        assert_eq!(nearest("TCPRoutes", kinds), Some("TCPRoute"));
    }
}
