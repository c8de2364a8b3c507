use regex_syntax::hir::Look;

use super::context::{After, Before, Truth};
use super::dfa::{AsciiMove, DEAD, Dfa, Key, START, STRAY, StateId, WideMove};
use super::nfa::{Inst, Nfa};
use super::program::Pc;

/// Determinises programs, as far as the automaton will have about `max_bytes`. `None` if it would
/// have more, or if finding that out takes too long.
pub(super) fn determinize(nfa: &Nfa, max_bytes: usize) -> Option<Dfa> {
    let mut builder = Builder {
        nfa,
        dfa: Dfa::new(nfa.len()),
        closure: Closure::new(nfa.len()),
        bytes_left: max_bytes,
        work_left: nfa.written_len().saturating_mul(WORK).saturating_add(1 << 14),
    };
    builder.closure.stack.extend_from_slice(nfa.starts());
    builder.state(Before::Edge)?;
    let mut next = START;
    let mut scratch = Scratch::default();
    while builder.dfa.states().contains(&next) {
        builder.moves(next, &mut scratch)?;
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
    closure: Closure,
    bytes_left: usize,
    work_left: usize,
}

/// What follows from some instructions without consuming anything.
struct Closure {
    /// Instructions yet to be followed.
    stack: Vec<Pc>,
    /// In which closure an instruction was last met.
    seen: Vec<u32>,
    generation: u32,
    /// Instructions that consume something, or wait for what comes.
    items: Vec<Pc>,
    /// Patterns that match.
    matched: Vec<u16>,
}

/// Room for the moves of one state.
#[derive(Default)]
struct Scratch {
    /// Instructions of the state that consume something.
    items: Vec<Pc>,
    /// Its assertions that wait for what comes.
    pending: Vec<Pc>,
    /// What these admit, now that it is known what comes; and the patterns that match thereby.
    resolved: Vec<Pc>,
    matched: Vec<u16>,
    ranges: Vec<Range>,
    ascii: Vec<AsciiMove>,
    wide: Vec<WideMove>,
}

/// ASCII characters, and the instruction behind them.
#[derive(Clone, Copy)]
struct Range {
    first: u8,
    last: u8,
    to: Pc,
}

impl Builder<'_> {
    /// The state of the instructions on the stack, reached behind `before`, where the patterns that
    /// were noted match.
    fn state(&mut self, before: Before) -> Option<StateId> {
        let waits = self.close(|look| before.truth(look))?;
        let Closure { items, matched, .. } = &mut self.closure;
        if items.is_empty() && matched.is_empty() {
            return Some(DEAD);
        }
        items.sort_unstable();
        let count = items.len();
        items.extend(matched.drain(..).map(u32::from));
        let before = if waits { before } else { Before::Other };
        let (id, is_new) = self.dfa.intern(Key { members: items, items: count, before })?;
        if is_new {
            let len = items.len();
            self.spend(len)?;
            self.take_bytes(1)?;
        }
        Some(id)
    }

    /// Follows the instructions on the stack. Says whether some assertion waits for what comes.
    fn close(&mut self, truth: impl Fn(Look) -> Truth) -> Option<bool> {
        let nfa = self.nfa;
        self.closure.begin();
        let mut waits = false;
        while let Some(pc) = self.closure.stack.pop() {
            self.spend(1)?;
            let closure = &mut self.closure;
            if !closure.meet(pc)? {
                continue;
            }
            match nfa.inst(pc)? {
                Inst::Split(one, other) => closure.stack.extend([other, one]),
                Inst::Look(look, to) => match truth(look) {
                    Truth::Holds => closure.stack.push(to),
                    Truth::Fails => {}
                    Truth::Unknown => {
                        waits = true;
                        closure.items.push(pc);
                    }
                },
                Inst::Match(pattern) => closure.matched.push(pattern),
                Inst::Ascii(..) | Inst::Class(..) | Inst::Any(_) => closure.items.push(pc),
            }
        }
        let Closure { items, matched, .. } = &mut self.closure;
        if !matched.is_empty() {
            matched.sort_unstable();
            matched.dedup();
            // A pattern that has matched needs no further way.
            items.retain(|pc| !matched.iter().any(|pattern| nfa.is_of(*pc, *pattern)));
        }
        Some(waits)
    }

    /// Finds out where a state leads.
    fn moves(&mut self, id: StateId, scratch: &mut Scratch) -> Option<()> {
        let (items, before) = self.dfa.items(id);
        if let [pc] = *items
            && let Inst::Ascii(byte, to) = self.nfa.inst(pc)?
        {
            self.closure.stack.push(to);
            let to = self.state(After::of_ascii(byte).passed(self.nfa))?;
            scratch.ascii.clear();
            push_ascii(&mut scratch.ascii, AsciiMove { first: byte, last: byte, to });
            return self.end_ascii(id, scratch);
        }
        scratch.items.clear();
        scratch.pending.clear();
        let mut is_conditional = false;
        for &pc in items {
            match self.nfa.inst(pc)? {
                Inst::Look(look, _) => {
                    is_conditional |= look != Look::End;
                    scratch.pending.push(pc);
                }
                _ => scratch.items.push(pc),
            }
        }
        let len = items.len();
        self.spend(len)?;
        if !scratch.pending.is_empty() {
            self.resolve(before, After::Edge, scratch)?;
            self.take_bytes(2 * scratch.matched.len())?;
            self.dfa.set_matches_at_end(id, &scratch.matched)?;
        }
        self.ascii_moves(id, is_conditional.then_some(before), scratch)?;
        self.wide_moves(id, is_conditional.then_some(before), scratch)
    }

    /// Follows pending assertions, now that it is known what comes after them.
    fn resolve(&mut self, before: Before, after: After, scratch: &mut Scratch) -> Option<()> {
        self.closure.stack.extend_from_slice(&scratch.pending);
        self.close(|look| before.truth_before(after, look))?;
        std::mem::swap(&mut self.closure.items, &mut scratch.resolved);
        scratch.matched.clear();
        scratch.matched.append(&mut self.closure.matched);
        Some(())
    }

    /// The moves on ASCII characters. Where these depend on what is `before`, they are found for each
    /// kind of what may come after.
    fn ascii_moves(
        &mut self,
        id: StateId,
        before: Option<Before>,
        scratch: &mut Scratch,
    ) -> Option<()> {
        scratch.ascii.clear();
        scratch.ranges.clear();
        let mut cuts = Cuts::default();
        for &pc in &scratch.items {
            self.ranges(pc, &mut scratch.ranges, &mut cuts)?;
        }
        match before {
            None if scratch.ranges.is_empty() => return Some(()),
            None => {
                scratch.matched.clear();
                self.ascii_moves_on(None, cuts, scratch)?;
            }
            Some(before) => {
                let unconditional = scratch.ranges.len();
                for after in [After::LineFeed, After::Word, After::Other] {
                    self.resolve(before, after, scratch)?;
                    scratch.ranges.truncate(unconditional);
                    let mut cuts = cuts;
                    cuts.at(0, 127);
                    for &pc in &scratch.resolved {
                        self.ranges(pc, &mut scratch.ranges, &mut cuts)?;
                    }
                    self.ascii_moves_on(Some(after), cuts, scratch)?;
                }
                scratch.ascii.sort_unstable_by_key(|m| m.first);
                let mut joined = Vec::with_capacity(scratch.ascii.len());
                scratch.ascii.iter().for_each(|m| push_ascii(&mut joined, *m));
                scratch.ascii = joined;
            }
        }
        self.end_ascii(id, scratch)
    }

    /// The moves on ASCII characters that are this to the place before them.
    fn ascii_moves_on(
        &mut self,
        only: Option<After>,
        mut cuts: Cuts,
        scratch: &mut Scratch,
    ) -> Option<()> {
        if self.nfa.looks_at_lines || only.is_some() {
            cuts.at(b'\n', b'\n');
        }
        if self.nfa.looks_at_words || only.is_some() {
            WORD.iter().for_each(|(first, last)| cuts.at(*first, *last));
        }
        while let Some((first, last)) = cuts.next() {
            let after = After::of_ascii(first);
            if only.is_some_and(|only| only != after) {
                continue;
            }
            self.spend(scratch.ranges.len())?;
            let covering = scratch.ranges.iter().filter(|r| r.first <= first && first <= r.last);
            self.closure.stack.extend(covering.map(|range| range.to));
            if self.closure.stack.is_empty() && scratch.matched.is_empty() {
                continue;
            }
            self.closure.matched.extend_from_slice(&scratch.matched);
            let to = self.state(after.passed(self.nfa))?;
            push_ascii(&mut scratch.ascii, AsciiMove { first, last, to });
        }
        Some(())
    }

    fn end_ascii(&mut self, id: StateId, scratch: &Scratch) -> Option<()> {
        self.take_bytes(3 * scratch.ascii.len())?;
        self.dfa.set_ascii(id, &scratch.ascii)
    }

    fn wide_moves(
        &mut self,
        id: StateId,
        before: Option<Before>,
        scratch: &mut Scratch,
    ) -> Option<()> {
        let nfa = self.nfa;
        scratch.wide.clear();
        scratch.matched.clear();
        if let Some(before) = before {
            self.resolve(before, After::Other, scratch)?;
            scratch.items.append(&mut scratch.resolved);
        }
        let is_wide = |pc: &Pc| match nfa.inst(*pc) {
            Some(Inst::Class(class, _)) => {
                nfa.class(class).is_some_and(|class| !class.wide.is_empty())
            }
            Some(Inst::Any(_)) => true,
            _ => false,
        };
        if !scratch.items.iter().any(is_wide) && scratch.matched.is_empty() {
            return Some(());
        }
        for class in nfa.alphabet.classes().chain([STRAY]) {
            for &pc in &scratch.items {
                match nfa.inst(pc)? {
                    Inst::Class(number, to)
                        if class != STRAY && nfa.class(number)?.wide.contains(class) =>
                    {
                        self.closure.stack.push(to);
                    }
                    Inst::Any(to) => self.closure.stack.push(to),
                    _ => {}
                }
            }
            self.spend(scratch.items.len())?;
            self.closure.matched.extend_from_slice(&scratch.matched);
            let to = self.state(Before::Other)?;
            if to != DEAD {
                scratch.wide.push(WideMove { class, to });
            }
        }
        self.take_bytes(3 * scratch.wide.len())?;
        self.dfa.set_wide(id, &scratch.wide)
    }

    /// The ASCII ranges that an instruction consumes.
    fn ranges(&self, pc: Pc, ranges: &mut Vec<Range>, cuts: &mut Cuts) -> Option<()> {
        let mut add = |first, last, to| {
            ranges.push(Range { first, last, to });
            cuts.at(first, last);
        };
        match self.nfa.inst(pc)? {
            Inst::Ascii(byte, to) => add(byte, byte, to),
            Inst::Class(class, to) => {
                let class = self.nfa.class(class)?;
                class.ascii.iter().for_each(|(first, last)| add(*first, *last, to));
            }
            Inst::Any(to) => add(0, 127, to),
            Inst::Look(..) | Inst::Split(..) | Inst::Match(_) => {}
        }
        Some(())
    }

    fn spend(&mut self, work: usize) -> Option<()> {
        self.work_left = self.work_left.checked_sub(work)?;
        Some(())
    }

    fn take_bytes(&mut self, bytes: usize) -> Option<()> {
        self.bytes_left = self.bytes_left.checked_sub(bytes)?;
        Some(())
    }
}

