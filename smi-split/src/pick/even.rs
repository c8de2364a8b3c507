use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Turns distributed as evenly as can be, written out; a turn holds the place of a weight.
///
/// The turns are numbered from 0, and a weight w of the total W is due once in each W/w of them:
/// for the k-th time not before turn ⌊k · W/w⌋ and before turn ⌈(k + 1) · W/w⌉. Whoever is due with
/// the earliest deadline has the turn. All deadlines are met, so no weight is ever as much as one
/// turn away from its exact share.
///
/// Source: S. Baruah, N. Cohen, C. Plaxton, D. Varvel, "Proportionate Progress: A Notion of Fairness
/// in Resource Allocation", Algorithmica 15 (1996). One machine needs no more than the deadlines.
pub(super) fn one_period(weights: &[u64]) -> Box<[u32]> {
    let total: u64 = weights.iter().sum();
    let mut due: BinaryHeap<Reverse<(u64, u32)>> = BinaryHeap::new();
    let mut had = vec![0_u64; weights.len()];
    let mut releases = Releases::new(total, weights.len());
    for (place, weight) in (0_u32..).zip(weights) {
        if *weight > 0 {
            releases.add(0, place);
        }
    }
    let next = |turn: u64| {
        while let Some(place) = releases.take(turn) {
            let weight = weights.get(place as usize).copied().unwrap_or(1);
            let times = had.get(place as usize).copied().unwrap_or_default();
            due.push(Reverse((((times + 1) * total).div_ceil(weight), place)));
        }
        let Reverse((_, place)) = due.pop()?;
        let weight = weights.get(place as usize).copied().unwrap_or(1);
        if let Some(times) = had.get_mut(place as usize) {
            *times += 1;
            // Whoever had its turn late may be due again at once.
            releases.add((*times * total / weight).max(turn + 1), place);
        }
        Some(place)
    };
    (0..total).map_while(next).collect()
}

/// Who is due from which turn on: a list for each turn, as each place waits for one turn at most.
struct Releases {
    first: Vec<u32>,
    following: Vec<u32>,
}

/// The end of a list.
const NOBODY: u32 = u32::MAX;

impl Releases {
    fn new(turns: u64, places: usize) -> Self {
        Self { first: vec![NOBODY; turns as usize], following: vec![NOBODY; places] }
    }

    /// After the last turn, there is nothing to wait for.
    fn add(&mut self, turn: u64, place: u32) {
        if let (Some(first), Some(following)) =
            (self.first.get_mut(turn as usize), self.following.get_mut(place as usize))
        {
            *following = std::mem::replace(first, place);
        }
    }

    fn take(&mut self, turn: u64) -> Option<u32> {
        let first = self.first.get_mut(turn as usize)?;
        let place = *first;
        *first = self.following.get(place as usize).copied()?;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Weights;
    use crate::pick::deviation::Deviation;

    #[test]
    fn the_earliest_deadline_comes_first() {
        assert_eq!(*one_period(&[3, 1]), [0, 0, 0, 1]);
        assert_eq!(*one_period(&[1, 1, 0]), [0, 1]);
    }

    proptest! {
        #[test]
        fn a_period_is_exact_and_never_a_turn_off(
            weights in prop::collection::vec(prop_oneof![0..200_u64, Just(1)], 1..40),
        ) {
            let weights = Weights::new(weights).unwrap();
            prop_assume!(weights.total() > 0);
            let mut deviation = Deviation::new(&weights);
            one_period(weights.as_slice()).iter().for_each(|place| deviation.count(*place as usize));
            prop_assert!(deviation.is_below(1), "{deviation:?}");
            prop_assert_eq!(deviation.counts(), weights.as_slice());
        }
    }
}
