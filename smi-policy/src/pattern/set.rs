use std::sync::Arc;

use super::automaton::Automaton;
use super::error::PatternError;
use super::limits::Limits;
use super::parser::parse;
use super::program::Program;
use super::simulation::Simulation;
use crate::Anchor;

/// Patterns that are tried together, in one pass over the input.
///
/// Where one automaton of all of them would be too large for what they are, several share the work,
/// and a pattern that is too large even alone is simulated.
#[derive(Clone, Debug)]
pub(crate) struct PatternSet(Parts);

#[derive(Clone, Debug)]
enum Parts {
    One(Part),
    /// Each with the number of its first pattern.
    Many(Box<[(u32, Part)]>),
}

#[derive(Clone, Debug)]
enum Part {
    Automaton(Automaton),
    Program(Arc<Program>, Anchor),
}

/// Collects the patterns of a [`PatternSet`]. They are numbered as they come.
#[derive(Debug, Default)]
pub(crate) struct SetBuilder {
    programs: Vec<Program>,
}

impl SetBuilder {
    /// Adds a pattern, and says how many bytes it takes before it is made an automaton.
    pub(crate) fn add(&mut self, text: &str, limits: &Limits) -> Result<usize, PatternError> {
        let parsed = parse(text, limits);
        let compiled = parsed.and_then(|parsed| Program::of_pattern(&parsed.hir, text, limits));
        let program = compiled.map_err(|fault| PatternError::new(fault, text))?;
        let size = program.memory_usage();
        self.programs.push(program);
        Ok(size)
    }

    /// Adds a pattern. One that can't be compiled matches nothing, but has its number.
    pub(crate) fn add_any(&mut self, text: &str, limits: &Limits) {
        if self.add(text, limits).is_err() {
            self.programs.push(Program::nothing());
        }
    }

    /// Adds a pattern that another set began with, which loses it.
    pub(crate) fn add_begun(&mut self, begun: &mut Self, number: usize) {
        let place = begun.programs.get_mut(number);
        let program = place.map(|place| std::mem::replace(place, Program::nothing()));
        self.programs.push(program.unwrap_or_else(Program::nothing));
    }

    /// Takes the last pattern back.
    pub(crate) fn pop(&mut self) {
        self.programs.pop();
    }

    pub(crate) fn compile(self, anchor: Anchor, limits: &Limits) -> PatternSet {
        let mut parts = Vec::new();
        let programs: Vec<&Program> = self.programs.iter().collect();
        add_parts(&programs, 0, anchor, limits, &mut parts);
        PatternSet(match parts.pop() {
            Some((0, only)) if parts.is_empty() => Parts::One(only),
            Some(last) => {
                parts.push(last);
                Parts::Many(parts.into())
            }
            None => Parts::Many(Box::default()),
        })
    }
}

/// One automaton, or else several of a part of the patterns each.
fn add_parts(
    programs: &[&Program],
    first: u32,
    anchor: Anchor,
    limits: &Limits,
    parts: &mut Vec<(u32, Part)>,
) {
    if programs.is_empty() {
        return;
    }
    if let Some(automaton) = Automaton::compile(programs, anchor, max_bytes(programs, limits)) {
        return parts.push((first, Part::Automaton(automaton)));
    }
    if let [only] = programs {
        return parts.push((first, Part::Program(Arc::new((*only).clone()), anchor)));
    }
    // Not halves: where many patterns can't be together, few rounds find that out.
    let size = programs.len().div_ceil(PARTS);
    let mut first = first;
    for some in programs.chunks(size) {
        add_parts(some, first, anchor, limits, parts);
        first = first.saturating_add(u32::try_from(some.len()).unwrap_or(u32::MAX));
    }
}

/// Into how many parts a set is divided whose automaton is too large.
const PARTS: usize = 8;

/// What an automaton of several patterns may take: no more than what they take by themselves, so
/// that a set's memory is in proportion to its text.
fn max_bytes(programs: &[&Program], limits: &Limits) -> usize {
    match programs {
        [_] => limits.dfa_size,
        _ => {
            let own: usize = programs.iter().map(|program| program.memory_usage()).sum();
            limits.dfa_size.saturating_mul(programs.len()).min(own.saturating_add(1 << 10))
        }
    }
}

impl PatternSet {
    /// Calls `hit` with the number of each pattern that matches, in no particular order.
    #[inline]
    pub(crate) fn scan(&self, input: &[u8], mut hit: impl FnMut(u32)) {
        match &self.0 {
            Parts::One(part) => part.scan(input, &mut |pattern| hit(pattern)),
            Parts::Many(parts) => {
                for (first, part) in parts {
                    part.scan(input, &mut |pattern| hit(first.saturating_add(pattern)));
                }
            }
        }
    }
}

impl Part {
    #[inline]
    fn scan(&self, input: &[u8], hit: &mut impl FnMut(u32)) {
        match self {
            Self::Automaton(automaton) => automaton.scan(input, |pattern| hit(pattern.into())),
            Self::Program(program, anchor) => {
                let mut simulation = Simulation::new(program, *anchor);
                simulation.feed(input);
                if simulation.finish() {
                    hit(0);
                }
            }
        }
    }
}
