use super::quota::QuotaTree;
use super::slots;
use crate::Weights;

/// The longest period that is written out, in slots of two bytes.
const MAX_SLOTS: u64 = 16_384;

/// The most work that writing one out may be, in additions: about a millisecond.
const MAX_WORK: u64 = 1 << 20;

/// A rotation: which index has which turn.
///
/// Its period is the sum of the reduced weights. One period has each index exactly as often as its
/// weight; as turns repeat with the period, so has any stretch of that length, wherever it begins.
pub(super) enum Schedule {
    /// One period, written out.
    Slots(Box<[u16]>),
    /// A rule that finds the index of any turn, for periods too long to write out.
    Quota(QuotaTree),
}

impl Schedule {
    /// Makes the rotation. One weight at least is above zero.
    pub(super) fn new(weights: &Weights) -> Self {
        let (period, length) = (weights.total(), weights.as_slice().len());
        let work = period.saturating_mul(length as u64);
        if period <= MAX_SLOTS && work <= MAX_WORK && length <= usize::from(u16::MAX) {
            Self::Slots(slots::one_period(weights))
        } else {
            Self::Quota(QuotaTree::new(weights))
        }
    }

    /// The index at place `turn`.
    pub(super) fn at(&self, turn: u64) -> usize {
        match self {
            Self::Slots(slots) => {
                let place = (turn % slots.len().max(1) as u64) as usize;
                usize::from(slots.get(place).copied().unwrap_or_default())
            }
            Self::Quota(tree) => tree.at(turn),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(weights: impl IntoIterator<Item = u64>) -> Schedule {
        Schedule::new(&Weights::new(weights).unwrap())
    }

    #[test]
    fn only_short_periods_are_written_out() {
        let is_slots =
            |weights: &[u64]| matches!(schedule(weights.iter().copied()), Schedule::Slots(_));
        assert!(is_slots(&[MAX_SLOTS - 1, 1]));
        assert!(!is_slots(&[MAX_SLOTS, 1]));
        assert!(is_slots(&[1; 1024]));
        assert!(!is_slots(&[1; 1025]));
    }

    #[test]
    fn a_weight_after_many_zeros_is_found() {
        for zeros in [65_534, 65_535, 65_536, 70_000] {
            let weights = std::iter::repeat_n(0, zeros).chain([7]);
            assert_eq!(schedule(weights).at(3), zeros);
        }
    }

    #[test]
    fn ten_thousand_equal_weights_take_one_turn_each() {
        let schedule = schedule([1; 10_000]);
        let mut seen = vec![false; 10_000];
        (0..10_000).for_each(|turn| seen[schedule.at(turn)] = true);
        assert!(seen.iter().all(|seen| *seen));
    }
}
