use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use regex_syntax::hir::Look;

use super::nfa::{Inst, Nfa};
use super::program::Pc;

/// A deterministic automaton over symbols, as it comes from its construction.
///
/// Entering a state may say that patterns match: each says so once on any way, as soon as it is
/// certain, and from then on nothing of it is left in the states. So a pattern such as `/items`
/// ends a way as soon as it has matched.
#[derive(Debug, Default)]
pub(super) struct Dfa {
    states: Vec<State>,
    /// What states consist of, one after another.
    keys: Vec<u32>,
    patterns: Vec<u16>,
    ascii: Vec<AsciiMove>,
    wide: Vec<WideMove>,
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

/// A part of one of the lists of a [`Dfa`].
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    from: usize,
    to: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    key: Span,
    /// How many members of the key are instructions; the rest are the patterns that match.
    items: usize,
    before: Before,
    at_end: Span,
    ascii: Span,
    wide: Span,
}

/// What is before a place. Only told apart as far as some assertion asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Before {
    /// Nothing: the input begins.
    Edge,
    LineFeed,
    Word,
    #[default]
    Other,
}

/// What comes after a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    Edge,
    LineFeed,
    Word,
    Other,
}

impl Dfa {
    pub(super) fn states(&self) -> std::ops::Range<StateId> {
        DEAD..StateId::try_from(self.states.len()).unwrap_or(StateId::MAX)
    }

    /// The patterns that match as soon as this state is entered.
    pub(super) fn matches(&self, id: StateId) -> impl ExactSizeIterator<Item = u16> {
        let state = self.state(id);
        let key = self.keys.get(state.key.from + state.items..state.key.to).unwrap_or_default();
        key.iter().map(|pattern| *pattern as u16)
    }

    /// The patterns that match if the input ends in this state.
    pub(super) fn matches_at_end(&self, id: StateId) -> &[u16] {
        let Span { from, to } = self.state(id).at_end;
        self.patterns.get(from..to).unwrap_or_default()
    }

    pub(super) fn ascii(&self, id: StateId) -> &[AsciiMove] {
        let Span { from, to } = self.state(id).ascii;
        self.ascii.get(from..to).unwrap_or_default()
    }

    pub(super) fn wide(&self, id: StateId) -> &[WideMove] {
        let Span { from, to } = self.state(id).wide;
        self.wide.get(from..to).unwrap_or_default()
    }

    fn state(&self, id: StateId) -> State {
        self.states.get(id as usize).copied().unwrap_or_default()
    }
}

/// Determinises programs, as far as the automaton will have about `max_bytes`. `None` if it would
/// have more, or if finding that out takes too long.
pub(super) fn determinize(nfa: &Nfa, max_bytes: usize) -> Option<Dfa> {
    let mut builder = Builder {
        nfa,
        dfa: Dfa::default(),
        known: HashTable::new(),
        hasher: DefaultHashBuilder::default(),
        seen: vec![0; nfa.len()],
        generation: 0,
        stack: Vec::new(),
        key: Vec::new(),
        matched: Vec::new(),
        bytes_left: max_bytes,
        work_left: nfa.len().saturating_mul(WORK).saturating_add(1 << 14),
    };
    builder.dfa.states.push(State::default());
    builder.stack.extend_from_slice(nfa.starts());
    builder.state(Before::Edge)?;
    let mut next = START;
    let mut moves = Moves::default();
    while (next as usize) < builder.dfa.states.len() {
        builder.moves(next, &mut moves)?;
        next += 1;
    }
    Some(builder.dfa)
}

/// How many steps each instruction may take, besides a number that every automaton may. Those of
/// ordinary patterns take about thirty.
const WORK: usize = 128;

struct Builder<'n> {
    nfa: &'n Nfa,
    dfa: Dfa,
    /// States by their keys.
    known: HashTable<StateId>,
    hasher: DefaultHashBuilder,
    /// In which closure an instruction was last met.
    seen: Vec<u32>,
    generation: u32,
    /// Instructions yet to be followed.
    stack: Vec<Pc>,
    /// Instructions of the state being made.
    key: Vec<u32>,
    /// Patterns that match on the way to it.
    matched: Vec<u16>,
    bytes_left: usize,
    work_left: usize,
}

/// Scratch space for the moves of one state.
#[derive(Default)]
struct Moves {
    items: Vec<Pc>,
    pending: Vec<Pc>,
    resolved: Vec<Pc>,
    ranges: Vec<(u8, u8, Pc)>,
    ascii: Vec<AsciiMove>,
    wide: Vec<WideMove>,
}

