use std::hint::select_unpredictable;

use crate::Weights;

/// Walker's alias method, with Vose's way of filling the table, in whole numbers.
///
/// The table has one column for each weight, all equally wide. A column belongs to its own index up
/// to a threshold, and to one other index, its alias, from there on. A pick is one multiplication,
/// one look-up and one comparison, whatever the number of weights.
///
/// Source: M. D. Vose, "A Linear Algorithm for Generating Random Numbers with a Given
/// Distribution", IEEE Transactions on Software Engineering 17 (1991).
pub(super) struct AliasTable {
    columns: Box<[Column]>,
}

#[derive(Clone, Copy)]
struct Column {
    /// Which part of the column is its own, in units of 2^-64 of its width.
    threshold: u64,
    /// Whose the rest is.
    alias: usize,
}

impl AliasTable {
    /// Fills the table. One weight at least is above zero.
    pub(super) fn new(weights: &Weights) -> Self {
        let total = u128::from(weights.total());
        let columns = weights.as_slice().len() as u128;
        // In units of 1/(columns · total), a column is `total` wide, and an index has `columns` ·
        // its weight to distribute. That fits: a weight has at most 64 bits, and so has a length.
        let mut left: Vec<u128> =
            weights.as_slice().iter().map(|weight| u128::from(*weight) * columns).collect();
        let mut table: Vec<Column> =
            (0..left.len()).map(|alias| Column { threshold: 0, alias }).collect();

        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..left.len()).partition(|index| is_below(&left, *index, total));
        while let (Some(donor), Some(index)) = (large.last().copied(), small.pop()) {
            // `index` can't fill its column. The donor, which can, gets the rest of it.
            let own = left.get(index).copied().unwrap_or_default();
            if let Some(column) = table.get_mut(index) {
                // `own` < `total` < 2^64, so the quotient is below 2^64 as well.
                let threshold = u64::try_from((own << 64) / total).unwrap_or(u64::MAX);
                *column = Column { threshold, alias: donor };
            }
            if let Some(rest) = left.get_mut(donor) {
                *rest -= total - own;
            }
            if is_below(&left, donor, total) {
                large.pop();
                small.push(donor);
            }
        }
        // Whoever is left over fills its column exactly: it is its own alias already.
        Self { columns: table.into() }
    }

    /// The index that `random` falls on.
    #[expect(clippy::indexing_slicing, reason = "the high half of random · length is below length")]
    #[inline]
    pub(super) fn pick(&self, random: u64) -> usize {
        // The high half says which column, the low half where in the column.
        let place = u128::from(random) * self.columns.len() as u128;
        let (index, within) = ((place >> 64) as usize, place as u64);
        let column = self.columns[index];
        // A branch could not be predicted.
        select_unpredictable(within < column.threshold, index, column.alias)
    }
}

fn is_below(left: &[u128], index: usize, total: u128) -> bool {
    left.get(index).is_some_and(|left| *left < total)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(weights: &[u64]) -> (Weights, AliasTable) {
        let weights = Weights::new(weights.iter().copied()).unwrap();
        let table = AliasTable::new(&weights);
        (weights, table)
    }

    /// How many of the 2^64 numbers fall on each index, from the table's contents.
    fn measure(table: &AliasTable) -> Vec<u128> {
        let columns = table.columns.len() as u128;
        // How many numbers have `number * columns` below `place`.
        let below = |place: u128| place.div_ceil(columns);
        let mut counts = vec![0; table.columns.len()];
        for (index, column) in table.columns.iter().enumerate() {
            let start = (index as u128) << 64;
            let (middle, end) = (start + u128::from(column.threshold), start + (1 << 64));
            counts[index] += below(middle) - below(start);
            counts[column.alias] += below(end) - below(middle);
        }
        counts
    }

    /// A generator of good random numbers (SplitMix64, by S. Vigna), so that runs repeat.
    fn numbers(seed: u64) -> impl Iterator<Item = u64> {
        let mut state = seed;
        std::iter::repeat_with(move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        })
    }

    /// Asserts that `count` of the 2^64 numbers is as near to the share of `weight` as promised.
    #[track_caller]
    fn assert_share(weights: &Weights, count: u128, weight: u64) {
        let columns = weights.as_slice().len() as u128;
        let total = u128::from(weights.total());
        // |count / 2^64 - weight / total| < columns / 2^64, with the fractions multiplied out as
        // far as 128 bits allow: the exact share is between `floor` and `floor` + 1.
        let floor = (u128::from(weight) << 64) / total;
        let (lowest, highest) = (floor.saturating_sub(columns - 1), floor + columns);
        assert!((lowest..=highest).contains(&count), "{count} is not near {floor}: {weights:?}");
    }

    #[test]
    fn measured_and_picked_shares_agree() {
        let (_, table) = table(&[3, 0, 1, 7, 7, 2]);
        let mut counts = [0_u128; 6];
        // Evenly spaced numbers: each stands for 2^64 / 60,000 others.
        let step = u64::MAX / 60_000;
        (0..60_000).for_each(|i| counts[table.pick(i * step + step / 2)] += 1);
        for (count, measured) in counts.iter().zip(measure(&table)) {
            let expected = (measured * 60_000) >> 64;
            assert!(count.abs_diff(expected) <= 6, "{count} picks of {expected} expected");
        }
    }

    #[test]
    fn random_picks_pass_a_chi_square_test() {
        for (weights, seed) in [
            (vec![90, 10], 1),
            (vec![1, 1, 1], 2),
            (vec![1, 10, 150, 0, 33], 3),
            ((1..=100).collect(), 4),
            (vec![u64::MAX / 3, u64::MAX / 5, 7], 5),
        ] {
            let (weights, table) = table(&weights);
            let picks = 200_000;
            let mut counts = vec![0_u32; weights.as_slice().len()];
            numbers(seed).take(picks).for_each(|number| counts[table.pick(number)] += 1);

            let mut chi_square = 0.0;
            let mut cells = 0.0;
            for (count, weight) in counts.iter().zip(weights.as_slice()) {
                let expected = *weight as f64 / weights.total() as f64 * picks as f64;
                if expected < 5.0 {
                    assert!(f64::from(*count) <= 20.0, "{count} picks of a negligible weight");
                    continue;
                }
                chi_square += (f64::from(*count) - expected).powi(2) / expected;
                cells += 1.0;
            }
            // Four standard deviations above the mean of the distribution.
            let freedom: f64 = cells - 1.0;
            let limit = freedom + 4.0 * (2.0 * freedom).sqrt();
            assert!(chi_square < limit, "{weights:?}: {chi_square} is above {limit}");
        }
    }

    #[test]
    fn every_number_falls_on_the_only_weight() {
        let (_, table) = table(&[0, 0, 5]);
        for number in [0, 1, u64::MAX / 3, u64::MAX / 3 + 1, u64::MAX / 2, u64::MAX] {
            assert_eq!(table.pick(number), 2);
        }
    }

    proptest! {
        #[test]
        fn shares_are_exact(
            weights in prop::collection::vec(
                prop_oneof![Just(0), 1..10_u64, 1..1_000_000_000_u64, 1..u64::MAX / 50],
                1..50,
            ),
        ) {
            let (weights, table) = table(&weights);
            prop_assume!(weights.total() > 0);
            let counts = measure(&table);
            prop_assert_eq!(counts.iter().sum::<u128>(), 1 << 64);
            for (count, weight) in counts.into_iter().zip(weights.as_slice()) {
                assert_share(&weights, count, *weight);
                prop_assert!(*weight > 0 || count == 0, "weight 0 has {} numbers", count);
            }
        }
    }
}
