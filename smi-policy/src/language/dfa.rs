use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use super::limits::{AnalysisError, AnalysisLimits};
use super::minimize::minimize;

/// A deterministic automaton over bytes: complete, minimal and numbered in one way only, so that
/// equal sets of texts have equal automata.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Dfa {
    classes: Classes,
    /// Where each state goes on each class of bytes, state by state.
    next: Box<[State]>,
    accepting: Box<[bool]>,
}

/// The number of a state.
pub(super) type State = u32;

impl Dfa {
    /// Where every walk begins.
    pub(super) const START: State = 0;

    /// Accepts everything or nothing.
    pub(super) fn constant(accepts: bool) -> Self {
        Self { classes: Classes::one(), next: [Self::START].into(), accepting: [accepts].into() }
    }

    /// Accepts this text, and if `open` also what begins with it.
    pub(super) fn literal(text: &[u8], open: bool) -> Self {
        // The place in the text, or `None` behind a byte that is not the text's.
        let step = |at: &Option<usize>, byte: u8| {
            let at = (*at)?;
            match text.get(at) {
                None if open => Some(at),
                Some(wanted) if *wanted == byte => Some(at + 1),
                _ => None,
            }
        };
        let accepts = |at: &Option<usize>| *at == Some(text.len());
        // One state for each byte and two more: as many as there must be.
        let limits = AnalysisLimits::default().with_states(usize::MAX);
        Self::explore(Some(0), &Classes::of(text), &limits, step, accepts)
            .unwrap_or_else(|_| Self::constant(false))
    }

    /// The automaton whose states are all that is reached from `start`.
    ///
    /// Bytes of one class must lead to the same place.
    ///
    /// # Errors
    ///
    /// If more states are reached than there may be.
    pub(super) fn explore<K: Clone + Eq + Hash>(
        start: K,
        classes: &Classes,
        limits: &AnalysisLimits,
        mut step: impl FnMut(&K, u8) -> K,
        accepts: impl Fn(&K) -> bool,
    ) -> Result<Self, AnalysisError> {
        let representatives = classes.representatives();
        let mut numbers = HashMap::from([(start.clone(), Self::START)]);
        let (mut next, mut accepting) = (Vec::new(), vec![accepts(&start)]);
        let mut found = vec![start];
        let mut done = 0;
        while let Some(state) = found.get(done).cloned() {
            done += 1;
            for &byte in &representatives {
                let to = step(&state, byte);
                let number = match numbers.entry(to) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(new) => {
                        let number = State::try_from(found.len()).ok();
                        let number = number.filter(|_| found.len() < limits.states);
                        let number = number.ok_or(AnalysisError::TooManyStates)?;
                        accepting.push(accepts(new.key()));
                        found.push(new.key().clone());
                        *new.insert(number)
                    }
                };
                next.push(number);
            }
        }
        Ok(Self { classes: classes.clone(), next: next.into(), accepting: accepting.into() }
            .canonical())
    }

    /// The automaton that walks through both, and accepts by what both say.
    pub(super) fn product(
        &self,
        other: &Self,
        limits: &AnalysisLimits,
        accepts: impl Fn(bool, bool) -> bool,
    ) -> Result<Self, AnalysisError> {
        Self::explore(
            (Self::START, Self::START),
            &self.classes.refined(&other.classes),
            limits,
            |(a, b), byte| (self.next(*a, byte), other.next(*b, byte)),
            |(a, b)| accepts(self.is_accepting(*a), other.is_accepting(*b)),
        )
    }

    pub(super) fn complement(&self) -> Self {
        let accepting = self.accepting.iter().map(|accepts| !accepts).collect();
        Self { accepting, ..self.clone() }
    }

    pub(super) fn len(&self) -> usize {
        self.accepting.len()
    }

    pub(super) fn classes(&self) -> &Classes {
        &self.classes
    }

    pub(super) fn next(&self, state: State, byte: u8) -> State {
        let at = state as usize * self.classes.count + usize::from(self.classes.class(byte));
        self.next.get(at).copied().unwrap_or(state)
    }

    pub(super) fn is_accepting(&self, state: State) -> bool {
        self.accepting.get(state as usize).copied().unwrap_or(false)
    }

    /// Whether nothing is accepted from here on. A minimal automaton has at most one such state.
    pub(super) fn is_dead(&self, state: State) -> bool {
        !self.is_accepting(state) && self.successors(state).iter().all(|&to| to == state)
    }

    /// Whether nothing is accepted behind this place.
    pub(super) fn is_last(&self, state: State) -> bool {
        self.successors(state).iter().all(|&to| self.is_dead(to))
    }

    /// Where each class of bytes leads.
    pub(super) fn successors(&self, state: State) -> &[State] {
        let width = self.classes.count;
        self.next.chunks_exact(width).nth(state as usize).unwrap_or_default()
    }

    /// What all accepted texts begin with, and the state behind it. `None` if there are none.
    pub(super) fn common_prefix(&self) -> Option<(Vec<u8>, State)> {
        let mut prefix = Vec::new();
        let mut state = Self::START;
        if self.is_dead(state) {
            return None;
        }
        while !self.is_accepting(state) {
            let mut ways = (0..=u8::MAX).filter(|&byte| !self.is_dead(self.next(state, byte)));
            let (Some(byte), None) = (ways.next(), ways.next()) else { break };
            prefix.push(byte);
            state = self.next(state, byte);
        }
        Some((prefix, state))
    }

    /// The minimal automaton in its one numbering: classes by their first byte, states as they are
    /// reached.
    fn canonical(self) -> Self {
        let blocks = minimize(self.len(), self.classes.count, &self.next, &self.accepting);
        let block = |state: State| blocks.get(state as usize).copied().unwrap_or(state);
        // One state of each block, in the order of blocks.
        let mut members: Vec<(State, State)> =
            (0..).zip(&*blocks).map(|(state, &block)| (block, state)).collect();
        members.sort_unstable();
        members.dedup_by_key(|(block, _)| *block);

        let classes = self.classes.merged(|a, b| {
            members
                .iter()
                .all(|(_, state)| block(self.next(*state, a)) == block(self.next(*state, b)))
        });
        let representatives = classes.representatives();
        let mut numbers = HashMap::from([(block(Self::START), Self::START)]);
        let mut found = vec![block(Self::START)];
        let (mut next, mut accepting) = (Vec::new(), Vec::new());
        let mut done = 0;
        while let Some(&(_, state)) = found.get(done).and_then(|b| members.get(*b as usize)) {
            done += 1;
            accepting.push(self.is_accepting(state));
            for &byte in &representatives {
                let to = block(self.next(state, byte));
                let number = *numbers.entry(to).or_insert_with(|| {
                    found.push(to);
                    // No more than there were.
                    State::try_from(found.len() - 1).unwrap_or(State::MAX)
                });
                next.push(number);
            }
        }
        Self { classes, next: next.into(), accepting: accepting.into() }
    }
}