impl Builder<'_> {
    /// The state of the instructions on the stack, reached behind `before`.
    fn state(&mut self, before: Before) -> Option<StateId> {
        self.key.clear();
        self.begin_closure();
        let mut has_pending = false;
        while let Some(pc) = self.stack.pop() {
            if !self.meet(pc)? {
                continue;
            }
            match self.nfa.inst(pc)? {
                Inst::Split(one, other) => self.stack.extend([other, one]),
                Inst::Look(Look::Start, to) => {
                    if before == Before::Edge {
                        self.stack.push(to);
                    }
                }
                Inst::Look(Look::StartLF, to) => {
                    if matches!(before, Before::Edge | Before::LineFeed) {
                        self.stack.push(to);
                    }
                }
                Inst::Look(..) => {
                    has_pending = true;
                    self.key.push(pc);
                }
                Inst::Match(pattern) => self.matched.push(pattern),
                Inst::Ascii(..) | Inst::Class(..) | Inst::Any(_) => self.key.push(pc),
            }
        }
        if !self.matched.is_empty() {
            self.matched.sort_unstable();
            self.matched.dedup();
            let (nfa, matched) = (self.nfa, &self.matched);
            self.key.retain(|pc| !matched.iter().any(|pattern| nfa.is_of(*pc, *pattern)));
        }
        if self.key.is_empty() && self.matched.is_empty() {
            return Some(DEAD);
        }
        self.key.sort_unstable();
        let before = if has_pending { before } else { Before::Other };
        let items = self.key.len();
        self.key.extend(self.matched.drain(..).map(u32::from));
        self.intern(items, before)
    }

    /// The number of the state that `key` describes.
    fn intern(&mut self, items: usize, before: Before) -> Option<StateId> {
        let Self { dfa, known, hasher, key, .. } = self;
        let hash = hasher.hash_one((&**key, items));
        let found = known.find(hash, |id| {
            let state = dfa.state(*id);
            (state.items, state.before) == (items, before)
                && dfa.keys.get(state.key.from..state.key.to) == Some(key)
        });
        if let Some(id) = found {
            return Some(*id);
        }
        let id = StateId::try_from(dfa.states.len()).ok()?;
        let from = dfa.keys.len();
        dfa.keys.extend_from_slice(key);
        let key_span = Span { from, to: dfa.keys.len() };
        dfa.states.push(State { key: key_span, items, before, ..State::default() });
        // The hashes of others are needed where the table grows.
        let rehash = |id: &StateId| {
            let state = dfa.state(*id);
            let key = dfa.keys.get(state.key.from..state.key.to).unwrap_or_default();
            hasher.hash_one((key, state.items))
        };
        known.insert_unique(hash, id, rehash);
        self.spend(key_span.to - key_span.from)?;
        self.bytes_left = self.bytes_left.checked_sub(1)?;
        Some(id)
    }

    /// Finds out where a state leads.
    fn moves(&mut self, id: StateId, moves: &mut Moves) -> Option<()> {
        let state = self.dfa.state(id);
        moves.items.clear();
        moves.pending.clear();
        let items = self.dfa.keys.get(state.key.from..state.key.from + state.items)?;
        let mut is_conditional = false;
        for &pc in items {
            match self.nfa.inst(pc)? {
                Inst::Look(look, _) => {
                    is_conditional |= look != Look::End;
                    moves.pending.push(pc);
                }
                _ => moves.items.push(pc),
            }
        }
        self.spend(items.len())?;
        if !moves.pending.is_empty() {
            self.matches_at_end(id, state.before, moves)?;
        }
        self.ascii_moves(id, state.before, is_conditional, moves)?;
        self.wide_moves(id, state.before, is_conditional, moves)
    }

    fn matches_at_end(&mut self, id: StateId, before: Before, moves: &mut Moves) -> Option<()> {
        self.resolve(&moves.pending, before, After::Edge, &mut moves.resolved)?;
        self.matched.sort_unstable();
        self.matched.dedup();
        let from = self.dfa.patterns.len();
        self.dfa.patterns.append(&mut self.matched);
        let to = self.dfa.patterns.len();
        self.bytes_left = self.bytes_left.checked_sub(2 * (to - from))?;
        self.dfa.states.get_mut(id as usize)?.at_end = Span { from, to };
        Some(())
    }

    fn ascii_moves(
        &mut self,
        id: StateId,
        before: Before,
        is_conditional: bool,
        moves: &mut Moves,
    ) -> Option<()> {
        let mut cuts = if is_conditional { 1 } else { 0 };
        moves.ranges.clear();
        for &pc in &moves.items {
            self.ranges(pc, &mut moves.ranges, &mut cuts)?;
        }
        if moves.ranges.is_empty() && !is_conditional {
            return Some(());
        }
        if self.nfa.looks_at_lines {
            cut(&mut cuts, b'\n', b'\n');
        }
        if self.nfa.looks_at_words {
            [(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')]
                .into_iter()
                .for_each(|(first, last)| cut(&mut cuts, first, last));
        }
        moves.ascii.clear();
        let unconditional = moves.ranges.len();
        while cuts != 0 {
            let first = cuts.trailing_zeros() as u8;
            cuts &= cuts - 1;
            let last = if cuts == 0 { 127 } else { cuts.trailing_zeros() as u8 - 1 };
            let after = after_ascii(first);
            if is_conditional {
                self.resolve(&moves.pending, before, after, &mut moves.resolved)?;
                moves.ranges.truncate(unconditional);
                for &pc in &moves.resolved {
                    self.ranges(pc, &mut moves.ranges, &mut 0)?;
                }
            }
            self.spend(moves.ranges.len())?;
            let covering = moves.ranges.iter().filter(|(lo, hi, _)| *lo <= first && first <= *hi);
            if is_conditional {
                // A range that only an assertion admits may end before the next cut.
                let mut at = first;
                while at <= last {
                    let covering = moves.ranges.iter().filter(|(lo, hi, _)| *lo <= at && at <= *hi);
                    self.stack.clear();
                    self.stack.extend(covering.map(|(.., to)| *to));
                    let matched = self.matched.clone();
                    let to = self.state(before_of(after, self.nfa))?;
                    self.matched = matched;
                    self.spend(moves.ranges.len())?;
                    push_ascii(&mut moves.ascii, AsciiMove { first: at, last: at, to });
                    at += 1;
                }
                self.matched.clear();
                continue;
            }
            self.stack.clear();
            self.stack.extend(covering.map(|(.., to)| *to));
            if self.stack.is_empty() {
                continue;
            }
            let to = self.state(before_of(after, self.nfa))?;
            push_ascii(&mut moves.ascii, AsciiMove { first, last, to });
        }
        let from = self.dfa.ascii.len();
        self.dfa.ascii.extend_from_slice(&moves.ascii);
        let to = self.dfa.ascii.len();
        self.bytes_left = self.bytes_left.checked_sub(3 * (to - from))?;
        self.dfa.states.get_mut(id as usize)?.ascii = Span { from, to };
        Some(())
    }

    fn wide_moves(
        &mut self,
        id: StateId,
        before: Before,
        is_conditional: bool,
        moves: &mut Moves,
    ) -> Option<()> {
        moves.wide.clear();
        if is_conditional {
            self.resolve(&moves.pending, before, After::Other, &mut moves.resolved)?;
            moves.items.append(&mut moves.resolved);
        }
        let is_wide = |pc: &Pc| match self.nfa.inst(*pc) {
            Some(Inst::Class(class, _)) => {
                self.nfa.class(class).is_some_and(|class| !class.wide.is_empty())
            }
            Some(Inst::Any(_)) => true,
            _ => false,
        };
        if !moves.items.iter().any(is_wide) && self.matched.is_empty() {
            return Some(());
        }
        for class in self.nfa.alphabet.classes().chain([STRAY]) {
            self.stack.clear();
            for &pc in &moves.items {
                match self.nfa.inst(pc)? {
                    Inst::Class(number, to)
                        if class != STRAY && self.nfa.class(number)?.wide.contains(class) =>
                    {
                        self.stack.push(to);
                    }
                    Inst::Any(to) => self.stack.push(to),
                    _ => {}
                }
            }
            self.spend(moves.items.len())?;
            let matched = self.matched.clone();
            let to = self.state(Before::Other)?;
            self.matched = matched;
            if to != DEAD {
                moves.wide.push(WideMove { class, to });
            }
        }
        self.matched.clear();
        let from = self.dfa.wide.len();
        self.dfa.wide.extend_from_slice(&moves.wide);
        let to = self.dfa.wide.len();
        self.bytes_left = self.bytes_left.checked_sub(3 * (to - from))?;
        self.dfa.states.get_mut(id as usize)?.wide = Span { from, to };
        Some(())
    }

    /// Follows pending assertions, now that it is known what comes after them: what consumes goes
    /// to `consuming`, what matches to `matched`.
    fn resolve(
        &mut self,
        pending: &[Pc],
        before: Before,
        after: After,
        consuming: &mut Vec<Pc>,
    ) -> Option<()> {
        consuming.clear();
        self.matched.clear();
        self.stack.clear();
        self.stack.extend_from_slice(pending);
        self.begin_closure();
        while let Some(pc) = self.stack.pop() {
            if !self.meet(pc)? {
                continue;
            }
            match self.nfa.inst(pc)? {
                Inst::Split(one, other) => self.stack.extend([other, one]),
                Inst::Look(look, to) => {
                    if holds(look, before, after) {
                        self.stack.push(to);
                    }
                }
                Inst::Match(pattern) => self.matched.push(pattern),
                Inst::Ascii(..) | Inst::Class(..) | Inst::Any(_) => consuming.push(pc),
            }
        }
        // A pattern that has matched needs no further way.
        let (nfa, matched) = (self.nfa, &self.matched);
        consuming.retain(|pc| !matched.iter().any(|pattern| nfa.is_of(*pc, *pattern)));
        Some(())
    }

    /// The ASCII ranges that an instruction consumes.
    fn ranges(&self, pc: Pc, ranges: &mut Vec<(u8, u8, Pc)>, cuts: &mut u128) -> Option<()> {
        match self.nfa.inst(pc)? {
            Inst::Ascii(byte, to) => {
                ranges.push((byte, byte, to));
                cut(cuts, byte, byte);
            }
            Inst::Class(class, to) => {
                for &(first, last) in &self.nfa.class(class)?.ascii {
                    ranges.push((first, last, to));
                    cut(cuts, first, last);
                }
            }
            Inst::Any(to) => {
                ranges.push((0, 127, to));
                cut(cuts, 0, 127);
            }
            Inst::Look(..) | Inst::Split(..) | Inst::Match(_) => {}
        }
        Some(())
    }

    fn begin_closure(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        if self.generation == 0 {
            self.seen.fill(0);
            self.generation = 1;
        }
    }

    /// Whether an instruction is met for the first time in this closure.
    fn meet(&mut self, pc: Pc) -> Option<bool> {
        self.spend(1)?;
        let seen = self.seen.get_mut(pc as usize)?;
        let is_new = *seen != self.generation;
        *seen = self.generation;
        Some(is_new)
    }

    fn spend(&mut self, work: usize) -> Option<()> {
        self.work_left = self.work_left.checked_sub(work)?;
        Some(())
    }
}

/// Notes that something changes at the edges of this range.
fn cut(cuts: &mut u128, first: u8, last: u8) {
    *cuts |= 1 << first;
    if last < 127 {
        *cuts |= 1 << (last + 1);
    }
}

/// Adds a move, joined with the one before it if it only goes on.
fn push_ascii(moves: &mut Vec<AsciiMove>, next: AsciiMove) {
    match moves.last_mut() {
        _ if next.to == DEAD => {}
        Some(last) if last.to == next.to && last.last + 1 == next.first => last.last = next.last,
        _ => moves.push(next),
    }
}

fn after_ascii(byte: u8) -> After {
    match byte {
        b'\n' => After::LineFeed,
        b'_' => After::Word,
        _ if byte.is_ascii_alphanumeric() => After::Word,
        _ => After::Other,
    }
}

/// What a state behind this symbol needs to know of it.
fn before_of(after: After, nfa: &Nfa) -> Before {
    match after {
        After::LineFeed if nfa.looks_at_lines => Before::LineFeed,
        After::Word if nfa.looks_at_words => Before::Word,
        _ => Before::Other,
    }
}

fn holds(look: Look, before: Before, after: After) -> bool {
    match look {
        Look::Start => before == Before::Edge,
        Look::End => after == After::Edge,
        Look::StartLF => matches!(before, Before::Edge | Before::LineFeed),
        Look::EndLF => matches!(after, After::Edge | After::LineFeed),
        Look::WordAscii => (before == Before::Word) != (after == After::Word),
        Look::WordAsciiNegate => (before == Before::Word) == (after == After::Word),
        // The dialect has no others, and what is unknown holds nowhere.
        _ => false,
    }
}
