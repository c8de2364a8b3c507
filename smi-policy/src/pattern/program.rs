use hashbrown::HashMap;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look, Repetition};

use super::error::{Bound, Fault, PatternErrorKind};
use super::limits::Limits;

/// A pattern as a nondeterministic automaton over characters.
///
/// It is small whatever the pattern: a class of Unicode's is stored once, however often it comes,
/// where an automaton over bytes would need hundreds of states each time.
#[derive(Clone, Debug)]
pub(super) struct Program {
    insts: Box<[Inst]>,
    classes: Box<[CharSet]>,
    start: Pc,
}

/// The number of an instruction.
pub(super) type Pc = u32;

/// One instruction; each but the last kind leads on to others.
#[derive(Clone, Copy, Debug)]
pub(super) enum Inst {
    /// Consumes this character.
    Char(char, Pc),
    /// Consumes a character of the class of this number.
    Class(u32, Pc),
    /// Goes on if this holds here.
    Look(Look, Pc),
    /// Goes on in two ways.
    Split(Pc, Pc),
    /// The pattern matches.
    Match,
}

impl Program {
    /// Compiles a pattern of this text, within the limits.
    pub(super) fn of_pattern(hir: &Hir, text: &str, limits: &Limits) -> Result<Self, Fault> {
        Self::compile(hir, limits.program_size).ok_or_else(|| {
            Fault::new(PatternErrorKind::TooLarge(Bound::ProgramSize), 0..text.len())
        })
    }

    /// Compiles a pattern. `None` if that takes more than `max_bytes`.
    fn compile(hir: &Hir, max_bytes: usize) -> Option<Self> {
        let insts = Vec::with_capacity(expected_len(hir));
        let mut compiler = Compiler { insts, bytes_left: max_bytes, ..Compiler::default() };
        let mut at = compiler.push(Inst::Match)?;
        let mut tasks = vec![Task::Visit(hir)];
        while let Some(task) = tasks.pop() {
            at = compiler.step(task, at, &mut tasks)?;
        }
        Some(Self { insts: compiler.insts.into(), classes: compiler.classes.into(), start: at })
    }

    /// A program that matches nothing.
    pub(super) fn nothing() -> Self {
        let class = CharSet { ascii: 0, ranges: Box::default() };
        Self { insts: [Inst::Match, Inst::Class(0, 0)].into(), classes: [class].into(), start: 1 }
    }

    /// The first instruction.
    pub(super) fn start(&self) -> Pc {
        self.start
    }

    /// How many instructions there are.
    pub(super) fn len(&self) -> usize {
        self.insts.len()
    }

    /// All instructions, by their numbers.
    pub(super) fn insts(&self) -> &[Inst] {
        &self.insts
    }

    /// The ranges of each class, by its number; sorted, and apart from each other.
    pub(super) fn classes(&self) -> impl Iterator<Item = &[ClassUnicodeRange]> {
        self.classes.iter().map(|class| &*class.ranges)
    }

    pub(super) fn inst(&self, pc: Pc) -> Option<Inst> {
        self.insts.get(pc as usize).copied()
    }

    /// Whether the class of this number has this character.
    pub(super) fn class_contains(&self, class: u32, c: char) -> bool {
        self.classes.get(class as usize).is_some_and(|class| class.contains(c))
    }

    /// Bytes on the heap.
    pub(super) fn memory_usage(&self) -> usize {
        let ranges: usize = self.classes.iter().map(|class| size_of_val(&*class.ranges)).sum();
        size_of_val(&*self.insts) + size_of_val(&*self.classes) + ranges
    }
}

/// A class, with one bit for each ASCII character in front.
#[derive(Clone, Debug)]
struct CharSet {
    ascii: u128,
    ranges: Box<[ClassUnicodeRange]>,
}

impl CharSet {
    fn new(class: &ClassUnicode) -> Self {
        let mut ascii = 0;
        for range in class.ranges().iter().take_while(|range| range.start().is_ascii()) {
            let last = u32::from(range.end().min('\x7F'));
            ascii |= u128::MAX >> (127 - last) & u128::MAX << u32::from(range.start());
        }
        Self { ascii, ranges: class.ranges().into() }
    }

    fn contains(&self, c: char) -> bool {
        if c.is_ascii() {
            return self.ascii >> u32::from(c) & 1 == 1;
        }
        let behind = self.ranges.partition_point(|range| range.end() < c);
        self.ranges.get(behind).is_some_and(|range| range.start() <= c)
    }
}

/// What is left to do. The program is written from its end to its start: each task gets the
/// instruction to go on with and returns the one that its own part begins with. A stack of tasks in
/// place of recursion lets patterns nest as they like.
#[derive(Debug)]
enum Task<'h> {
    Visit(&'h Hir),
    /// A branch was written; `others` begins those behind it, `rest` are those before it.
    Branch {
        rest: &'h [Hir],
        others: Option<Pc>,
        exit: Pc,
    },
    /// The body of a loop was written: fill in the choice behind it.
    Loop {
        choice: Pc,
        exit: Pc,
        skippable: bool,
    },
    /// A part that may be left out was written: put the choice before it.
    Optional {
        exit: Pc,
    },
    /// Copies that may be left out are to be written, and before them copies that may not.
    Copies {
        sub: &'h Hir,
        optional: u32,
        required: u32,
        exit: Pc,
    },
}

