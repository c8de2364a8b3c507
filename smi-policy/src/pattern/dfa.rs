use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::context::Before;
use super::program::Pc;

/// A deterministic automaton over symbols, as it comes from its construction.
///
/// Entering a state may say that patterns match: each says so once on any way, as soon as it is
/// certain, and from then on nothing of it is left in the states. So a pattern such as `/items`
/// ends a way as soon as it has matched.
#[derive(Debug)]
pub(super) struct Dfa {
    states: Vec<State>,
    /// What states consist of, one after another.
    keys: Vec<u32>,
    patterns: Vec<u16>,
    ascii: Vec<AsciiMove>,
    wide: Vec<WideMove>,
    /// States by their keys, apart from those of [`single`](Self::single).
    known: HashTable<StateId>,
    hasher: DefaultHashBuilder,
    /// By instruction, the state that consists of it and nothing else: most states of a path.
    single: Vec<StateId>,
}

/// The number of a state; 0 is the one from which nothing matches any more.
pub(super) type StateId = u32;

pub(super) const DEAD: StateId = 0;
pub(super) const START: StateId = 1;

/// On an ASCII character of a range; ranges ascend, and are apart from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AsciiMove {
    pub(super) first: u8,
    pub(super) last: u8,
    pub(super) to: StateId,
}

/// On a character of a class of the alphabet, or on a stray byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WideMove {
    pub(super) class: u8,
    pub(super) to: StateId,
}

/// The class of stray bytes.
pub(super) const STRAY: u8 = u8::MAX;

/// What tells states from each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'k> {
    /// Instructions, ascending, and behind them the patterns that match.
    pub(super) members: &'k [u32],
    /// How many instructions there are.
    pub(super) items: usize,
    pub(super) before: Before,
}

/// A part of one of the lists of a [`Dfa`].
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    from: u32,
    to: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    key: Span,
    items: u32,
    before: Before,
    at_end: Span,
    ascii: Span,
    wide: Span,
}

impl Dfa {
    /// The automaton without states but [`DEAD`], of so many instructions.
    pub(super) fn new(insts: usize) -> Self {
        Self {
            states: vec![State::default()],
            keys: Vec::new(),
            patterns: Vec::new(),
            ascii: Vec::new(),
            wide: Vec::new(),
            known: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            single: vec![DEAD; insts],
        }
    }

    pub(super) fn states(&self) -> std::ops::Range<StateId> {
        DEAD..StateId::try_from(self.states.len()).unwrap_or(StateId::MAX)
    }

    /// The instructions that a state consists of, and what is before it.
    pub(super) fn items(&self, id: StateId) -> (&[Pc], Before) {
        let State { key, items, before, .. } = self.state(id);
        (part(&self.keys, Span { to: key.from + items, ..key }), before)
    }

    /// The patterns that match as soon as this state is entered.
    pub(super) fn matches(&self, id: StateId) -> impl ExactSizeIterator<Item = u16> {
        let State { key, items, .. } = self.state(id);
        let patterns = part(&self.keys, Span { from: key.from + items, ..key });
        patterns.iter().map(|pattern| *pattern as u16)
    }

    /// The patterns that match if the input ends in this state.
    pub(super) fn matches_at_end(&self, id: StateId) -> &[u16] {
        part(&self.patterns, self.state(id).at_end)
    }

    pub(super) fn ascii(&self, id: StateId) -> &[AsciiMove] {
        part(&self.ascii, self.state(id).ascii)
    }

    pub(super) fn wide(&self, id: StateId) -> &[WideMove] {
        part(&self.wide, self.state(id).wide)
    }

    /// The state of this key, and whether it is a new one. `None` if there are too many.
    pub(super) fn intern(&mut self, key: Key<'_>) -> Option<(StateId, bool)> {
        if let Key { members: &[pc], items: 1, before: Before::Other } = key {
            let known = *self.single.get(pc as usize)?;
            if known != DEAD {
                return Some((known, false));
            }
            let id = self.push(key)?;
            *self.single.get_mut(pc as usize)? = id;
            return Some((id, true));
        }
        let hash = self.hasher.hash_one((key.members, key.items));
        let found = self.known.find(hash, |id| self.is(*id, key));
        if let Some(id) = found {
            return Some((*id, false));
        }
        let id = self.push(key)?;
        let Self { known, states, keys, hasher, .. } = self;
        // The hashes of others are needed where the table grows.
        known.insert_unique(hash, id, |id| {
            let state = states.get(*id as usize).copied().unwrap_or_default();
            hasher.hash_one((part(keys, state.key), state.items as usize))
        });
        Some((id, true))
    }

    pub(super) fn set_matches_at_end(&mut self, id: StateId, patterns: &[u16]) -> Option<()> {
        self.states.get_mut(id as usize)?.at_end = append(&mut self.patterns, patterns)?;
        Some(())
    }

    pub(super) fn set_ascii(&mut self, id: StateId, moves: &[AsciiMove]) -> Option<()> {
        self.states.get_mut(id as usize)?.ascii = append(&mut self.ascii, moves)?;
        Some(())
    }

    pub(super) fn set_wide(&mut self, id: StateId, moves: &[WideMove]) -> Option<()> {
        self.states.get_mut(id as usize)?.wide = append(&mut self.wide, moves)?;
        Some(())
    }

    fn is(&self, id: StateId, key: Key<'_>) -> bool {
        let state = self.state(id);
        (state.items as usize, state.before) == (key.items, key.before)
            && part(&self.keys, state.key) == key.members
    }

    fn push(&mut self, key: Key<'_>) -> Option<StateId> {
        let id = StateId::try_from(self.states.len()).ok()?;
        let items = u32::try_from(key.items).ok()?;
        let members = append(&mut self.keys, key.members)?;
        self.states.push(State { key: members, items, before: key.before, ..State::default() });
        Some(id)
    }

    fn state(&self, id: StateId) -> State {
        self.states.get(id as usize).copied().unwrap_or_default()
    }
}

fn part<T>(list: &[T], Span { from, to }: Span) -> &[T] {
    list.get(from as usize..to as usize).unwrap_or_default()
}

/// Adds to a list, and says where that is.
fn append<T: Copy>(list: &mut Vec<T>, items: &[T]) -> Option<Span> {
    let from = u32::try_from(list.len()).ok()?;
    list.extend_from_slice(items);
    Some(Span { from, to: u32::try_from(list.len()).ok()? })
}
