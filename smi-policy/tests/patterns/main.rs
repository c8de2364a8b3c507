//! Patterns: RE2's dialect, its limits, and matching.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

mod errors;
mod hostile;
mod languages;
mod literals;
mod model;
mod re2;
mod sets;
mod unconstrained;

use smi_policy::{Anchor, Limits, Pattern, Regex};

/// The two ways to match: the automaton where it fits, and the simulation always.
fn engines() -> [Limits; 2] {
    [Limits::default(), Limits::default().with_dfa_size(0)]
}

const ANCHORS: [Anchor; 3] = [Anchor::Start, Anchor::Full, Anchor::Search];

#[track_caller]
fn compile(pattern: &str, anchor: Anchor, limits: &Limits) -> Regex {
    Pattern::parse(pattern, limits).unwrap().compile(anchor, limits).unwrap()
}
