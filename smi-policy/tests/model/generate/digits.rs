//! Choices out of one number.

use std::collections::BTreeMap;

/// A number that is read digit by digit, each in a base of its own. A strategy for each choice
/// would take longer than everything that is tested. The number zero makes every first choice, so
/// that shrinking still leads to the simple case.
#[derive(Clone, Debug)]
pub(super) struct Digits(pub(super) u64);

impl Digits {
    /// A digit below `base`.
    pub(super) fn below(&mut self, base: usize) -> usize {
        let base = base as u64;
        let digit = self.0 % base;
        self.0 /= base;
        digit as usize
    }

    /// One of several values.
    pub(super) fn pick<'t, T>(&mut self, values: &'t [T]) -> &'t T {
        &values[self.below(values.len())]
    }

    /// True in so many cases of a hundred, and for zero.
    pub(super) fn usually(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// True in so many cases of a hundred, and not for zero.
    pub(super) fn rarely(&mut self, percent: usize) -> bool {
        !self.usually(100 - percent)
    }

    /// One of several texts.
    pub(super) fn text(&mut self, values: &[&'static str]) -> String {
        (*self.pick(values)).to_owned()
    }

    /// A few of the keys, each with one of the values.
    pub(super) fn map(
        &mut self,
        keys: &[&'static str],
        values: &[&'static str],
    ) -> BTreeMap<String, String> {
        let mut map = BTreeMap::new();
        for key in keys {
            if self.usually(60) {
                map.insert((*key).to_owned(), self.text(values));
            }
        }
        map
    }
}
