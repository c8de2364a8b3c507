use std::sync::Arc;

use hashbrown::HashMap;
use regex_syntax::hir::ClassUnicodeRange;

/// How an automaton sees the characters outside of ASCII: by classes, of characters that none of
/// its patterns tells apart. Mostly there is one such class.
///
/// So a pattern such as `\pL{100}` costs one table of letters, and not one hundred.
#[derive(Clone, Debug, Default)]
pub(super) struct Alphabet {
    /// Where the classes change: each entry is the first character of an interval, and the class
    /// of its characters. Ascending; empty if all are of class 0.
    intervals: Arc<[(char, u8)]>,
    /// How many classes there are.
    len: u8,
}

/// A set of classes of an [`Alphabet`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WideSet([u64; 4]);

/// The most classes, and the most different sets that may lead to them.
const MAX_CLASSES: usize = 250;
const MAX_SETS: usize = 64;
/// The most intervals: some sixty times `\pL`.
const MAX_INTERVALS: usize = 40_000;

impl Alphabet {
    /// The classes that these sets of characters tell apart, and each set in terms of them. `None`
    /// if they are too many.
    pub(super) fn of(sets: &[&[ClassUnicodeRange]]) -> Option<(Self, Vec<WideSet>)> {
        // Sets of all or nothing need no class of their own.
        let is_all = |set: &[ClassUnicodeRange]| {
            set.last().is_some_and(|last| last.start() <= FIRST && last.end() == char::MAX)
        };
        let is_none = |set: &[ClassUnicodeRange]| set.last().is_none_or(|last| last.end() < FIRST);
        let partial: Vec<&[ClassUnicodeRange]> =
            sets.iter().copied().filter(|set| !is_all(set) && !is_none(set)).collect();
        let (alphabet, members) = if partial.is_empty() {
            (Self { intervals: Arc::default(), len: 1 }, Vec::new())
        } else {
            Self::partition(&partial)?
        };
        let mut members = members.into_iter();
        let in_classes = sets.iter().map(|set| {
            if is_all(set) {
                alphabet.all()
            } else if is_none(set) {
                WideSet::default()
            } else {
                members.next().unwrap_or_default()
            }
        });
        let in_classes = in_classes.collect();
        Some((alphabet, in_classes))
    }

    fn partition(sets: &[&[ClassUnicodeRange]]) -> Option<(Self, Vec<WideSet>)> {
        if sets.len() > MAX_SETS || sets.iter().map(|set| set.len()).sum::<usize>() > MAX_INTERVALS
        {
            return None;
        }
        // At each place where a set begins or ends, its bit changes.
        let mut changes: Vec<(u32, u64)> = vec![(u32::from(FIRST), 0)];
        for (bit, set) in sets.iter().enumerate() {
            for range in set.iter().filter(|range| range.end() >= FIRST) {
                changes.push((u32::from(range.start().max(FIRST)), 1 << bit));
                changes.push((u32::from(range.end()) + 1, 1 << bit));
            }
        }
        changes.sort_unstable();
        let mut intervals: Vec<(char, u8)> = Vec::new();
        let mut members = vec![WideSet::default(); sets.len()];
        let mut classes: HashMap<u64, u8> = HashMap::new();
        let mut signature = 0;
        for at_one_place in changes.chunk_by(|a, b| a.0 == b.0) {
            let place = at_one_place.first()?.0;
            signature = at_one_place.iter().fold(signature, |bits, (_, bit)| bits ^ bit);
            let start = match char::from_u32(place) {
                Some(start) => start,
                // What ends before the surrogates goes on behind them.
                None if place < 0x11_0000 => '\u{E000}',
                None => break,
            };
            let next = classes.len();
            let class = match classes.get(&signature) {
                Some(class) => *class,
                None if next >= MAX_CLASSES => return None,
                None => {
                    let class = u8::try_from(next).ok()?;
                    classes.insert(signature, class);
                    for (bit, member) in members.iter_mut().enumerate() {
                        if signature >> bit & 1 == 1 {
                            member.insert(class);
                        }
                    }
                    class
                }
            };
            match intervals.last_mut() {
                Some((last, of)) if *last == start => *of = class,
                Some((_, of)) if *of == class => {}
                _ => intervals.push((start, class)),
            }
        }
        let len = u8::try_from(classes.len()).ok()?;
        Some((Self { intervals: intervals.into(), len }, members))
    }

    /// The class of a character outside of ASCII.
    pub(super) fn class_of(&self, c: char) -> u8 {
        let behind = self.intervals.partition_point(|(start, _)| *start <= c);
        let interval = behind.checked_sub(1).and_then(|at| self.intervals.get(at));
        interval.map_or(0, |(_, class)| *class)
    }

    /// All classes.
    pub(super) fn classes(&self) -> std::ops::Range<u8> {
        0..self.len
    }

    /// Bytes on the heap.
    pub(super) fn memory_usage(&self) -> usize {
        size_of_val(&*self.intervals)
    }

    fn all(&self) -> WideSet {
        let mut all = WideSet::default();
        self.classes().for_each(|class| all.insert(class));
        all
    }
}

impl WideSet {
    pub(super) fn contains(&self, class: u8) -> bool {
        self.0.get(usize::from(class >> 6)).is_some_and(|bits| bits >> (class & 63) & 1 == 1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    fn insert(&mut self, class: u8) {
        if let Some(bits) = self.0.get_mut(usize::from(class >> 6)) {
            *bits |= 1 << (class & 63);
        }
    }
}

/// The first character outside of ASCII.
const FIRST: char = '\u{80}';

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(ranges: &[(char, char)]) -> Vec<ClassUnicodeRange> {
        regex_syntax::hir::ClassUnicode::new(
            ranges.iter().map(|&(lo, hi)| ClassUnicodeRange::new(lo.min(hi), lo.max(hi))),
        )
        .ranges()
        .to_vec()
    }

    #[test]
    fn ascii_needs_no_classes() {
        let (alphabet, sets) =
            Alphabet::of(&[&set(&[('a', 'z')]), &set(&[('\0', '.'), ('0', char::MAX)])]).unwrap();
        assert_eq!(alphabet.classes(), 0..1);
        assert!(sets[0].is_empty() && sets[1].contains(0));
    }

    proptest! {
        #[test]
        fn a_set_contains_the_classes_of_its_characters(
            sets in prop::collection::vec(prop::collection::vec(any::<(char, char)>(), 0..5), 1..6),
            asked: Vec<char>,
        ) {
            let sets: Vec<_> = sets.iter().map(|ranges| set(ranges)).collect();
            let slices: Vec<_> = sets.iter().map(Vec::as_slice).collect();
            let (alphabet, members) = Alphabet::of(&slices).unwrap();
            let edges = sets.iter().flatten().flat_map(|range| [range.start(), range.end()]);
            let edges = edges.chain(['\u{D7FF}', '\u{E000}', '\u{80}', char::MAX]);
            for c in asked.iter().copied().chain(edges).filter(|c| !c.is_ascii()) {
                let class = alphabet.class_of(c);
                for (set, member) in sets.iter().zip(&members) {
                    let expected = set.iter().any(|r| r.start() <= c && c <= r.end());
                    prop_assert_eq!(member.contains(class), expected, "{}", c);
                }
            }
        }
    }
}
