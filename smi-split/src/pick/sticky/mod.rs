//! Keys that stay where they are: weighted rendezvous, run as a race.

mod exponential;
mod memo;
mod runner;

use std::hint::select_unpredictable;
use std::ops::Range;

use memo::Memo;
use runner::{BLOCK, Runner, SLOTS, slot_of};

use crate::Weights;

/// Up to this many runners, the races of slots are run one by one.
const FEW: usize = 128;

/// Up to this many runners, it takes less time to compute all arrivals than to tell who is too late.
const BRANCHLESS: usize = 32;

/// Who arrives before this time is looked for when a whole block is run: all but one in 3,000 first
/// ones do.
const EARLY: f64 = 8.0;

/// The hash of keys and of names. It must never change.
#[inline]
pub(super) fn hash(bytes: &[u8]) -> u64 {
    twox_hash::XxHash3_64::oneshot(bytes)
}

/// Who gets which key.
///
/// The keys are put into slots, and for each slot all runners run: the first to arrive gets its
/// keys. When a runner arrives depends on the slot, its id and its weight, not on the others. So if
/// one weight grows, only that runner arrives earlier, and all that can happen to a key is that this
/// runner gets it. A runner that can't be used is left out of the race; the others arrive when they
/// always do.
///
/// A race is run when the first key of its slot is there, and remembered. So building costs next to
/// nothing, and a key whose slot is known costs its hash and one look-up.
///
/// Source: D. Thaler, C. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", IEEE/ACM
/// Transactions on Networking 6 (1998), for rendezvous; R. Moulton, Y. Jiang, "Maximally Consistent
/// Sampling and the Jaccard Index of Probability Distributions", ICDM (2018), for why no method
/// with exact shares moves fewer keys for every change.
pub(super) struct Race {
    runners: Box<[Runner]>,
    memo: Memo,
}

impl Race {
    /// Lines up the runners. There are as many ids as weights.
    pub(super) fn new(weights: &Weights, ids: &[u64]) -> Self {
        let total = weights.total() as f64;
        let positive = weights.as_slice().iter().zip(ids).enumerate();
        let runners: Box<[Runner]> = positive
            .filter(|(_, (weight, _))| **weight > 0)
            .map(|(index, (weight, id))| Runner { index, id: *id, pace: total / *weight as f64 })
            .collect();
        let memo = match &*runners {
            [only] => Memo::Only(only.index),
            _ => Memo::new(weights.as_slice().len()),
        };
        Self { runners, memo }
    }

    /// The index that gets the key of this hash; `None` only if there are no runners.
    #[inline]
    pub(super) fn winner(&self, hash: u64) -> Option<usize> {
        let slot = slot_of(hash);
        match self.memo.get(slot) {
            Some(winner) => Some(winner),
            None => self.find(slot),
        }
    }

    /// The index that gets the key of this hash among those that are `available`; `None` if none of
    /// weight above zero is.
    pub(super) fn winner_among(
        &self,
        hash: u64,
        available: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let winner = self.winner(hash)?;
        if available(winner) { Some(winner) } else { self.run(slot_of(hash), available) }
    }

    /// Runs all races, so that none is left to run while keys are picked.
    pub(super) fn run_all(&self) {
        self.run_slots(0..SLOTS);
    }

    fn run_slots(&self, slots: Range<u64>) {
        slots.filter(|slot| self.memo.get(*slot).is_none()).for_each(|slot| {
            self.find(slot);
        });
    }

    /// Runs the race of one slot.
    #[inline]
    fn run(&self, slot: u64, available: impl Fn(usize) -> bool) -> Option<usize> {
        let mut leader = Leader::NONE;
        for runner in &self.runners {
            if available(runner.index) {
                let time = match self.runners.len() <= BRANCHLESS {
                    // Who is too late can't be predicted, so there is no branch here.
                    true => runner.arrival(slot),
                    false => runner.arrival_before(slot, leader.time),
                };
                leader.challenge(runner, time);
            }
        }
        (leader.index != usize::MAX).then_some(leader.index)
    }

    /// The winner of a slot that is not known yet.
    #[cold]
    #[inline(never)]
    fn find(&self, slot: u64) -> Option<usize> {
        if self.runners.len() > FEW {
            self.run_block(slot & !(BLOCK as u64 - 1));
        }
        // A block leaves few slots open. They are run one by one.
        let winner = self.memo.get(slot).or_else(|| self.run(slot, |_| true))?;
        self.memo.put(slot, winner);
        Some(winner)
    }

    /// Runs all races of the block that begins with this slot.
    ///
    /// A runner knows in which slots it is early. So not all are looked at for each slot, but about
    /// eight.
    fn run_block(&self, first: u64) {
        let mut leaders = [Leader::NONE; BLOCK];
        for runner in &self.runners {
            for (rank, place, quantile) in runner.order(first).ranked(first) {
                if runner.earliest(rank) >= EARLY {
                    break;
                }
                let time = runner.time(quantile);
                if let Some(leader) = leaders.get_mut(usize::from(place)) {
                    leader.challenge(runner, time);
                }
            }
        }
        for (slot, leader) in (first..).zip(&leaders) {
            // Whoever was not looked at comes later than that.
            if leader.time < EARLY {
                self.memo.put(slot, leader.index);
            }
        }
    }
}

/// Who is the first to have arrived so far.
#[derive(Clone, Copy)]
struct Leader {
    time: f64,
    /// `usize::MAX` if nobody has.
    index: usize,
}

impl Leader {
    const NONE: Self = Self { time: f64::INFINITY, index: usize::MAX };

    #[inline]
    fn challenge(&mut self, runner: &Runner, time: f64) {
        // Who wins can't be predicted, so there is no branch here.
        let is_first = time < self.time;
        self.time = select_unpredictable(is_first, time, self.time);
        self.index = select_unpredictable(is_first, runner.index, self.index);
    }
}

#[cfg(test)]
mod tests;
