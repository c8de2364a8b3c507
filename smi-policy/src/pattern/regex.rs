use super::Pattern;
use super::automaton::{Automaton, Walk};
use super::error::PatternError;
use super::limits::Limits;
use super::program::Program;
use super::simulation::Simulation;
use crate::Anchor;

/// A pattern that is ready to match, with its anchoring.
///
/// Made by [`Pattern::compile`](crate::Pattern::compile). Matching is a pure function of the input
/// and takes time in proportion to the input's length.
///
/// - If the pattern's automaton fits into [`Limits::dfa_size`], as that of nearly every pattern
///   people write does, each byte costs one step; nothing is allocated or locked.
/// - Otherwise, as with `(a|b)*a(a|b){30}`, the pattern is simulated: each byte costs at most the pattern's
///   size, and each match one allocation of that size.
///
/// The answers are the same.
#[derive(Clone, Debug)]
pub struct Regex {
    anchor: Anchor,
    engine: Engine,
}

#[derive(Clone, Debug)]
enum Engine {
    Automaton(Automaton),
    Program(Program),
}

impl Regex {
    pub(super) fn compile(
        pattern: &Pattern,
        anchor: Anchor,
        limits: &Limits,
    ) -> Result<Self, PatternError> {
        // Made in any case: whether a pattern is too large must not depend on how it is matched.
        let program = Program::of_pattern(pattern.hir(), pattern.as_str(), limits)
            .map_err(|fault| PatternError::new(fault, pattern.as_str()))?;
        let engine = match Automaton::compile(&[&program], anchor, limits.dfa_size) {
            Some(automaton) => Engine::Automaton(automaton),
            None => Engine::Program(program),
        };
        Ok(Self { anchor, engine })
    }

    /// How the pattern is anchored.
    pub fn anchor(&self) -> Anchor {
        self.anchor
    }

    /// Whether the pattern matches the input.
    ///
    /// ```
    /// use smi_policy::{Anchor, Limits, Pattern};
    ///
    /// let limits = Limits::default();
    /// let regex = Pattern::parse("/a|/ab", &limits)?.compile(Anchor::Full, &limits)?;
    /// assert!(regex.is_match(b"/ab"));
    /// assert!(!regex.is_match(b"/abc"));
    /// # Ok::<(), smi_policy::PatternError>(())
    /// ```
    pub fn is_match(&self, input: &[u8]) -> bool {
        match &self.engine {
            Engine::Automaton(automaton) => {
                let mut matched = false;
                automaton.scan(input, |_| matched = true);
                matched
            }
            Engine::Program(_) => {
                let mut scan = self.scan();
                scan.feed(input);
                scan.finish()
            }
        }
    }

    /// Whether the pattern matches these pieces, put together as one input.
    ///
    /// ```
    /// use smi_policy::{Anchor, Limits, Pattern};
    ///
    /// let limits = Limits::default();
    /// let regex = Pattern::parse("a, b", &limits)?.compile(Anchor::Full, &limits)?;
    /// assert!(regex.is_match_segments([b"a".as_slice(), b", ", b"b"]));
    /// # Ok::<(), smi_policy::PatternError>(())
    /// ```
    pub fn is_match_segments<'s>(&self, segments: impl IntoIterator<Item = &'s [u8]>) -> bool {
        let mut scan = self.scan();
        for segment in segments {
            scan.feed(segment);
        }
        scan.finish()
    }

    /// Begins to match an input that comes in pieces, one at a time.
    pub fn scan(&self) -> Scan<'_> {
        Scan(match &self.engine {
            Engine::Automaton(automaton) => ScanState::Walk(Walk::new(automaton)),
            Engine::Program(program) => {
                ScanState::Simulation(Simulation::new(program, self.anchor))
            }
        })
    }

    /// Bytes that this takes on the heap.
    pub fn memory_usage(&self) -> usize {
        match &self.engine {
            Engine::Automaton(automaton) => automaton.memory_usage(),
            Engine::Program(program) => program.memory_usage(),
        }
    }
}

/// A match of an input that comes in pieces: see [`Regex::scan`].
///
/// ```
/// use smi_policy::{Anchor, FieldVisitor, Headers, Limits, Pattern};
///
/// let limits = Limits::default();
/// let regex = Pattern::parse("(a, )*b", &limits)?.compile(Anchor::Full, &limits)?;
///
/// // The fields of one name, joined as RFC 9110 says.
/// let headers = [("x-user", "a"), ("accept", "*/*"), ("x-user", "b")];
/// let mut scan = regex.scan();
/// let mut separator: &[u8] = b"";
/// headers.visit("x-user", &mut |value| {
///     scan.feed(separator);
///     scan.feed(value);
///     separator = b", ";
/// });
/// assert!(scan.finish());
/// # Ok::<(), smi_policy::PatternError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Scan<'r>(ScanState<'r>);

#[derive(Clone, Debug)]
enum ScanState<'r> {
    Walk(Walk<'r>),
    Simulation(Simulation<'r>),
}

impl Scan<'_> {
    /// Goes on with a piece of the input. Pieces may end within a character.
    pub fn feed(&mut self, piece: &[u8]) {
        match &mut self.0 {
            ScanState::Walk(walk) => walk.feed(piece),
            ScanState::Simulation(simulation) => simulation.feed(piece),
        }
    }

    /// Ends the input, and says whether the pattern matches it.
    pub fn finish(self) -> bool {
        match self.0 {
            ScanState::Walk(walk) => walk.finish(),
            ScanState::Simulation(simulation) => simulation.finish(),
        }
    }
}
