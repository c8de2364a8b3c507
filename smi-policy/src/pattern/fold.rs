use std::ops::Range;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::ascii::Negate;
use super::complement::complement;
use super::error::{Bound, Fault, PatternErrorKind};

/// Whether upper and lower case differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Case {
    /// They do.
    #[default]
    Heeded,
    /// They do not, by Unicode's simple case folding.
    Ignored,
}

/// Folds classes where case is ignored, and counts what classes cost.
///
/// A script has hundreds of ranges, and folding looks at each character, so that a short pattern
/// could ask for much of both. Once the budget is spent nothing more is folded, and
/// [`check`](Self::check) fails: it is asked before a class is used.
#[derive(Debug)]
pub(super) struct Folder {
    ranges_left: usize,
    characters_left: usize,
}

impl Folder {
    /// Admits classes of `max_bytes` together.
    pub(super) fn new(max_bytes: usize) -> Self {
        let ranges_left = max_bytes / size_of::<ClassUnicodeRange>();
        Self { ranges_left, characters_left: MAX_FOLDED }
    }

    /// Fails if the classes so far cost more than they may.
    pub(super) fn check(&self, span: Range<usize>) -> Result<(), Fault> {
        if self.ranges_left == 0 || self.characters_left == 0 {
            return Err(Fault::new(PatternErrorKind::TooLarge(Bound::ProgramSize), span));
        }
        Ok(())
    }

    /// The class, with the other cases of its characters if case is ignored.
    pub(super) fn fold(&mut self, mut class: ClassUnicode, case: Case) -> ClassUnicode {
        if case == Case::Heeded {
            return class;
        }
        let all_cased = ClassUnicode::new([cased()]);
        let mut folded = class.clone();
        folded.intersect(&all_cased);
        // Whatever has a case is in there already.
        if folded == all_cased {
            return class;
        }
        let characters = folded.iter().map(ClassUnicodeRange::len).sum();
        self.characters_left = self.characters_left.saturating_sub(characters);
        // Folding fails only without Unicode's tables, which this crate asks for.
        if self.characters_left > 0 && folded.try_case_fold_simple().is_ok() {
            class.union(&folded);
        }
        class
    }

    /// A group such as `\W`: folded first, then negated. So `(?i)\W` excludes `ſ`, which is an `s`.
    pub(super) fn group(
        &mut self,
        class: ClassUnicode,
        negate: Negate,
        case: Case,
    ) -> ClassUnicode {
        self.ranges_left = self.ranges_left.saturating_sub(class.ranges().len());
        let class = self.fold(class, case);
        if negate == Negate::Yes { complement(class) } else { class }
    }
}

/// Characters that one pattern may fold: some sixty times `(?i)\pL`.
const MAX_FOLDED: usize = 8 << 20;

/// From the first character that has another case to the last.
fn cased() -> ClassUnicodeRange {
    ClassUnicodeRange::new('A', '\u{1E943}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(ranges: &[(char, char)]) -> ClassUnicode {
        ClassUnicode::new(ranges.iter().map(|&(lo, hi)| ClassUnicodeRange::new(lo, hi)))
    }

    fn fold(c: char) -> ClassUnicode {
        Folder::new(800).fold(class(&[(c, c)]), Case::Ignored)
    }

    #[test]
    fn folding_is_that_of_unicode() {
        assert_eq!(fold('k'), class(&[('K', 'K'), ('k', 'k'), ('\u{212A}', '\u{212A}')]));
        // It has a lower case, but no simple folding.
        assert_eq!(fold('İ'), class(&[('İ', 'İ')]));
    }

    #[test]
    fn a_group_is_folded_before_it_is_negated() {
        let k = class(&[('k', 'k')]);
        let not_k = Folder::new(800).group(k, Negate::Yes, Case::Ignored);
        for c in ['k', 'K', '\u{212A}'] {
            assert!(not_k.iter().all(|range| c < range.start() || range.end() < c), "{c}");
        }
    }

    #[test]
    fn nothing_outside_the_cased_range_has_another_case() {
        for outside in [('\0', '@'), ('\u{1E944}', char::MAX)] {
            let mut folded = class(&[outside]);
            folded.try_case_fold_simple().unwrap();
            assert_eq!(folded, class(&[outside]));
        }
        for edge in ['A', '\u{1E943}'] {
            assert_ne!(fold(edge), class(&[(edge, edge)]));
        }
    }

    #[test]
    fn a_spent_budget_is_reported() {
        let mut folder = Folder::new(800);
        for _ in 0..99 {
            folder.group(class(&[('a', 'z')]), Negate::No, Case::Heeded);
            assert!(folder.check(0..1).is_ok());
        }
        folder.group(class(&[('a', 'z')]), Negate::No, Case::Heeded);
        assert!(folder.check(0..1).is_err());

        let mut folder = Folder::new(800);
        for _ in 0..100 {
            folder.fold(class(&[('B', char::MAX)]), Case::Ignored);
        }
        assert!(folder.check(0..1).is_err());
    }
}