/// Bytes that no state tells apart, numbered by the first of each class.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Classes {
    of: Box<[u8; 256]>,
    count: usize,
}

impl Classes {
    /// All bytes in one class.
    fn one() -> Self {
        Self::by(|_| ())
    }

    /// Each of these bytes by itself, and the others together.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut is_own = [false; 256];
        for &byte in bytes {
            if let Some(own) = is_own.get_mut(usize::from(byte)) {
                *own = true;
            }
        }
        Self::by(|byte| is_own.get(usize::from(byte)).is_some_and(|own| *own).then_some(byte))
    }

    /// Bytes with equal keys together.
    pub(super) fn by<K: Eq + Hash>(key: impl Fn(u8) -> K) -> Self {
        let mut numbers: HashMap<K, u8> = HashMap::new();
        let mut of = Box::new([0; 256]);
        for (class, byte) in of.iter_mut().zip(0..=u8::MAX) {
            let fresh = u8::try_from(numbers.len()).unwrap_or(u8::MAX);
            *class = *numbers.entry(key(byte)).or_insert(fresh);
        }
        Self { of, count: numbers.len() }
    }

    /// Together only what is together in both.
    pub(super) fn refined(&self, other: &Self) -> Self {
        Self::by(|byte| (self.class(byte), other.class(byte)))
    }

    /// Together also what is `alike`, which must be transitive.
    fn merged(&self, alike: impl Fn(u8, u8) -> bool) -> Self {
        let mut firsts: Vec<u8> = Vec::new();
        let mut merged = Vec::new();
        for byte in self.representatives() {
            let known = firsts.iter().copied().find(|&first| alike(first, byte));
            if known.is_none() {
                firsts.push(byte);
            }
            merged.push(known.unwrap_or(byte));
        }
        Self::by(|byte| merged.get(usize::from(self.class(byte))).copied())
    }

    pub(super) fn class(&self, byte: u8) -> u8 {
        self.of.get(usize::from(byte)).copied().unwrap_or(0)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The first byte of each class, in the order of classes.
    pub(super) fn representatives(&self) -> Vec<u8> {
        let mut found = Vec::with_capacity(self.count);
        for byte in 0..=u8::MAX {
            if usize::from(self.class(byte)) == found.len() {
                found.push(byte);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_minimal() {
        let dfa = Dfa::literal(b"ab", false);
        assert_eq!(dfa.len(), 4);
        assert_eq!(dfa.classes.count, 3);
        assert_eq!(Dfa::literal(b"", true).len(), 1);
        assert!(Dfa::literal(b"", true) == Dfa::constant(true));
    }

    #[test]
    fn a_set_has_one_automaton() {
        let limits = AnalysisLimits::default();
        let (a, b) = (Dfa::literal(b"ab", true), Dfa::literal(b"abc", true));
        let union = a.product(&b, &limits, |a, b| a || b).unwrap();
        assert!(union == a);
        let neither = a.product(&a.complement(), &limits, |a, b| a && b).unwrap();
        assert!(neither == Dfa::constant(false));
    }
}