impl Closure {
    fn new(insts: usize) -> Self {
        Self {
            stack: Vec::new(),
            seen: vec![0; insts],
            generation: 0,
            items: Vec::new(),
            matched: Vec::new(),
        }
    }

    fn begin(&mut self) {
        self.items.clear();
        self.generation = self.generation.wrapping_add(1);
        if self.generation == 0 {
            self.seen.fill(0);
            self.generation = 1;
        }
    }

    /// Whether an instruction is met for the first time in this closure.
    fn meet(&mut self, pc: Pc) -> Option<bool> {
        let seen = self.seen.get_mut(pc as usize)?;
        let is_new = *seen != self.generation;
        *seen = self.generation;
        Some(is_new)
    }
}

/// Characters of words.
const WORD: [(u8, u8); 4] = [(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')];

/// The ASCII characters at which something changes, a bit for each.
#[derive(Clone, Copy, Default)]
struct Cuts(u128);

impl Cuts {
    /// Notes that something changes at the edges of this range.
    fn at(&mut self, first: u8, last: u8) {
        self.0 |= 1 << first;
        if last < 127 {
            self.0 |= 1 << (last + 1);
        }
    }

    /// Takes the first range between two cuts, or behind the last one.
    fn next(&mut self) -> Option<(u8, u8)> {
        if self.0 == 0 {
            return None;
        }
        let first = self.0.trailing_zeros() as u8;
        self.0 &= self.0 - 1;
        let last = if self.0 == 0 { 127 } else { self.0.trailing_zeros() as u8 - 1 };
        Some((first, last))
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
