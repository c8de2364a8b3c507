use super::dfa::State;

/// The block of each state, so that states of one block accept the same texts (Hopcroft 1971). The
/// blocks are numbered from 0 without a gap.
///
/// `next` has `width` entries for each of `len` states.
#[expect(
    clippy::indexing_slicing,
    reason = "indices are states below `len`, positions below `len`, classes below `width` and \
              blocks that were pushed, all made here; `next` holds states below `len`"
)]
pub(super) fn minimize(
    len: usize,
    width: usize,
    next: &[State],
    accepting: &[bool],
) -> Box<[State]> {
    let predecessors = Predecessors::new(len, width, next);
    let mut partition = Partition::new(accepting);
    let mut waiting: Vec<usize> = (0..partition.blocks.len()).collect();
    let mut is_waiting = vec![true; waiting.len()];
    let mut touched = Vec::new();
    while let Some(splitter) = waiting.pop() {
        is_waiting[splitter] = false;
        let block = partition.blocks[splitter];
        let members = partition.states[block.start..block.end].to_vec();
        for class in 0..width {
            for &member in &members {
                for &from in predecessors.of(member as usize, class) {
                    touched.extend(partition.mark(from as usize));
                }
            }
            for old in touched.drain(..) {
                let Some(new) = partition.split(old) else { continue };
                is_waiting.push(false);
                let size =
                    |block: usize| partition.blocks[block].end - partition.blocks[block].start;
                let next = if is_waiting[old] || size(new) < size(old) { new } else { old };
                is_waiting[next] = true;
                waiting.push(next);
            }
        }
    }
    partition.block_of.iter().map(|&block| State::try_from(block).unwrap_or(State::MAX)).collect()
}

/// The states that lead to each state, by class.
struct Predecessors {
    width: usize,
    /// Where the list of each state and class begins; one more entry at the end.
    starts: Vec<u32>,
    states: Vec<State>,
}

#[expect(
    clippy::indexing_slicing,
    reason = "`starts` has one entry more than there are pairs of state and class, and `states` as \
              many as there are transitions, which the starts add up to"
)]
impl Predecessors {
    fn new(len: usize, width: usize, next: &[State]) -> Self {
        let mut starts = vec![0_u32; len * width + 1];
        let to = |at: usize| next[at] as usize * width + at % width;
        for at in 0..next.len() {
            starts[to(at) + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut states = vec![0; next.len()];
        let mut filled = starts.clone();
        for at in 0..next.len() {
            let place = &mut filled[to(at)];
            states[*place as usize] = State::try_from(at / width).unwrap_or(State::MAX);
            *place += 1;
        }
        Self { width, starts, states }
    }

    fn of(&self, state: usize, class: usize) -> &[State] {
        let at = state * self.width + class;
        &self.states[self.starts[at] as usize..self.starts[at + 1] as usize]
    }
}

/// States in blocks that can be split.
struct Partition {
    /// Block by block.
    states: Vec<State>,
    /// Where each state is in `states`.
    place_of: Vec<usize>,
    block_of: Vec<usize>,
    blocks: Vec<Block>,
}

#[derive(Clone, Copy, Default)]
struct Block {
    start: usize,
    end: usize,
    /// How many states at its start are marked.
    marked: usize,
}

#[expect(
    clippy::indexing_slicing,
    reason = "all lists have an entry for each state, and every block's bounds lie within"
)]
impl Partition {
    /// Accepting states and the others; only one block if there are none of one kind.
    fn new(accepting: &[bool]) -> Self {
        let mut states: Vec<State> = (0..).zip(accepting).map(|(state, _)| state).collect();
        states.sort_by_key(|&state| accepting[state as usize]);
        let mut place_of = vec![0; states.len()];
        for (place, &state) in states.iter().enumerate() {
            place_of[state as usize] = place;
        }
        let rejecting = accepting.iter().filter(|accepts| !**accepts).count();
        let mut blocks = vec![
            Block { start: 0, end: rejecting, marked: 0 },
            Block { start: rejecting, end: states.len(), marked: 0 },
        ];
        blocks.retain(|block| block.start < block.end);
        let mut block_of = vec![0; states.len()];
        for (number, block) in blocks.iter().enumerate() {
            for &state in &states[block.start..block.end] {
                block_of[state as usize] = number;
            }
        }
        Self { states, place_of, block_of, blocks }
    }

    /// Marks a state. Gives its block if it is the first that is marked there.
    fn mark(&mut self, state: usize) -> Option<usize> {
        let number = self.block_of[state];
        let block = &mut self.blocks[number];
        let (place, marked_end) = (self.place_of[state], block.start + block.marked);
        if place < marked_end {
            return None;
        }
        block.marked += 1;
        let is_first = block.marked == 1;
        let other = self.states[marked_end] as usize;
        self.states.swap(place, marked_end);
        self.place_of.swap(state, other);
        is_first.then_some(number)
    }

    /// Takes the marked states of a block into a new one, unless that would leave none. Unmarks
    /// them.
    fn split(&mut self, old: usize) -> Option<usize> {
        let block = &mut self.blocks[old];
        let marked = std::mem::take(&mut block.marked);
        if block.start + marked == block.end {
            return None;
        }
        let taken = Block { start: block.start, end: block.start + marked, marked: 0 };
        block.start = taken.end;
        let new = self.blocks.len();
        for &state in &self.states[taken.start..taken.end] {
            self.block_of[state as usize] = new;
        }
        self.blocks.push(taken);
        Some(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Splits blocks until nothing changes: slow, and plainly right.
    fn simple(width: usize, next: &[State], accepting: &[bool]) -> Vec<usize> {
        let mut blocks: Vec<usize> = accepting.iter().map(|&a| usize::from(a)).collect();
        loop {
            let signature = |state: usize| {
                let to = &next[state * width..(state + 1) * width];
                (blocks[state], to.iter().map(|&to| blocks[to as usize]).collect::<Vec<_>>())
            };
            let signatures: Vec<_> = (0..accepting.len()).map(signature).collect();
            let mut known = signatures.clone();
            known.sort();
            known.dedup();
            let refined: Vec<usize> =
                signatures.iter().map(|s| known.binary_search(s).unwrap()).collect();
            let count =
                |blocks: &[usize]| blocks.iter().collect::<std::collections::BTreeSet<_>>().len();
            if count(&refined) == count(&blocks) {
                return refined;
            }
            blocks = refined;
        }
    }

    proptest::proptest! {
        #[test]
        fn blocks_are_those_of_the_simple_algorithm(
            (width, next, accepting) in (1_usize..4, 1_usize..12).prop_flat_map(|(width, len)| {
                let next = proptest::collection::vec(0..len as State, width * len);
                let accepting = proptest::collection::vec(proptest::bool::weighted(0.3), len);
                (Just(width), next, accepting)
            })
        ) {
            let found = minimize(accepting.len(), width, &next, &accepting);
            let expected = simple(width, &next, &accepting);
            for a in 0..accepting.len() {
                for b in 0..accepting.len() {
                    proptest::prop_assert_eq!(found[a] == found[b], expected[a] == expected[b]);
                }
            }
        }
    }

    use proptest::strategy::{Just, Strategy};
}
