use thiserror::Error;

/// How much an analysis may take. What takes more is not analysed, and said to be so.
///
/// ```
/// use smi_policy::{AnalysisLimits, Anchor, Limits, Pattern};
///
/// let pattern = Pattern::parse("(a|b)*a(a|b){8}", &Limits::default())?;
/// let limits = AnalysisLimits::default();
/// assert!(pattern.language(Anchor::Full, &limits).is_ok());
/// assert!(pattern.language(Anchor::Full, &limits.with_states(100)).is_err());
/// # Ok::<(), smi_policy::PatternError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct AnalysisLimits {
    /// States of an automaton. 10,000.
    pub states: usize,
    /// Steps of one comparison, each of which looks at one state or one combination of conditions.
    /// 1,000,000.
    pub steps: usize,
    /// Steps of all comparisons of one analysis together, such as a whole
    /// [`diff`](crate::Audit::diff); making an automaton costs steps too. 15,000,000: sets made to
    /// hurt, of 40 to 400 targets with 320 to 3,200 patterns, spent them in two to eight seconds of
    /// one slow core. What is left over when they are spent is not compared.
    pub total_steps: usize,
}

impl Default for AnalysisLimits {
    fn default() -> Self {
        Self { states: 10_000, steps: 1_000_000, total_steps: 15_000_000 }
    }
}

impl AnalysisLimits {
    /// Sets the states of an automaton.
    #[must_use]
    pub fn with_states(mut self, states: usize) -> Self {
        self.states = states;
        self
    }

    /// Sets the steps of one comparison.
    #[must_use]
    pub fn with_steps(mut self, steps: usize) -> Self {
        self.steps = steps;
        self
    }

    /// Sets the steps of all comparisons together.
    #[must_use]
    pub fn with_total_steps(mut self, steps: usize) -> Self {
        self.total_steps = steps;
        self
    }
}

/// Why something was not analysed. It says nothing about what is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum AnalysisError {
    /// An automaton has more than [`AnalysisLimits::states`].
    #[error("its automaton has too many states")]
    TooManyStates,
    /// A comparison takes more than [`AnalysisLimits::steps`].
    #[error("its conditions combine in too many ways")]
    TooManySteps,
    /// The comparisons before it took all of [`AnalysisLimits::total_steps`].
    #[error("the comparisons before it took all steps that there are")]
    Exhausted,
    /// The pattern's groups nest too deeply.
    #[error("its pattern nests too deeply")]
    TooDeep,
    /// A pattern with `\B` that may match anywhere in the text.
    #[error("its pattern has `\\B` and may begin anywhere")]
    InnerBoundary,
}
