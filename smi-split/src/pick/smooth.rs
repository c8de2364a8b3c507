use super::frame::{Frame, Turn};
use super::quota::QuotaTree;
use crate::Weights;

/// A rotation: which index has which turn.
///
/// Its period is the sum of the reduced weights. One period has each index exactly as often as its
/// weight; as turns repeat with the period, so has any stretch of that length, wherever it begins.
///
/// A period of any length takes the same time and room: what is too long to write out is divided
/// into frames, which leave few turns to a second frame, and that one very few to a tree.
pub(super) struct Schedule {
    /// The indices that have turns at all: those that the tree has at its places.
    indices: Box<[usize]>,
    first: Frame,
    second: Option<Frame>,
    last: Option<QuotaTree>,
}

impl Schedule {
    /// Makes the rotation. One weight at least is above zero.
    pub(super) fn new(weights: &Weights) -> Self {
        let positive = weights.as_slice().iter().copied().enumerate();
        let (indices, weights): (Vec<usize>, Vec<u64>) =
            positive.filter(|(_, weight)| *weight > 0).unzip();
        let (first, rest) = Frame::new(&indices, &weights);
        let (second, rest) = match rest.map(|rest| Frame::new(&indices, &rest)) {
            Some((second, rest)) => (Some(second), rest),
            None => (None, None),
        };
        let last = rest.map(|rest| QuotaTree::new(&rest));
        Self { indices: indices.into(), first, second, last }
    }

    /// The index at place `turn`.
    #[inline]
    pub(super) fn at(&self, turn: u64) -> usize {
        match self.first.at(turn) {
            Turn::Index(index) => index,
            Turn::Rest(turn) => self.of_rest(turn),
        }
    }

    #[cold]
    fn of_rest(&self, turn: u64) -> usize {
        match self.second.as_ref().map(|second| second.at(turn)) {
            Some(Turn::Index(index)) => index,
            Some(Turn::Rest(turn)) => {
                let place = self.last.as_ref().map_or(0, |last| last.at(turn));
                self.indices.get(place).copied().unwrap_or_default()
            }
            None => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pick::deviation::Deviation;
    use crate::pick::slots;

    fn schedule(weights: impl IntoIterator<Item = u64>) -> Schedule {
        Schedule::new(&Weights::new(weights).unwrap())
    }

    #[test]
    fn short_periods_are_those_of_nginx() {
        let schedule = schedule([5, 1, 1]);
        let turns: Vec<usize> = (0..14).map(|turn| schedule.at(turn)).collect();
        assert_eq!(turns, [0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0, 2, 0, 0]);
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
        let schedule = schedule(std::iter::repeat_n(1, 10_000));
        let mut seen = vec![false; 10_000];
        (0..10_000).for_each(|turn| seen[schedule.at(turn)] = true);
        assert!(seen.iter().all(|seen| *seen));
    }

    #[test]
    fn more_weights_than_two_bytes_count_have_turns() {
        let schedule = schedule(std::iter::repeat_n(1, 70_000));
        let mut seen = vec![false; 70_000];
        (0..70_000).for_each(|turn| seen[schedule.at(turn)] = true);
        assert!(seen.iter().all(|seen| *seen));
    }

    #[test]
    fn the_largest_weights_do_not_overflow() {
        let schedule = schedule([u64::MAX - 2, 1, 1]);
        let mut counts = [0_u64; 3];
        for turn in (0..1000).chain(u64::MAX - 1000..u64::MAX) {
            counts[schedule.at(turn)] += 1;
        }
        assert!(counts[0] >= 1998, "{counts:?}");
    }

    /// Periods that need one frame, two, and the tree as well.
    fn any_weights() -> impl Strategy<Value = Weights> {
        prop_oneof![
            prop::collection::vec(0..300_u64, 1..30),
            prop::collection::vec(1..5_000_u64, 2..30),
            prop::collection::vec(2_000..5_000_u64, 8..16),
            prop::collection::vec(prop_oneof![1..4_u64, 10_000..40_000_u64], 2..12),
        ]
        .prop_filter_map("some weight is positive", |weights| {
            Weights::new(weights).ok().filter(|weights| weights.total() > 0)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn a_period_is_exact_and_never_three_turns_off(weights in any_weights()) {
            let schedule = Schedule::new(&weights);
            let mut deviation = Deviation::new(&weights);
            for turn in 0..weights.total() {
                deviation.count(schedule.at(turn));
            }
            prop_assert!(deviation.is_below(3), "{}", deviation.largest());
            prop_assert_eq!(deviation.counts(), weights.as_slice());
            for turn in [0, 1, weights.total() / 3] {
                prop_assert_eq!(schedule.at(turn), schedule.at(turn + weights.total()));
            }
        }

        #[test]
        fn turns_are_about_as_even_as_those_of_nginx(
            weights in prop::collection::vec(prop_oneof![1..60_u64, 1..3_000_u64], 2..12),
        ) {
            let weights = Weights::new(weights).unwrap();
            let schedule = Schedule::new(&weights);
            let (mut ours, mut nginx) = (Deviation::new(&weights), Deviation::new(&weights));
            (0..weights.total()).for_each(|turn| ours.count(schedule.at(turn)));
            let period = slots::one_period(weights.as_slice());
            period.iter().for_each(|index| nginx.count(*index as usize));
            prop_assert!(ours.largest() < nginx.largest() + 1.0, "{:?} {:?}", ours, nginx);
            prop_assert!(ours.mean() < nginx.mean() * 1.5 + 0.25, "{:?} {:?}", ours, nginx);
        }

        /// As by earliest deadlines first, of which it is known; nginx's method is not much worse.
        #[test]
        fn periods_of_16_384_turns_are_as_even_as_can_be(
            weights in prop_oneof![
                prop::collection::vec(1..1_600_u64, 2..=10),
                prop::collection::vec(1..160_u64, 60..=100),
            ],
        ) {
            let weights = Weights::new(weights).unwrap();
            let schedule = Schedule::new(&weights);
            let mut deviation = Deviation::new(&weights);
            (0..weights.total()).for_each(|turn| deviation.count(schedule.at(turn)));
            let mut nginx = Deviation::new(&weights);
            let period = slots::one_period(weights.as_slice());
            period.iter().for_each(|index| nginx.count(*index as usize));
            prop_assert!(deviation.is_below(1) || deviation.largest() <= nginx.largest());
        }

        #[test]
        fn long_periods_are_never_three_turns_off(
            weights in prop::collection::vec(1..u64::MAX / 400, 1..400),
        ) {
            let weights = Weights::new(weights).unwrap();
            let schedule = Schedule::new(&weights);
            let mut deviation = Deviation::new(&weights);
            for turn in 0..2_000 {
                deviation.count(schedule.at(turn));
            }
            prop_assert!(deviation.is_below(3), "{}", deviation.largest());
        }
    }
}
