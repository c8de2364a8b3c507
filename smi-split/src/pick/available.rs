use super::Picker;
use crate::Share;

/// A [`Picker`] of which not everything can be used at the moment, say for failed health checks.
///
/// What is left shares in proportion to its weights. Nothing is rebuilt: the view asks, for what it
/// is about to pick, whether that is available, and goes on if not. So it suits a few failures; if
/// most of the weight is gone for long, a picker without it is faster.
///
/// ```
/// use smi_split::Picker;
///
/// let picker = Picker::new([60, 30, 10])?;
/// let view = picker.available(|index| index != 0);
///
/// let mut counts = [0; 3];
/// for _ in 0..100 {
///     counts[view.smooth().unwrap()] += 1;
/// }
/// assert_eq!(counts, [0, 75, 25]);
///
/// // Keys move only if they were on what has failed.
/// let key = b"user-4711";
/// let (was, is) = (picker.sticky(key), view.sticky(key).unwrap());
/// assert!(was == is || was == 0);
///
/// assert_eq!(picker.available(|_| false).random(1), None);
/// # Ok::<(), smi_split::WeightsError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Available<'p, F> {
    picker: &'p Picker,
    is_available: F,
}

/// How often to try again before what is available is looked for.
const TRIES: u32 = 32;

/// How many turns to pass over before what is available is looked for.
const MAX_PASSED_OVER: u32 = 4096;

impl<'p, F: Fn(usize) -> bool> Available<'p, F> {
    pub(super) fn new(picker: &'p Picker, is_available: F) -> Self {
        Self { picker, is_available }
    }

    /// The index that `random` falls on; `None` if none with a weight above zero is available.
    ///
    /// Where the number falls on something else, numbers derived from it decide.
    pub fn random(&self, random: u64) -> Option<usize> {
        let mut number = random;
        for _ in 0..TRIES {
            let index = self.picker.random(number);
            if (self.is_available)(index) {
                return Some(index);
            }
            number = scramble(number);
        }
        self.find(number)
    }

    /// The next index of the rotation that is available; `None` if none with a weight above zero is.
    ///
    /// Turns of what is not available are passed over, so the others stay as even as they were: any
    /// picks in a row, as many as the weights of what is available add up to, have each of it exactly
    /// as often as its weight says. If 4,096 turns in a row were passed over, which takes some
    /// ten microseconds, an index is picked at random.
    pub fn smooth(&self) -> Option<usize> {
        // Each turn is one thread's alone, so none that is of something available gets lost.
        let mut turn = 0;
        for _ in 0..=MAX_PASSED_OVER {
            turn = self.picker.turn.next();
            let index = self.picker.smooth_at(turn);
            if (self.is_available)(index) {
                return Some(index);
            }
        }
        self.find(scramble(turn))
    }

    /// The index that `key` sticks to among those available; `None` if none with a weight above
    /// zero is.
    ///
    /// Only keys whose index is not available are elsewhere than by [`Picker::sticky`], and they
    /// return when it is back.
    pub fn sticky(&self, key: &[u8]) -> Option<usize> {
        self.picker.tables.race.winner_among(super::sticky::hash(key), &self.is_available)
    }

    /// The exact share of an index at the moment; `None` if it is not available, or nothing is.
    pub fn share(&self, index: usize) -> Option<Share> {
        let weights = self.picker.weights().as_slice();
        let weight = *weights.get(index).filter(|_| (self.is_available)(index))?;
        // No sum of some is larger than that of all, which fits.
        let available = weights.iter().enumerate().filter(|(index, _)| (self.is_available)(*index));
        let total: u64 = available.map(|(_, weight)| *weight).sum();
        (total > 0).then(|| Share::new(weight, total))
    }

    /// Looks through all weights for the place that `number` falls on.
    #[cold]
    fn find(&self, number: u64) -> Option<usize> {
        let available = |(index, weight): (usize, &u64)| {
            ((self.is_available)(index) && *weight > 0).then_some((index, *weight))
        };
        // What is available may change between the two looks: then the last one serves.
        let weights = self.picker.weights().as_slice().iter().enumerate();
        let total: u64 = weights.clone().filter_map(available).map(|(_, weight)| weight).sum();
        let mut place = ((u128::from(number) * u128::from(total)) >> 64) as u64;
        let mut last = None;
        for (index, weight) in weights.filter_map(available) {
            if place < weight {
                return Some(index);
            }
            place -= weight;
            last = Some(index);
        }
        last
    }
}

impl<F> std::fmt::Debug for Available<'_, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Available").field("picker", self.picker).finish_non_exhaustive()
    }
}

/// Another number for each number (SplitMix64, by S. Vigna).
fn scramble(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is away has hundreds of turns in a row.
    #[test]
    fn long_stretches_of_what_is_away_are_passed_over() {
        for heavy in [98, 1_000, 4_000] {
            let picker = Picker::new([heavy, 3, 2]).unwrap();
            let view = picker.available(|index| index != 0);
            let picks: Vec<usize> = (0..50).map(|_| view.smooth().unwrap()).collect();
            for window in picks.windows(5) {
                let of_first = window.iter().filter(|index| **index == 1).count();
                assert_eq!(of_first, 3, "{heavy}: {picks:?}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// Whatever is away for a while, and however many pick: what is left has its exact share of
        /// any window that is as long as its weights are in sum.
        #[test]
        fn what_is_left_is_exact_in_every_window(
            weights in prop::collection::vec(prop_oneof![1..10_u64, 1..200_u64, 1_000..4_000_u64], 2..6),
            away in any::<prop::sample::Index>(),
            before in 0..300_usize,
        ) {
            let picker = Picker::new(weights).unwrap();
            (0..before).for_each(|_| { picker.smooth(); });
            let away = away.index(picker.weights().as_slice().len());
            let view = picker.available(|index| index != away);
            let mut left = picker.weights().as_slice().to_vec();
            left[away] = 0;
            let period = left.iter().sum::<u64>() as usize;
            let picks: Vec<usize> = (0..period + 500).map(|_| view.smooth().unwrap()).collect();
            for window in picks.windows(period) {
                let mut counts = vec![0; left.len()];
                window.iter().for_each(|index| counts[*index] += 1);
                prop_assert_eq!(&counts, &left);
            }
        }
    }

    #[test]
    fn threads_pass_over_what_is_away_without_losing_a_turn() {
        let picker = Picker::new([500, 2, 1]).unwrap();
        let view = picker.available(|index| index != 0);
        let count = || {
            let mut counts = [0_u64; 3];
            (0..300).for_each(|_| counts[view.smooth().unwrap()] += 1);
            counts
        };
        let (a, b) = std::thread::scope(|scope| {
            let (a, b) = (scope.spawn(count), scope.spawn(count));
            (a.join().unwrap(), b.join().unwrap())
        });
        assert_eq!([a[1] + b[1], a[2] + b[2]], [400, 200]);
    }
}
