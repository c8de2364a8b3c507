use regex_automata::dfa::dense::{self, DFA};
use regex_automata::dfa::{Automaton, StartKind};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Hir, Look};

use super::Pattern;
use super::limits::Limits;
use crate::Anchor;

/// A pattern and its anchoring as a deterministic automaton over bytes.
///
/// It is complete when it is built: matching is one table look-up for each byte, and neither
/// allocates nor locks.
#[derive(Clone, Debug)]
pub(super) struct Dense {
    dfa: DFA<Vec<u32>>,
    anchored: Anchored,
}

impl Dense {
    /// Determinises a pattern. `None` if that takes more than it may, or would not be exact.
    pub(super) fn compile(pattern: &Pattern, anchor: Anchor, limits: &Limits) -> Option<Self> {
        // The compiler of regex-automata recurses.
        if pattern.height() > MAX_HEIGHT || limits.dfa_size == 0 {
            return None;
        }
        let hir = pattern.hir();
        // A search over bytes may begin within a character, where `\B` holds.
        let looks_within_characters = hir.properties().look_set().contains(Look::WordAsciiNegate);
        let (anchored, start_kind) = match anchor {
            Anchor::Start | Anchor::Full => (Anchored::Yes, StartKind::Anchored),
            Anchor::Search if looks_within_characters => return None,
            Anchor::Search => (Anchored::No, StartKind::Unanchored),
        };
        let whole;
        let hir = if anchor == Anchor::Full {
            whole = Hir::concat(vec![hir.clone(), Hir::look(Look::End)]);
            &whole
        } else {
            hir
        };
        let max_bytes = Some(limits.dfa_size);
        let nfa = thompson::Compiler::new()
            .configure(
                thompson::Config::new()
                    // Classes match whole characters anyway.
                    .utf8(false)
                    .which_captures(WhichCaptures::None)
                    .nfa_size_limit(max_bytes),
            )
            .build_from_hir(hir)
            .ok()?;
        let config = dense::Config::new()
            .start_kind(start_kind)
            .dfa_size_limit(max_bytes)
            .determinize_size_limit(max_bytes);
        let dfa = dense::Builder::new().configure(config).build_from_nfa(&nfa).ok()?;
        Some(Self { dfa, anchored })
    }

    /// Whether the pattern matches the input.
    pub(super) fn is_match(&self, input: &[u8]) -> bool {
        let input = Input::new(input).anchored(self.anchored).earliest(true);
        // It fails only where bytes are declared to stop it, which here none are.
        matches!(self.dfa.try_search_fwd(&input), Ok(Some(_)))
    }

    /// Begins a walk over an input that comes in pieces.
    pub(super) fn walk(&self) -> Walk<'_> {
        let config = start::Config::new().anchored(self.anchored);
        let state = match self.dfa.start_state(&config) {
            Ok(state) => WalkState::At(state),
            // It was built for this kind of start.
            Err(_) => WalkState::Failed,
        };
        Walk { dfa: &self.dfa, state }
    }

    /// Bytes on the heap.
    pub(super) fn memory_usage(&self) -> usize {
        self.dfa.memory_usage()
    }
}

/// A walk through an automaton.
#[derive(Clone, Debug)]
pub(super) struct Walk<'d> {
    dfa: &'d DFA<Vec<u32>>,
    state: WalkState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WalkState {
    At(StateID),
    Matched,
    Failed,
}

impl Walk<'_> {
    /// Goes on with a piece of the input.
    pub(super) fn feed(&mut self, piece: &[u8]) {
        let WalkState::At(mut state) = self.state else { return };
        for &byte in piece {
            state = self.dfa.next_state(state, byte);
            if self.dfa.is_special_state(state) && self.settle(state) {
                return;
            }
        }
        self.state = WalkState::At(state);
    }

    /// Ends the input, and says whether the pattern matches.
    pub(super) fn finish(self) -> bool {
        match self.state {
            WalkState::At(state) => self.dfa.is_match_state(self.dfa.next_eoi_state(state)),
            WalkState::Matched => true,
            WalkState::Failed => false,
        }
    }

    /// Ends the walk if the state decides it. Whether a match must reach the end is part of the
    /// automaton, so that a match is one wherever it is met.
    fn settle(&mut self, state: StateID) -> bool {
        if self.dfa.is_match_state(state) {
            self.state = WalkState::Matched;
        } else if self.dfa.is_dead_state(state) || self.dfa.is_quit_state(state) {
            self.state = WalkState::Failed;
        } else {
            return false;
        }
        true
    }
}

/// Height of a syntax tree up to which recursion over it is harmless.
const MAX_HEIGHT: u32 = 100;
