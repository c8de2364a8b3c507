use std::fmt;

/// The weights of a canary, step by step, until it has everything.
///
/// Pure: it keeps no time and watches nothing. Whoever rolls out takes the next step when the canary
/// has proven itself, or goes back to the first.
///
/// ```
/// use smi_split::Rollout;
///
/// let steps: Vec<String> = Rollout::percent([10, 25, 50])?.map(|step| step.to_string()).collect();
/// assert_eq!(steps, ["90:10", "75:25", "50:50", "0:100"]);
///
/// // As the first version of TrafficSplit wrote it: the stable version keeps `1`, and the canary
/// // starts with `500m`, which is a third of all.
/// let shares: Vec<f64> = Rollout::beside(1000, [500, 1000])?
///     .map(|step| step.canary_percent().round())
///     .collect();
/// assert_eq!(shares, [33.0, 50.0, 100.0]);
/// # Ok::<(), smi_split::RolloutError>(())
/// ```
///
/// Source: TrafficSplit v1alpha1 to v1alpha4, Workflow.
#[derive(Clone, Debug)]
pub struct Rollout {
    steps: std::vec::IntoIter<RolloutStep>,
}

/// The weights of one step of a [`Rollout`], printed `90:10`, the stable version's first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RolloutStep {
    /// The weight of the version that is there already.
    pub stable: u64,
    /// The weight of the version that comes.
    pub canary: u64,
}

impl Rollout {
    /// A rollout that gives the canary these hundredths of the traffic, and finally all.
    ///
    /// # Errors
    ///
    /// [`RolloutError`] if a step does not lie above the one before, or above 100.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_split::Rollout;
    ///
    /// assert_eq!(Rollout::percent([1, 10, 100])?.count(), 3);
    /// assert!(Rollout::percent([10, 5]).is_err());
    /// # Ok::<(), smi_split::RolloutError>(())
    /// ```
    pub fn percent(steps: impl IntoIterator<Item = u64>) -> Result<Self, RolloutError> {
        let mut before = 0;
        let mut all = Vec::new();
        for canary in steps.into_iter().chain([100]) {
            if canary == before && canary == 100 {
                break;
            }
            if canary <= before || canary > 100 {
                return Err(RolloutError { step: canary, before, most: Some(100) });
            }
            all.push(RolloutStep { stable: 100 - canary, canary });
            before = canary;
        }
        Ok(Self { steps: all.into_iter() })
    }

    /// A rollout in which the stable version keeps its weight until the canary, with these weights,
    /// finally gets all.
    ///
    /// # Errors
    ///
    /// [`RolloutError`] if a step does not lie above the one before.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_split::Rollout;
    ///
    /// let steps: Vec<String> = Rollout::beside(1000, [500])?.map(|step| step.to_string()).collect();
    /// assert_eq!(steps, ["1000:500", "0:500"]);
    /// assert!(Rollout::beside(1000, [0]).is_err());
    /// # Ok::<(), smi_split::RolloutError>(())
    /// ```
    pub fn beside(stable: u64, steps: impl IntoIterator<Item = u64>) -> Result<Self, RolloutError> {
        let mut before = 0;
        let mut all = Vec::new();
        for canary in steps {
            if canary <= before {
                return Err(RolloutError { step: canary, before, most: None });
            }
            all.push(RolloutStep { stable, canary });
            before = canary;
        }
        all.push(RolloutStep { stable: 0, canary: before.max(1) });
        Ok(Self { steps: all.into_iter() })
    }
}

impl Iterator for Rollout {
    type Item = RolloutStep;

    fn next(&mut self) -> Option<RolloutStep> {
        self.steps.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.steps.size_hint()
    }
}

impl RolloutStep {
    /// The canary's share, in hundredths of the traffic; 0 if neither has a weight.
    pub fn canary_percent(self) -> f64 {
        self.canary as f64 / (self.stable as f64 + self.canary as f64).max(1.0) * 100.0
    }
}

impl fmt::Display for RolloutStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.stable, self.canary)
    }
}

/// A step of a [`Rollout`] that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RolloutError {
    step: u64,
    before: u64,
    most: Option<u64>,
}

impl fmt::Display for RolloutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step `{}` of the rollout must be above {}", self.step, self.before)?;
        self.most.map_or(Ok(()), |most| write!(f, " and not above {most}"))
    }
}

impl std::error::Error for RolloutError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(rollout: Result<Rollout, RolloutError>) -> String {
        match rollout {
            Ok(steps) => steps.map(|step| step.to_string()).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_last_step_is_everything() {
        assert_eq!(steps(Rollout::percent([])), "0:100");
        assert_eq!(steps(Rollout::percent([50, 100])), "50:50 0:100");
        assert_eq!(steps(Rollout::beside(1, [])), "0:1");
        assert_eq!(steps(Rollout::beside(1000, [500, 2000])), "1000:500 1000:2000 0:2000");
    }

    #[test]
    fn a_canary_has_a_share_of_any_weights() {
        let percent = |stable, canary| RolloutStep { stable, canary }.canary_percent();
        assert_eq!([percent(0, 0), percent(1, 0), percent(0, 1)], [0.0, 0.0, 100.0]);
        assert_eq!(percent(u64::MAX, u64::MAX), 50.0);
    }

    #[test]
    fn a_canary_grows() {
        let refused = "step `5` of the rollout must be above 10 and not above 100";
        assert_eq!(steps(Rollout::percent([10, 5])), refused);
        assert!(steps(Rollout::percent([101])).starts_with("step `101`"));
        assert!(steps(Rollout::percent([0, 10])).starts_with("step `0`"));
        let refused = "step `500` of the rollout must be above 500";
        assert_eq!(steps(Rollout::beside(1, [500, 500])), refused);
    }
}
