use std::collections::BTreeMap;

use regex_syntax::hir::{ClassUnicodeRange, Look};

use super::alphabet::{Alphabet, WideSet};
use super::program::{self, Pc, Program};
use crate::Anchor;

/// Several programs as one, with their anchoring written out: what an automaton is made from.
///
/// Unlike a [`Program`] it works on symbols (see [`Alphabet`]), and each program's end says which
/// of them it is. Text that programs next to each other begin with is there once: see [`Trunk`].
#[derive(Debug)]
pub(super) struct Nfa {
    insts: Vec<Inst>,
    classes: Vec<Symbols>,
    /// Where each pattern begins to match.
    starts: Vec<Pc>,
    /// The first instruction of each pattern. They are in order, so that the instructions of a
    /// pattern are those up to the next one's.
    firsts: Vec<Pc>,
    /// How many instructions there would be if each pattern had all of its own.
    written_len: usize,
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
            insts: Vec::new(),
            classes: Vec::new(),
            starts: Vec::with_capacity(programs.len()),
            firsts: Vec::with_capacity(programs.len()),
            written_len: programs.iter().map(|program| program.len() + 3).sum(),
            alphabet: Alphabet::default(),
            looks_at_lines: false,
            looks_at_words: false,
        };
        let mut wide_chars: Vec<[ClassUnicodeRange; 1]> = Vec::new();
        let mut wide_places: Vec<(usize, usize)> = Vec::new();
        let mut class_numbers: Vec<u32> = Vec::new();
        let mut trunk = Trunk::default();
        for (pattern, program) in programs.iter().enumerate() {
            let pattern = u16::try_from(pattern).ok()?;
            class_numbers.clear();
            class_numbers.extend(program.classes().map(|ranges| {
                *numbers.entry(ranges).or_insert_with(|| {
                    distinct.push(ranges);
                    distinct.len() as u32 - 1
                })
            }));
            let base = nfa.next_pc()?;
            nfa.firsts.push(base);
            let (own, fork) = trunk.grow(program, base, anchor);
            for inst in program.insts().get(..own)? {
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
            let start = match own == program.len() {
                true => program.start(),
                false => Pc::try_from(own).ok()?.checked_sub(1)?,
            };
            nfa.anchor(base, base.checked_add(start)?, anchor, fork)?;
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
    /// added, the first of which is its match. It begins at `start`, behind the `fork` if there is
    /// one.
    fn anchor(&mut self, base: Pc, start: Pc, anchor: Anchor, fork: Option<Pc>) -> Option<()> {
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
        let Some(fork) = fork else {
            self.starts.push(start);
            return Some(());
        };
        let split = self.next_pc()?;
        if let Inst::Ascii(_, to) = self.insts.get_mut(fork as usize)? {
            let others = std::mem::replace(to, split);
            self.insts.push(Inst::Split(others, start));
        }
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

    /// How many instructions there would be if nothing were shared: what may be spent on them.
    pub(super) fn written_len(&self) -> usize {
        self.written_len
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

/// The text that the last program begins with, as far as its instructions are a chain that nothing
/// leads into. The next one shares what it begins with too, and forks off behind it: most paths of a
/// policy begin alike, and one way is cheaper to follow than eighty.
///
/// A search begins anywhere, so that nothing is shared there. Otherwise a way through the trunk is at
/// its start only, before any of its patterns can have matched.
#[derive(Debug, Default)]
struct Trunk(Vec<(u8, Pc)>);

impl Trunk {
    /// Takes a program that is to begin at `base`. Says how many of its instructions are its own,
    /// and the instruction that it forks off behind.
    fn grow(&mut self, program: &Program, base: Pc, anchor: Anchor) -> (usize, Option<Pc>) {
        let own = program.len();
        if anchor == Anchor::Search {
            return (own, None);
        }
        let Self(trunk) = self;
        let (mut shared, mut is_same) = (0, true);
        let mut fork = None;
        let mut rest = own;
        for (byte, pc) in chain(program) {
            if is_same
                && let Some((known, at)) = trunk.get(shared).copied()
                && known == byte
            {
                shared += 1;
                fork = Some(at);
                rest = pc as usize;
                continue;
            }
            if is_same {
                trunk.truncate(shared);
                is_same = false;
            }
            trunk.push((byte, base.saturating_add(pc)));
        }
        if is_same {
            trunk.truncate(shared);
        }
        (rest, fork)
    }
}

/// The ASCII characters that a program begins with, with their instructions, as far as these stand
/// at its end in order and no loop leads back to them. Assertions of the start hold before them.
fn chain(program: &Program) -> impl Iterator<Item = (u8, Pc)> {
    let loops = program.insts().iter().filter_map(|inst| match inst {
        program::Inst::Split(one, other) => Some((*one).max(*other)),
        _ => None,
    });
    let last_entry = loops.max();
    let len = Pc::try_from(program.len()).ok();
    let mut next = Some(program.start()).filter(|start| start.checked_add(1) == len);
    while let Some(program::Inst::Look(Look::Start, to)) = next.and_then(|pc| program.inst(pc)) {
        next = next.filter(|pc| to.checked_add(1) == Some(*pc)).map(|_| to);
    }
    std::iter::from_fn(move || {
        let pc = next.take()?;
        let program::Inst::Char(c, to) = program.inst(pc)? else { return None };
        let is_chain = to.checked_add(1)? == pc && last_entry.is_none_or(|entry| entry < pc);
        next = Some(to);
        (is_chain && c.is_ascii()).then_some((c as u8, pc))
    })
}

fn ascii_ranges(ranges: &[ClassUnicodeRange]) -> Box<[(u8, u8)]> {
    let ascii = ranges.iter().take_while(|range| range.start().is_ascii());
    ascii.map(|range| (range.start() as u8, range.end().min('\x7F') as u8)).collect()
}
