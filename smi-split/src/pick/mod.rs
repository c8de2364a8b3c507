//! Ways to pick one of several by weight.
//!
//! Each way is a table made of [`Weights`] once, and a pick that looks into it. A pick takes no
//! lock and allocates nothing.

#[cfg(test)]
mod deviation;
mod quota;
mod random;
mod slots;
mod smooth;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Weights, WeightsError};
use random::AliasTable;
use smooth::Schedule;

/// Picks an index by weight: at random or in a smooth rotation.
///
/// A picker is what a split uses inside, and useful without SMI too. It can be shared by threads as
/// it is; all of them together follow one rotation.
///
/// ```
/// use smi_split::Picker;
///
/// let picker = Picker::new([5, 1, 1])?;
///
/// // The caller's random number decides: the same number, the same pick.
/// assert_eq!(picker.random(0x9e37_79b9_7f4a_7c15), picker.random(0x9e37_79b9_7f4a_7c15));
///
/// // Any seven picks in a row are five, one and one.
/// let mut counts = [0; 3];
/// for _ in 0..7 {
///     counts[picker.smooth()] += 1;
/// }
/// assert_eq!(counts, [5, 1, 1]);
/// # Ok::<(), smi_split::WeightsError>(())
/// ```
pub struct Picker {
    tables: Arc<Tables>,
    turn: Turn,
}

/// What never changes, and can serve several rotations.
struct Tables {
    weights: Weights,
    random: AliasTable,
    schedule: Schedule,
}

/// How many smooth picks were made.
///
/// It is all that threads write to, so it has cache lines of its own: else each smooth pick would
/// slow down the random picks of other threads.
#[repr(align(128))]
struct Turn(AtomicU64);

impl Picker {
    /// Makes the tables for `weights`.
    ///
    /// # Errors
    ///
    /// [`WeightsError::TooLarge`] as in [`Weights::new`], and [`WeightsError::AllZero`] if no
    /// weight is above zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_split::{Picker, WeightsError};
    ///
    /// assert_eq!(Picker::new([0, 3])?.smooth(), 1);
    /// assert_eq!(Picker::new([0, 0]).unwrap_err(), WeightsError::AllZero);
    /// # Ok::<(), WeightsError>(())
    /// ```
    pub fn new(weights: impl IntoIterator<Item = u64>) -> Result<Self, WeightsError> {
        Self::from_weights(Weights::new(weights)?)
    }

    /// Makes the tables for weights that are reduced already.
    ///
    /// # Errors
    ///
    /// [`WeightsError::AllZero`] if no weight is above zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_split::{Picker, Weights};
    ///
    /// let picker = Picker::from_weights(Weights::new([90, 10])?)?;
    /// assert_eq!(picker.weights().as_slice(), [9, 1]);
    /// assert!(Picker::from_weights(Weights::new([])?).is_err());
    /// # Ok::<(), smi_split::WeightsError>(())
    /// ```
    pub fn from_weights(weights: Weights) -> Result<Self, WeightsError> {
        if weights.total() == 0 {
            return Err(WeightsError::AllZero);
        }
        let random = AliasTable::new(&weights);
        let schedule = Schedule::new(&weights);
        let tables = Arc::new(Tables { weights, random, schedule });
        Ok(Self { tables, turn: Turn::default() })
    }

    /// A picker with the same tables and a rotation of its own, from its beginning.
    pub(crate) fn with_own_turn(&self) -> Self {
        Self { tables: Arc::clone(&self.tables), turn: Turn::default() }
    }

    /// The weights that are picked by.
    pub fn weights(&self) -> &Weights {
        &self.tables.weights
    }

    /// The index that `random`, one of all 2^64 numbers, falls on.
    ///
    /// If the numbers are evenly distributed, so are the picks, by weight: of the 2^64 numbers,
    /// those that fall on one index differ from its exact share by less than the number of weights.
    /// An index of weight 0 is never picked.
    pub fn random(&self, random: u64) -> usize {
        self.tables.random.pick(random)
    }

    /// The next index of the rotation.
    ///
    /// Any `weights().total()` picks in a row, by all threads together, have each index exactly as
    /// often as its reduced weight. Picks of one index are spread evenly among the others, as by
    /// nginx's smooth weighted round-robin: that is what short rotations are (weights that add up
    /// to no more than 16,384). In long ones no index is ever two picks away from its exact share.
    /// An index of weight 0 is never picked.
    ///
    /// The rotation restarts after 2^64 picks.
    pub fn smooth(&self) -> usize {
        // Nothing else is published with the number, so no stronger ordering is needed.
        self.smooth_at(self.turn.0.fetch_add(1, Ordering::Relaxed))
    }

    /// The index at place `turn` of the rotation, for a caller that counts by itself.
    ///
    /// ```
    /// use smi_split::Picker;
    ///
    /// let picker = Picker::new([2, 1])?;
    /// let first: Vec<usize> = (0..3).map(|turn| picker.smooth_at(turn)).collect();
    /// let second: Vec<usize> = (3..6).map(|turn| picker.smooth_at(turn)).collect();
    /// assert_eq!(first, second);
    /// # Ok::<(), smi_split::WeightsError>(())
    /// ```
    pub fn smooth_at(&self, turn: u64) -> usize {
        self.tables.schedule.at(turn)
    }
}

impl fmt::Debug for Picker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picker")
            .field("weights", self.weights())
            .field("turn", &self.turn.0)
            .finish_non_exhaustive()
    }
}

impl Default for Turn {
    fn default() -> Self {
        Self(AtomicU64::new(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_share_one_rotation_exactly() {
        let picker = Picker::new([90, 9, 1]).unwrap();
        let counts = || {
            let mut counts = [0_u64; 3];
            (0..50_000).for_each(|_| counts[picker.smooth()] += 1);
            counts
        };
        let (a, b) = std::thread::scope(|scope| {
            let (a, b) = (scope.spawn(counts), scope.spawn(counts));
            (a.join().unwrap(), b.join().unwrap())
        });
        let both: Vec<u64> = a.iter().zip(b).map(|(a, b)| a + b).collect();
        assert_eq!(both, [90_000, 9_000, 1_000]);
    }

    #[test]
    fn an_own_turn_starts_at_the_beginning() {
        let picker = Picker::new([3, 2]).unwrap();
        let first = picker.smooth();
        picker.smooth();
        assert_eq!(picker.with_own_turn().smooth(), first);
    }

    #[test]
    fn a_picker_is_shared_by_threads() {
        fn assert_shared<T: Send + Sync + 'static>() {}
        assert_shared::<Picker>();
    }
}
