//! Ways to pick one of several by weight.
//!
//! Each way is a table made of [`Weights`] once, and a pick that looks into it. A pick takes no
//! lock and allocates nothing.

mod available;
#[cfg(test)]
mod deviation;
mod even;
mod frame;
mod modulus;
mod quota;
mod random;
mod slots;
mod smooth;
mod sticky;
mod turn;

use std::fmt;
use std::sync::Arc;

pub use available::Available;

use crate::{Weights, WeightsError};
use random::AliasTable;
use smooth::Schedule;
use sticky::Race;
use turn::Turn;

/// Picks an index by weight: at random, in a smooth rotation, or by a key that sticks to its index.
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
///
/// // The same key, the same pick, on every machine.
/// assert_eq!(picker.sticky(b"user-4711"), 0);
/// # Ok::<(), smi_split::WeightsError>(())
/// ```
pub struct Picker {
    tables: Arc<Tables>,
    turn: Arc<Turn>,
}

/// What never changes, and can serve several rotations.
struct Tables {
    weights: Weights,
    random: AliasTable,
    schedule: Schedule,
    race: Race,
}

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
    /// Keys stick to positions in the list. If there are names, prefer [`Picker::named`], with which
    /// positions may change.
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
        let ids =
            (0..weights.as_slice().len() as u64).map(|index| sticky::hash(&index.to_le_bytes()));
        let ids: Vec<u64> = ids.collect();
        Self::with_ids(weights, &ids)
    }

    /// Makes the tables for weights of names. Keys stick to names, wherever they stand in the list.
    ///
    /// Names should be distinct: those of equal names get the keys of all.
    ///
    /// # Errors
    ///
    /// As [`Picker::new`].
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_split::{Picker, WeightsError};
    ///
    /// let names = ["shop/v1", "shop/v2", "shop/v3"];
    /// let before = Picker::named([("shop/v1", 60), ("shop/v2", 30), ("shop/v3", 10)])?;
    /// let after = Picker::named([("shop/v3", 10), ("shop/v1", 60)])?;
    ///
    /// // Only the keys of the backend that left have moved.
    /// for user in 0..1000 {
    ///     let key = format!("user-{user}");
    ///     let was = names[before.sticky(key.as_bytes())];
    ///     let is = ["shop/v3", "shop/v1"][after.sticky(key.as_bytes())];
    ///     assert!(was == is || was == "shop/v2");
    /// }
    /// assert_eq!(Picker::named([("none", 0)]).unwrap_err(), WeightsError::AllZero);
    /// # Ok::<(), WeightsError>(())
    /// ```
    pub fn named<N: AsRef<[u8]>>(
        weights: impl IntoIterator<Item = (N, u64)>,
    ) -> Result<Self, WeightsError> {
        let named = weights.into_iter().map(|(name, weight)| (sticky::hash(name.as_ref()), weight));
        let (ids, weights): (Vec<u64>, Vec<u64>) = named.unzip();
        Self::with_ids(Weights::new(weights)?, &ids)
    }

    /// As many ids as weights: what keys stick to.
    fn with_ids(weights: Weights, ids: &[u64]) -> Result<Self, WeightsError> {
        if weights.total() == 0 {
            return Err(WeightsError::AllZero);
        }
        let random = AliasTable::new(&weights);
        let schedule = Schedule::new(&weights);
        let race = Race::new(&weights, ids);
        let tables = Arc::new(Tables { weights, random, schedule, race });
        Ok(Self { tables, turn: Arc::default() })
    }

    /// A picker with the same tables and a rotation of its own, from its beginning.
    pub(crate) fn with_own_turn(&self) -> Self {
        Self { tables: Arc::clone(&self.tables), turn: Arc::default() }
    }

    /// Whether it is one of several with the same tables.
    #[cfg(test)]
    pub(crate) fn has_tables_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.tables, &other.tables)
    }

    /// Lets this picker's rotation go on where `previous` is, which it replaces.
    ///
    /// Both count the same turns from now on. So threads that still use `previous` and threads that
    /// use this one don't repeat each other, and if the weights are the same, nothing shows at all.
    #[must_use]
    pub fn after(mut self, previous: &Self) -> Self {
        self.continue_from(previous);
        self
    }

    pub(crate) fn continue_from(&mut self, previous: &Self) {
        self.turn = Arc::clone(&previous.turn);
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
    #[inline]
    pub fn random(&self, random: u64) -> usize {
        self.tables.random.pick(random)
    }

    /// The next index of the rotation.
    ///
    /// Any `weights().total()` picks in a row, by all threads together, have each index exactly as
    /// often as its reduced weight. Picks of one index are spread evenly among the others: in
    /// rotations of up to 16,384 picks as by nginx's smooth weighted round-robin, or by earliest
    /// deadlines where there are many, which keeps each about within one pick of its exact share. In
    /// longer ones, no index is ever as much as three picks away. An index of weight 0 is never
    /// picked.
    ///
    /// The rotation restarts after 2^64 picks.
    #[inline]
    pub fn smooth(&self) -> usize {
        self.smooth_at(self.turn.next())
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
    #[inline]
    pub fn smooth_at(&self, turn: u64) -> usize {
        self.tables.schedule.at(turn)
    }

    /// The index that `key` sticks to: a user's id, a session, an address.
    ///
    /// The same key, weights and names lead to the same index on every machine, in every process,
    /// and with every version of this library: the rule is part of the interface.
    ///
    /// A key moves from one index to another only if the weight of the other has grown in proportion
    /// to that of the one. So when a canary's weight grows, keys move to the canary only, just as
    /// many as its share grows by, and nobody leaves it. When an index is gone, or gets weight 0,
    /// its keys move, and no others.
    ///
    /// Keys move to no other place than that, but if several weights change at once, more of them
    /// than the shares differ by may have to move: up to 2d / (1 + d), if d is that difference. No
    /// rule with exact shares does better for every change.
    ///
    /// # What it costs
    ///
    /// Keys whose hashes begin with the same 21 bits stick together, and which index they stick to
    /// is found out for the first of them and remembered. So a pick costs a hash and a look-up, and
    /// the first of a slot, of which there are 2^21, some nanoseconds more for each weight; with more
    /// than 32 weights, the first of 256 slots takes some microseconds, and with 10,000 some 50.
    ///
    /// To remember, two or three weights take 512 KiB; up to 15, 1 MiB; up to 255, 2 MiB; up to
    /// 65,535, 4 MiB. It is zeroed when the picker is made. Most systems supply zeroed memory only
    /// where it is used, so a picker that is not asked for keys takes none.
    ///
    /// That there are only so many slots makes shares inexact: in all that was measured, by less than
    /// 0.1 percentage points.
    ///
    /// # The rule
    ///
    /// Version 1. Let h be the XXH3-64 hash of the key, with seed 0; b that of a name (of
    /// [`Picker::new`]: of the index as 8 bytes, little-endian); s the 21 highest bits of h, and B
    /// those of s without the last 8. Results are taken modulo 2^64, and quotients rounded down.
    ///
    /// Let p be the 128-bit product of (b XOR `0x2d358dccaa6c78a5`) and (2B + 1) ·
    /// `0x9e3779b97f4a7c15`; a its low half XOR its high half, OR 1; z its bits 32 to 95. Let y = s ·
    /// a + z, and x its 8 lowest bits. With r = (x XOR x / 2^4) · (z / 2^16 OR 1) modulo 2^8, and u =
    /// (r + (y / 2^8) / 2^56) / 2^8, not rounded, the name arrives at the time −ln(1 − u) / weight,
    /// and the first to arrive gets the key. The logarithm is exact at multiples of 1/256 and
    /// interpolated between them; from 255/256 on, it is that of 255/256 plus that of 256·u − 255.
    ///
    /// | key | weights 90, 10 | 50, 30, 20 | ten equal | 100 equal |
    /// |---|---|---|---|---|
    /// | (empty) | 0 | 2 | 8 | 98 |
    /// | `user-1` | 0 | 0 | 7 | 45 |
    /// | `user-2` | 0 | 0 | 0 | 64 |
    /// | `0b5e2f4a-5d1c-4a58-9d0f-6e1f0c0a7b11` | 1 | 1 | 1 | 1 |
    #[inline]
    pub fn sticky(&self, key: &[u8]) -> usize {
        self.tables.race.winner(sticky::hash(key)).unwrap_or_default()
    }

    /// Does beforehand what the first key of each of the 2^21 slots would do: finds out who gets the
    /// slot.
    ///
    /// Picks are the same with or without it. It is for a thread that makes a split and hands it to
    /// threads that must not pause, if there are very many weights: it takes about 40 ms for two,
    /// 0.8 s for a hundred, and fills all the memory that sticky picks may take.
    ///
    /// # Examples
    ///
    /// ```
    /// let picker = smi_split::Picker::new([90, 10])?;
    /// let before = picker.sticky(b"user-4711");
    /// picker.prepare_sticky();
    /// assert_eq!(picker.sticky(b"user-4711"), before);
    /// # Ok::<(), smi_split::WeightsError>(())
    /// ```
    pub fn prepare_sticky(&self) {
        self.tables.race.run_all();
    }

    /// A view of this picker that picks only from what is available at the moment.
    ///
    /// See [`Available`].
    pub fn available<F: Fn(usize) -> bool>(&self, is_available: F) -> Available<'_, F> {
        Available::new(self, is_available)
    }
}

impl fmt::Debug for Picker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picker")
            .field("weights", self.weights())
            .field("turn", &self.turn)
            .finish_non_exhaustive()
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