/// How many instructions a pattern of text, classes and plain repetitions takes.
fn expected_len(hir: &Hir) -> usize {
    let of_part = |part: &Hir| match part.kind() {
        HirKind::Literal(literal) => literal.0.len(),
        _ => 2,
    };
    1 + match hir.kind() {
        HirKind::Concat(parts) => parts.iter().map(of_part).sum(),
        _ => of_part(hir),
    }
}

#[derive(Debug, Default)]
struct Compiler {
    insts: Vec<Inst>,
    classes: Vec<CharSet>,
    /// Numbers of classes by their address, from the first part on that is to be written more than
    /// once: such a part is visited once for each copy.
    class_numbers: HashMap<*const Class, u32>,
    has_copies: bool,
    bytes_left: usize,
}

impl Compiler {
    /// Does one task, to be followed by the instruction `at`. `None` if the program gets too large.
    fn step<'h>(&mut self, task: Task<'h>, at: Pc, tasks: &mut Vec<Task<'h>>) -> Option<Pc> {
        match task {
            Task::Visit(hir) => self.visit(hir, at, tasks),
            Task::Branch { rest, others, exit } => {
                let begin = match others {
                    Some(others) => self.push(Inst::Split(at, others))?,
                    None => at,
                };
                let Some((branch, rest)) = rest.split_last() else {
                    return Some(begin);
                };
                tasks.push(Task::Branch { rest, others: Some(begin), exit });
                tasks.push(Task::Visit(branch));
                Some(exit)
            }
            Task::Loop { choice, exit, skippable } => {
                *self.insts.get_mut(choice as usize)? = Inst::Split(at, exit);
                Some(if skippable { choice } else { at })
            }
            Task::Optional { exit } => self.push(Inst::Split(at, exit)),
            Task::Copies { sub, optional, required, exit } => {
                if optional > 0 {
                    tasks.push(Task::Copies { sub, optional: optional - 1, required, exit });
                    tasks.push(Task::Optional { exit });
                    tasks.push(Task::Visit(sub));
                } else if required > 0 {
                    tasks.push(Task::Copies { sub, optional, required: required - 1, exit });
                    tasks.push(Task::Visit(sub));
                }
                Some(at)
            }
        }
    }

    fn visit<'h>(&mut self, hir: &'h Hir, at: Pc, tasks: &mut Vec<Task<'h>>) -> Option<Pc> {
        match hir.kind() {
            HirKind::Empty => Some(at),
            HirKind::Literal(literal) => {
                // The parser writes no literal that is not text.
                let text = std::str::from_utf8(&literal.0).ok()?;
                text.chars().rev().try_fold(at, |at, c| self.push(Inst::Char(c, at)))
            }
            HirKind::Class(class) => {
                let number = self.class(class)?;
                self.push(Inst::Class(number, at))
            }
            HirKind::Look(look) => self.push(Inst::Look(*look, at)),
            HirKind::Repetition(repetition) => self.repetition(repetition, at, tasks),
            HirKind::Capture(capture) => {
                tasks.push(Task::Visit(&capture.sub));
                Some(at)
            }
            HirKind::Concat(parts) => {
                tasks.extend(parts.iter().map(Task::Visit));
                Some(at)
            }
            HirKind::Alternation(branches) => {
                let (branch, rest) = branches.split_last()?;
                tasks.push(Task::Branch { rest, others: None, exit: at });
                tasks.push(Task::Visit(branch));
                Some(at)
            }
        }
    }

    fn repetition<'h>(
        &mut self,
        repetition: &'h Repetition,
        at: Pc,
        tasks: &mut Vec<Task<'h>>,
    ) -> Option<Pc> {
        let Repetition { min, max, ref sub, .. } = *repetition;
        self.has_copies |= max.unwrap_or(min) > 1;
        if let Some(max) = max {
            let optional = max.saturating_sub(min);
            tasks.push(Task::Copies { sub, optional, required: min, exit: at });
            return Some(at);
        }
        let choice = self.push(Inst::Split(at, at))?;
        let required = min.saturating_sub(1);
        tasks.push(Task::Copies { sub, optional: 0, required, exit: at });
        tasks.push(Task::Loop { choice, exit: at, skippable: min == 0 });
        tasks.push(Task::Visit(sub));
        Some(choice)
    }

    fn push(&mut self, inst: Inst) -> Option<Pc> {
        self.bytes_left = self.bytes_left.checked_sub(size_of::<Inst>())?;
        let pc = Pc::try_from(self.insts.len()).ok()?;
        self.insts.push(inst);
        Some(pc)
    }

    /// The number of a class.
    fn class(&mut self, class: &Class) -> Option<u32> {
        let address = std::ptr::from_ref(class);
        if self.has_copies
            && let Some(&number) = self.class_numbers.get(&address)
        {
            return Some(number);
        }
        let set = match class {
            Class::Unicode(class) => CharSet::new(class),
            // The empty class, and what an alternation of it with ASCII was simplified to.
            Class::Bytes(class) => CharSet::new(&class.to_unicode_class()?),
        };
        let bytes = size_of::<CharSet>() + size_of_val(&*set.ranges);
        self.bytes_left = self.bytes_left.checked_sub(bytes)?;
        let number = u32::try_from(self.classes.len()).ok()?;
        self.classes.push(set);
        if self.has_copies {
            self.class_numbers.insert(address, number);
        }
        Some(number)
    }
}
