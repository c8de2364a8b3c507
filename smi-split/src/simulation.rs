use crate::Weights;

/// How often each of several was picked, and whether that fits the weights.
///
/// ```
/// use smi_split::{Picker, Simulation};
///
/// let picker = Picker::new([90, 10])?;
/// let simulation = Simulation::run(picker.weights(), (0..1000).map(|_| picker.smooth()));
/// assert_eq!(simulation.counts(), [900, 100]);
/// assert_eq!(simulation.chi_square(), 0.0);
/// assert!(simulation.is_plausible());
///
/// let wrong = Simulation::run(picker.weights(), (0..1000).map(|pick| pick % 2));
/// assert!(!wrong.is_plausible());
/// # Ok::<(), smi_split::WeightsError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    counts: Box<[u64]>,
    picks: u64,
    chi_square: f64,
    degrees_of_freedom: usize,
}

impl Simulation {
    /// Counts picks that are meant to follow `weights`. A pick that is no index of these counts as
    /// one that should not have happened.
    pub fn run(weights: &Weights, picks: impl IntoIterator<Item = usize>) -> Self {
        let mut counts = vec![0_u64; weights.as_slice().len()];
        let (mut total, mut strays) = (0_u64, 0_u64);
        for pick in picks {
            match counts.get_mut(pick) {
                Some(count) => *count += 1,
                None => strays += 1,
            }
            total += 1;
        }
        let mut chi_square = if strays > 0 { f64::INFINITY } else { 0.0 };
        let mut cells = 0_usize;
        for (count, weight) in counts.iter().zip(weights.as_slice()) {
            let expected = *weight as f64 / weights.total().max(1) as f64 * total as f64;
            if expected > 0.0 {
                chi_square += (*count as f64 - expected).powi(2) / expected;
                cells += 1;
            } else if *count > 0 {
                chi_square = f64::INFINITY;
            }
        }
        let degrees_of_freedom = cells.saturating_sub(1);
        Self { counts: counts.into(), picks: total, chi_square, degrees_of_freedom }
    }

    /// How often each index was picked.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// How many picks there were.
    pub fn picks(&self) -> u64 {
        self.picks
    }

    /// Pearson's χ²: the squares of what counts are off by, each divided by what was expected, in
    /// sum. It is infinite if something of weight 0 was picked.
    pub fn chi_square(&self) -> f64 {
        self.chi_square
    }

    /// How many counts could have come out otherwise: one less than there are positive weights. It
    /// is also what χ² is on average, if picks are independent and follow the weights.
    pub fn degrees_of_freedom(&self) -> usize {
        self.degrees_of_freedom
    }

    /// Whether picks at random would be so far off by chance more often than about once in ten
    /// thousand times.
    pub fn is_plausible(&self) -> bool {
        // E. Wilson, M. Hilferty (1931): the cube root of χ² is nearly normal. 3.72 standard
        // deviations are exceeded by one in ten thousand.
        let freedom = self.degrees_of_freedom as f64;
        if freedom == 0.0 {
            return self.chi_square == 0.0;
        }
        let variance = 2.0 / (9.0 * freedom);
        self.chi_square <= freedom * (1.0 - variance + 3.72 * variance.sqrt()).powi(3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simulation(counts: &[usize]) -> Simulation {
        let weights = Weights::new([2, 1, 1, 0]).unwrap();
        let picks = counts.iter().enumerate();
        Simulation::run(
            &weights,
            picks.flat_map(|(index, count)| std::iter::repeat_n(index, *count)),
        )
    }

    #[test]
    fn chi_square_is_pearsons() {
        let simulation = simulation(&[60, 20, 20, 0]);
        // (60 − 50)² / 50 + 2 · (20 − 25)² / 25
        assert_eq!(simulation.chi_square(), 4.0);
        assert_eq!((simulation.picks(), simulation.degrees_of_freedom()), (100, 2));
        assert!(simulation.is_plausible());
    }

    /// The table of the distribution: 18.42 for two degrees of freedom at 1 in 10,000.
    #[test]
    fn the_limit_is_that_of_the_distribution() {
        let picks = 100_000;
        for (off, is_plausible) in [(650, true), (720, false)] {
            let simulation =
                simulation(&[picks / 2 + off, picks / 4 - off / 2, picks / 4 - off / 2]);
            assert_eq!(simulation.is_plausible(), is_plausible, "{}", simulation.chi_square());
        }
    }

    #[test]
    fn what_must_not_be_picked_is_never_plausible() {
        assert!(!simulation(&[500, 250, 250, 1]).is_plausible());
        assert!(!simulation(&[500, 250, 250, 0, 1]).is_plausible());
        assert!(simulation(&[]).is_plausible());
    }
}
