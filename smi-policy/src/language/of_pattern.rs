use regex_automata::Anchored;
use regex_automata::dfa::dense::{self, DFA};
use regex_automata::dfa::{Automaton, StartKind};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_syntax::hir::{Hir, Look};

use super::Language;
use super::dfa::{Classes, Dfa};
use super::limits::{AnalysisError, AnalysisLimits};
use crate::{Anchor, Pattern};

impl Pattern {
    /// The set of texts that the pattern, anchored like this, accepts. Bytes that are not UTF-8
    /// count: under [`Anchor::Start`], `/a` accepts whatever follows.
    ///
    /// # Errors
    ///
    /// If the pattern is beyond the limits, or has `\B` under [`Anchor::Search`].
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_policy::{AnalysisLimits, Anchor, Limits, Pattern};
    ///
    /// let pattern = Pattern::parse("/books(/|$)", &Limits::default())?;
    /// let limits = AnalysisLimits::default();
    /// let language = pattern.language(Anchor::Start, &limits)?;
    /// assert!(language.contains("/books") && language.contains("/books/1"));
    /// assert!(!language.contains("/bookshop"));
    ///
    /// let few = limits.with_states(3);
    /// assert!(pattern.language(Anchor::Start, &few).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn language(
        &self,
        anchor: Anchor,
        limits: &AnalysisLimits,
    ) -> Result<Language, AnalysisError> {
        self.analyse(anchor, limits).0
    }

    /// The language, and how many steps it took to find out, also where it is refused.
    pub(crate) fn analyse(
        &self,
        anchor: Anchor,
        limits: &AnalysisLimits,
    ) -> (Result<Language, AnalysisError>, usize) {
        if is_higher(self.hir(), MAX_HEIGHT) {
            return (Err(AnalysisError::TooDeep), 1);
        }
        let looks_within_characters =
            self.hir().properties().look_set().contains(Look::WordAsciiNegate);
        if anchor == Anchor::Search && looks_within_characters {
            // Of a search over bytes it would hold within a character too.
            return (Err(AnalysisError::InnerBoundary), 1);
        }
        let anchored = match anchor {
            Anchor::Start | Anchor::Full => Anchored::Yes,
            Anchor::Search => Anchored::No,
        };
        let Some(dense) = determinise(self.hir(), anchor, limits) else {
            let most = limits.states.saturating_mul(BYTES_PER_STATE);
            return (Err(AnalysisError::TooManyStates), 1 + most / BYTES_PER_STEP);
        };
        let steps = 1 + dense.memory_usage() / BYTES_PER_STEP;
        (language_of(&dense, anchored, limits), steps)
    }

    /// The set of paths that satisfy a `pathRegex` of this pattern, of those that every server
    /// reads the same way: as [`language`](Self::language), and every path with a leading slash if
    /// the pattern [is unconstrained](Self::is_unconstrained).
    ///
    /// # Errors
    ///
    /// As [`language`](Self::language).
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_policy::{AnalysisLimits, Anchor, Limits, Pattern};
    ///
    /// let all = Pattern::parse("/.*", &Limits::default())?;
    /// let limits = AnalysisLimits::default();
    /// assert!(!all.language(Anchor::Full, &limits)?.contains(b"/\xFF"), "no character");
    /// assert!(all.path_language(Anchor::Full, &limits)?.contains(b"/\xFF"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn path_language(
        &self,
        anchor: Anchor,
        limits: &AnalysisLimits,
    ) -> Result<Language, AnalysisError> {
        self.analyse_path(anchor, limits).0
    }

    /// As [`analyse`](Self::analyse), of [`path_language`](Self::path_language).
    pub(crate) fn analyse_path(
        &self,
        anchor: Anchor,
        limits: &AnalysisLimits,
    ) -> (Result<Language, AnalysisError>, usize) {
        let (language, steps) = self.analyse(anchor, limits);
        if self.is_unconstrained(anchor) {
            let rooted = Language::starting_with("/");
            return (language.and_then(|language| language.union(&rooted, limits)), steps);
        }
        (language, steps)
    }
}

/// What an automaton of `regex-automata` accepts.
fn language_of(
    dense: &DFA<Vec<u32>>,
    anchored: Anchored,
    limits: &AnalysisLimits,
) -> Result<Language, AnalysisError> {
    let config = start::Config::new().anchored(anchored);
    let start = dense.start_state(&config).map_err(|_| AnalysisError::TooManyStates)?;
    let classes = dense.byte_classes();
    let classes = Classes::by(|byte| classes.get(byte));
    let dfa = Dfa::explore(
        At::of(dense, start),
        &classes,
        limits,
        |at, byte| at.step(dense, byte),
        |at| at.accepts(dense),
    )?;
    Ok(Language { dfa })
}

/// Whether a syntax tree is higher than this. Goes no deeper itself.
fn is_higher(hir: &Hir, height: u32) -> bool {
    let Some(left) = height.checked_sub(1) else { return true };
    hir.kind().subs().iter().any(|sub| is_higher(sub, left))
}

/// The automaton that the engine would walk through, without its bound on size.
fn determinise(hir: &Hir, anchor: Anchor, limits: &AnalysisLimits) -> Option<DFA<Vec<u32>>> {
    let whole;
    let hir = if anchor == Anchor::Full {
        whole = Hir::concat(vec![hir.clone(), Hir::look(Look::End)]);
        &whole
    } else {
        hir
    };
    let max_bytes = Some(limits.states.saturating_mul(BYTES_PER_STATE));
    let nfa = thompson::Config::new()
        .utf8(false)
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(max_bytes);
    let nfa = thompson::Compiler::new().configure(nfa).build_from_hir(hir).ok()?;
    let start_kind = match anchor {
        Anchor::Search => StartKind::Unanchored,
        Anchor::Start | Anchor::Full => StartKind::Anchored,
    };
    let config = dense::Config::new()
        .start_kind(start_kind)
        .dfa_size_limit(max_bytes)
        .determinize_size_limit(max_bytes);
    dense::Builder::new().configure(config).build_from_nfa(&nfa).ok()
}

/// A place in a walk through an automaton of `regex-automata`. What was matched stays matched:
/// whether a match must reach the end is part of the automaton.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    State(StateID),
    Matched,
    Failed,
}

impl At {
    fn of(dense: &DFA<Vec<u32>>, state: StateID) -> Self {
        if dense.is_match_state(state) {
            Self::Matched
        } else if dense.is_dead_state(state) || dense.is_quit_state(state) {
            Self::Failed
        } else {
            Self::State(state)
        }
    }

    fn step(self, dense: &DFA<Vec<u32>>, byte: u8) -> Self {
        match self {
            Self::State(state) => Self::of(dense, dense.next_state(state, byte)),
            settled => settled,
        }
    }

    fn accepts(self, dense: &DFA<Vec<u32>>) -> bool {
        match self {
            Self::State(state) => dense.is_match_state(dense.next_eoi_state(state)),
            Self::Matched => true,
            Self::Failed => false,
        }
    }
}

/// What a state may take on average; few take as much.
const BYTES_PER_STATE: usize = 1024;

/// How much of an automaton is made in the time of one step of a comparison.
const BYTES_PER_STEP: usize = 32;

/// Height of a syntax tree up to which recursion over it is harmless.
const MAX_HEIGHT: u32 = 100;
