use std::collections::BTreeMap;

use regex_syntax::hir::{ClassUnicodeRange, Look};

use super::alphabet::{Alphabet, WideSet};
use super::program::{self, Pc, Program};
use crate::Anchor;

/// Several programs as one, with their anchoring written out: what an automaton is made from.
///
/// Unlike a [`Program`] it works on symbols (see [`Alphabet`]), and each program's end says which
/// of them it is.
#[derive(Debug)]
pub(super) struct Nfa {
    insts: Vec<Inst>,
    classes: Vec<Symbols>,
    /// Where each pattern begins to match.
    starts: Vec<Pc>,
    /// The first instruction of each pattern. They are in order, so that the instructions of a
    /// pattern are those up to the next one's.
    firsts: Vec<Pc>,
    pub(super) alphabet: Alphabet,
    /// Whether some assertion looks for line feeds.
    pub(super) looks_at_lines: bool,
    /// Whether some assertion looks for edges of words.
    pub(super) looks_at_words: bool,
}

/// One instruction; each but the last kind leads on to others.
#[derive(Clone, Copy, Debug)]
pub(super) enum Inst {
    /// Consumes this ASCII character.
    Ascii(u8, Pc),
    /// Consumes a symbol of the class of this number.
    Class(u32, Pc),
    /// Consumes any symbol, a stray byte too.
    Any(Pc),
    /// Goes on if this holds here.
    Look(Look, Pc),
    /// Goes on in two ways.
    Split(Pc, Pc),
    /// This pattern matches.
    Match(u16),
}

/// The symbols of a class.
#[derive(Debug)]
pub(super) struct Symbols {
    /// Ranges of ASCII characters, ascending.
    pub(super) ascii: Box<[(u8, u8)]>,
    pub(super) wide: WideSet,
}

impl Nfa {
    /// Joins programs. `None` if they are too many, or their classes too different from each other.
    pub(super) fn new(programs: &[&Program], anchor: Anchor) -> Option<Self> {
        let mut numbers: BTreeMap<&[ClassUnicodeRange], u32> = BTreeMap::new();
        let mut distinct: Vec<&[ClassUnicodeRange]> = Vec::new();
        let mut nfa = Self {
            insts: Vec::with_capacity(programs.iter().map(|p| p.len() + 3).sum()),
            classes: Vec::new(),
            starts: Vec::with_capacity(programs.len()),
            firsts: Vec::with_capacity(programs.len()),
            alphabet: Alphabet::default(),
            looks_at_lines: false,
            looks_at_words: false,
        };
        let mut wide_chars: Vec<[ClassUnicodeRange; 1]> = Vec::new();
        let mut wide_places: Vec<(usize, usize)> = Vec::new();
        for (pattern, program) in programs.iter().enumerate() {
            let pattern = u16::try_from(pattern).ok()?;
            let class_numbers: Vec<u32> = program
                .classes()
                .map(|ranges| {
                    *numbers.entry(ranges).or_insert_with(|| {
                        distinct.push(ranges);
                        distinct.len() as u32 - 1
                    })
                })
                .collect();
            let base = nfa.next_pc()?;
            nfa.firsts.push(base);
            for inst in program.insts() {
                let inst = match *inst {
                    program::Inst::Char(c, to) if c.is_ascii() => {
                        Inst::Ascii(c as u8, base.checked_add(to)?)
                    }
                    program::Inst::Char(c, to) => {
                        wide_places.push((nfa.insts.len(), wide_chars.len()));
                        wide_chars.push([ClassUnicodeRange::new(c, c)]);
                        Inst::Class(0, base.checked_add(to)?)
                    }
                    program::Inst::Class(class, to) => {
                        let class = class_numbers.get(class as usize)?;
                        Inst::Class(*class, base.checked_add(to)?)
                    }
                    program::Inst::Look(look, to) => {
                        nfa.note(look);
                        Inst::Look(look, base.checked_add(to)?)
                    }
                    program::Inst::Split(one, other) => {
                        Inst::Split(base.checked_add(one)?, base.checked_add(other)?)
                    }
                    program::Inst::Match => Inst::Match(pattern),
                };
                nfa.insts.push(inst);
            }
            nfa.anchor(base, base.checked_add(program.start())?, anchor)?;
        }
        // Characters outside of ASCII are classes of one.
        for (place, at) in wide_places {
            let ranges = wide_chars.get(at)?.as_slice();
            let class = *numbers.entry(ranges).or_insert_with(|| {
                distinct.push(ranges);
                distinct.len() as u32 - 1
            });
            if let Some(Inst::Class(number, _)) = nfa.insts.get_mut(place) {
                *number = class;
            }
        }
        let (alphabet, wide_sets) = Alphabet::of(&distinct)?;
        nfa.alphabet = alphabet;
        let symbols = distinct.iter().zip(wide_sets);
        nfa.classes =
            symbols.map(|(ranges, wide)| Symbols { ascii: ascii_ranges(ranges), wide }).collect();
        Some(nfa)
    }

    /// Writes out the anchoring of the pattern whose instructions begin at `base` and were just
    /// added, the first of which is its match.
    fn anchor(&mut self, base: Pc, start: Pc, anchor: Anchor) -> Option<()> {
        let mut start = start;
        match anchor {
            Anchor::Start => {}
            Anchor::Full => {
                // The match moves behind an assertion of the end.
                let matched = *self.insts.get(base as usize)?;
                let end = self.next_pc()?;
                self.insts.push(matched);
                *self.insts.get_mut(base as usize)? = Inst::Look(Look::End, end);
            }
            Anchor::Search => {
                let choice = self.next_pc()?;
                self.insts.push(Inst::Split(start, choice.checked_add(1)?));
                self.insts.push(Inst::Any(choice));
                start = choice;
            }
        }
        self.starts.push(start);
        Some(())
    }

    fn note(&mut self, look: Look) {
        self.looks_at_lines |= matches!(look, Look::StartLF | Look::EndLF);
        self.looks_at_words |= matches!(look, Look::WordAscii | Look::WordAsciiNegate);
    }

    fn next_pc(&self) -> Option<Pc> {
        Pc::try_from(self.insts.len()).ok()
    }

    pub(super) fn len(&self) -> usize {
        self.insts.len()
    }

    pub(super) fn starts(&self) -> &[Pc] {
        &self.starts
    }

    pub(super) fn inst(&self, pc: Pc) -> Option<Inst> {
        self.insts.get(pc as usize).copied()
    }

    pub(super) fn class(&self, class: u32) -> Option<&Symbols> {
        self.classes.get(class as usize)
    }

    /// Whether this instruction is one of that pattern.
    pub(super) fn is_of(&self, pc: Pc, pattern: u16) -> bool {
        let pattern = usize::from(pattern);
        let from = self.firsts.get(pattern).is_some_and(|first| *first <= pc);
        from && self.firsts.get(pattern + 1).is_none_or(|next| pc < *next)
    }
}

fn ascii_ranges(ranges: &[ClassUnicodeRange]) -> Box<[(u8, u8)]> {
    let ascii = ranges.iter().take_while(|range| range.start().is_ascii());
    ascii.map(|range| (range.start() as u8, range.end().min('\x7F') as u8)).collect()
}
