use regex_syntax::hir::Look;

use super::decoder::{Decoder, Symbol};
use super::program::{Inst, Pc, Program};
use super::work;
use crate::Anchor;

/// A run of a [`Program`] over one input, all its ways at once.
///
/// Takes time in proportion to the input's length times the program's, at most, and allocates two
/// sets of instructions.
#[derive(Clone, Debug)]
pub(super) struct Simulation<'p> {
    program: &'p Program,
    anchor: Anchor,
    decoder: Decoder,
    ways: Ways,
}

/// The part of a simulation that changes from one character to the next.
#[derive(Clone, Debug)]
struct Ways {
    /// Instructions reached at this place, before looking around.
    reached: PcSet,
    /// Instructions that follow from them without consuming anything.
    closure: PcSet,
    /// What is before this place; `None` at the start.
    before: Option<Symbol>,
    matched: bool,
}

impl<'p> Simulation<'p> {
    pub(super) fn new(program: &'p Program, anchor: Anchor) -> Self {
        let mut reached = PcSet::new(program.len());
        reached.insert(program.start());
        let closure = PcSet::new(program.len());
        let ways = Ways { reached, closure, before: None, matched: false };
        Self { program, anchor, decoder: Decoder::default(), ways }
    }

    /// Goes on with a piece of the input.
    pub(super) fn feed(&mut self, piece: &[u8]) {
        let Self { program, anchor, ref mut decoder, ref mut ways } = *self;
        for &byte in piece {
            if ways.is_decided(anchor) {
                return;
            }
            decoder.push(byte, |symbol| ways.step(program, anchor, Some(symbol)));
        }
    }

    /// Ends the input, and says whether the program matches.
    pub(super) fn finish(mut self) -> bool {
        let Self { program, anchor, mut decoder, ref mut ways } = self;
        decoder.finish(|symbol| ways.step(program, anchor, Some(symbol)));
        ways.step(program, anchor, None);
        ways.matched
    }
}

impl Ways {
    /// Whether no further input can change the answer.
    fn is_decided(&self, anchor: Anchor) -> bool {
        self.matched || (anchor != Anchor::Search && self.reached.is_empty())
    }

    /// Goes past `next`, or to the end if there is none.
    fn step(&mut self, program: &Program, anchor: Anchor, next: Option<Symbol>) {
        if self.is_decided(anchor) {
            return;
        }
        self.close(program, next);
        let ends_here = next.is_none() || anchor != Anchor::Full;
        self.reached.clear();
        for pc in self.closure.iter() {
            work::count(1);
            match (program.inst(pc), next) {
                (Some(Inst::Match), _) => self.matched |= ends_here,
                (Some(Inst::Char(wanted, to)), Some(Symbol::Char(c))) if wanted == c => {
                    self.reached.insert(to);
                }
                (Some(Inst::Class(class, to)), Some(Symbol::Char(c)))
                    if program.class_contains(class, c) =>
                {
                    self.reached.insert(to);
                }
                _ => {}
            }
        }
        if anchor == Anchor::Search {
            self.reached.insert(program.start());
        }
        self.before = next;
    }

    /// Follows everything that consumes nothing, given what comes `next`.
    fn close(&mut self, program: &Program, next: Option<Symbol>) {
        self.closure.clear();
        for pc in self.reached.iter() {
            self.closure.insert(pc);
        }
        // What is inserted is met later in the same walk, so that the set is its own list of work.
        let mut done = 0;
        while let Some(pc) = self.closure.get(done) {
            done += 1;
            work::count(1);
            match program.inst(pc) {
                Some(Inst::Split(one, other)) => {
                    self.closure.insert(one);
                    self.closure.insert(other);
                }
                Some(Inst::Look(look, to)) if holds(look, self.before, next) => {
                    self.closure.insert(to);
                }
                _ => {}
            }
        }
    }
}

/// Whether an assertion holds between two symbols; `None` is the edge of the input.
fn holds(look: Look, before: Option<Symbol>, next: Option<Symbol>) -> bool {
    let newline = Some(Symbol::Char('\n'));
    let is_word = |symbol| match symbol {
        Some(Symbol::Char(c)) => c == '_' || c.is_ascii_alphanumeric(),
        _ => false,
    };
    match look {
        Look::Start => before.is_none(),
        Look::End => next.is_none(),
        Look::StartLF => before.is_none() || before == newline,
        Look::EndLF => next.is_none() || next == newline,
        Look::WordAscii => is_word(before) != is_word(next),
        Look::WordAsciiNegate => is_word(before) == is_word(next),
        // The dialect has no others, and what is unknown holds nowhere.
        _ => false,
    }
}

/// A set of instructions that remembers the order of insertion and is cleared at once.
#[derive(Clone, Debug)]
struct PcSet {
    members: Vec<Pc>,
    /// Where in `members` an instruction is, if it is there.
    places: Box<[Pc]>,
}

impl PcSet {
    fn new(len: usize) -> Self {
        Self { members: Vec::new(), places: vec![0; len].into() }
    }

    fn insert(&mut self, pc: Pc) {
        let Some(place) = self.places.get_mut(pc as usize) else { return };
        if self.members.get(*place as usize) != Some(&pc) {
            *place = self.members.len() as Pc;
            self.members.push(pc);
        }
    }

    fn get(&self, index: usize) -> Option<Pc> {
        self.members.get(index).copied()
    }

    fn iter(&self) -> impl Iterator<Item = Pc> {
        self.members.iter().copied()
    }

    fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    fn clear(&mut self) {
        self.members.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_each_member_once() {
        let mut set = PcSet::new(4);
        for pc in [3, 0, 3, 1, 9] {
            set.insert(pc);
        }
        assert_eq!(set.iter().collect::<Vec<_>>(), [3, 0, 1]);
        set.clear();
        assert!(set.is_empty());
        set.insert(0);
        assert_eq!(set.get(0), Some(0));
    }
}
