use std::cell::Cell;

use super::limits::{AnalysisError, AnalysisLimits};

/// What is left of [`AnalysisLimits::total_steps`] to all questions of one analysis.
///
/// Once it is spent it stays spent, so that nothing later passes for compared.
#[derive(Debug)]
pub(crate) struct Budget {
    left: Cell<usize>,
    /// Steps of one question.
    steps: usize,
}

/// What one question may take of a [`Budget`].
#[derive(Debug)]
pub(crate) struct Allowance<'b> {
    budget: &'b Budget,
    left: usize,
}

impl Budget {
    pub(crate) fn new(limits: &AnalysisLimits) -> Self {
        Self { left: Cell::new(limits.total_steps), steps: limits.steps }
    }

    /// Takes steps that belong to no question.
    pub(crate) fn spend(&self, steps: usize) -> Result<(), AnalysisError> {
        let left = self.left.get().checked_sub(steps);
        self.left.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or(AnalysisError::Exhausted)
    }

    /// Fails if nothing is left.
    pub(crate) fn check(&self) -> Result<(), AnalysisError> {
        if self.left.get() == 0 { Err(AnalysisError::Exhausted) } else { Ok(()) }
    }

    /// What a question may take.
    pub(crate) fn question(&self) -> Allowance<'_> {
        self.part(1)
    }

    /// What one of so many parts of a question may take.
    pub(crate) fn part(&self, parts: usize) -> Allowance<'_> {
        Allowance { budget: self, left: self.steps / parts.max(1) }
    }
}

impl Allowance<'_> {
    pub(crate) fn spend(&mut self, steps: usize) -> Result<(), AnalysisError> {
        self.budget.spend(steps)?;
        self.left = self.left.checked_sub(steps).ok_or(AnalysisError::TooManySteps)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_takes_its_own_steps_and_everybodys() {
        let budget = Budget::new(&AnalysisLimits::default().with_steps(4).with_total_steps(9));
        let mut question = budget.question();
        assert_eq!(question.spend(4), Ok(()));
        assert_eq!(question.spend(1), Err(AnalysisError::TooManySteps));
        assert_eq!(budget.question().spend(4), Ok(()));
        assert_eq!(budget.check(), Err(AnalysisError::Exhausted));
    }

    #[test]
    fn what_is_spent_stays_spent() {
        let budget = Budget::new(&AnalysisLimits::default().with_total_steps(9));
        assert_eq!(budget.spend(10), Err(AnalysisError::Exhausted));
        assert_eq!(budget.question().spend(1), Err(AnalysisError::Exhausted));
    }
}
