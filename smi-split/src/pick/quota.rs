use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A rotation that is computed turn by turn: a tree whose leaves are the indices.
///
/// At an inner node, `weight` turns are distributed among two children, as evenly as two can share
/// them: after n turns the left child has had its exact share of n, rounded to the nearest whole
/// number. The turn's number among the child's own turns is known at the same time, so the next
/// node can do likewise, without any state.
///
/// The tree is Huffman's. So a pick visits few nodes for heavy weights, about log2(1 / share), and
/// inexactness stays bounded: each node adds at most half a turn to what it passes down of its
/// parent's, and a child that is itself an inner node has at most 2/3 of its parent's weight. That
/// makes less than 3/2 turns for inner nodes and less than 2 for leaves.
pub(super) struct QuotaTree {
    root: Child,
    total: u64,
    nodes: Box<[Node]>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Child {
    /// An index: the turn is its own.
    Leaf(usize),
    /// Place of a node in the list.
    Node(usize),
}

#[derive(Clone, Copy)]
struct Node {
    weight: u64,
    left_weight: u64,
    left: Child,
    right: Child,
}

impl QuotaTree {
    /// Builds the tree. One weight at least is above zero.
    pub(super) fn new(weights: &[u64]) -> Self {
        let mut nodes = Vec::new();
        let leaves = weights.iter().enumerate().filter(|(_, weight)| **weight > 0);
        let mut lightest: BinaryHeap<Reverse<(u64, Child)>> =
            leaves.map(|(index, weight)| Reverse((*weight, Child::Leaf(index)))).collect();
        let mut root = Child::Leaf(0);
        while let Some(Reverse((right_weight, right))) = lightest.pop() {
            let Some(Reverse((left_weight, left))) = lightest.pop() else {
                root = right;
                break;
            };
            // No sum is larger than that of all weights, which fits.
            let weight = left_weight + right_weight;
            lightest.push(Reverse((weight, Child::Node(nodes.len()))));
            nodes.push(Node { weight, left_weight, left, right });
        }
        Self { root, total: weights.iter().sum(), nodes: nodes.into() }
    }

    /// The index at place `turn`.
    #[expect(clippy::indexing_slicing, reason = "children are nodes pushed before their parent")]
    pub(super) fn at(&self, turn: u64) -> usize {
        let mut turn = turn % self.total.max(1);
        let mut child = self.root;
        loop {
            let node = match child {
                Child::Leaf(index) => return index,
                Child::Node(place) => self.nodes[place],
            };
            (turn, child) = node.descend(turn);
        }
    }
}

impl Node {
    /// The child that has this turn of the node, and which of the child's own turns it is.
    fn descend(&self, turn: u64) -> (u64, Child) {
        let weight = u128::from(self.weight);
        let left_weight = u128::from(self.left_weight);
        // How often the left child comes before this turn: its exact share, rounded.
        let share = u128::from(turn) * left_weight + weight / 2;
        let (left_turns, rest) = (share / weight, share % weight);
        // It is at most `turn`, as the left child has less than the node's whole weight.
        let left_turns = left_turns as u64;
        // It has this turn if one turn later the rounded share is one larger.
        if rest + left_weight >= weight {
            (left_turns, self.left)
        } else {
            (turn - left_turns, self.right)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Weights;
    use crate::pick::deviation::Deviation;
    use crate::pick::slots;

    fn tree(weights: &Weights) -> impl Fn(u64) -> usize + use<> {
        let tree = QuotaTree::new(weights.as_slice());
        move |turn| tree.at(turn)
    }

    #[test]
    fn two_take_turns_evenly() {
        let at = tree(&Weights::new([3, 1]).unwrap());
        assert_eq!((0..8).map(at).collect::<Vec<_>>(), [0, 0, 1, 0, 0, 0, 1, 0]);
    }

    #[test]
    fn the_rotation_repeats_with_its_period() {
        let weights = Weights::new([1 << 40, 12_345, (1 << 33) + 1, 0, 7]).unwrap();
        let at = tree(&weights);
        for turn in (0..1000).chain(weights.total() - 1000..weights.total()) {
            assert_eq!(at(turn), at(turn + weights.total()));
        }
    }

    #[test]
    fn the_largest_weights_do_not_overflow() {
        let weights = Weights::new([u64::MAX - 2, 1, 1]).unwrap();
        let at = tree(&weights);
        let mut counts = [0_u64; 3];
        (0..1000).for_each(|turn| counts[at(turn)] += 1);
        assert_eq!(counts, [1000, 0, 0]);
        // Half the period has half of the rare ones.
        let rare = |turns: std::ops::Range<u64>| turns.map(&at).filter(|index| *index > 0).count();
        assert_eq!(rare(u64::MAX / 4 - 500..u64::MAX / 4 + 500), 1);
        assert_eq!(rare(u64::MAX - u64::MAX / 4 - 500..u64::MAX - u64::MAX / 4 + 500), 1);
    }

    proptest! {
        #[test]
        fn a_period_is_exact_and_never_two_turns_off(
            weights in prop::collection::vec(
                prop_oneof![Just(0), 1..10_u64, 1..300_u64], 1..30,
            ),
        ) {
            let weights = Weights::new(weights).unwrap();
            prop_assume!(weights.total() > 0);
            let at = tree(&weights);
            let mut deviation = Deviation::new(&weights);
            for turn in 0..weights.total() {
                deviation.count(at(turn));
                prop_assert!(deviation.is_below(2), "{:?}", deviation);
            }
            prop_assert_eq!(deviation.counts(), weights.as_slice());
        }

        #[test]
        fn turns_are_about_as_even_as_those_of_nginx(
            weights in prop::collection::vec(1..60_u64, 2..12),
        ) {
            let weights = Weights::new(weights).unwrap();
            let at = tree(&weights);
            let (mut ours, mut nginx) = (Deviation::new(&weights), Deviation::new(&weights));
            (0..weights.total()).for_each(|turn| ours.count(at(turn)));
            let period = slots::one_period(weights.as_slice());
            period.iter().for_each(|index| nginx.count(*index as usize));
            prop_assert!(ours.largest() < nginx.largest() + 0.75, "{:?} {:?}", ours, nginx);
            prop_assert!(ours.mean() < nginx.mean() * 1.5, "{:?} {:?}", ours, nginx);
        }

        #[test]
        fn long_periods_are_never_two_turns_off(
            weights in prop::collection::vec(1..u64::MAX / 40, 1..40),
        ) {
            let weights = Weights::new(weights).unwrap();
            let at = tree(&weights);
            let mut deviation = Deviation::new(&weights);
            for turn in 0..2_000 {
                deviation.count(at(turn));
                prop_assert!(deviation.is_below(2), "{:?}", deviation);
            }
        }
    }
}
