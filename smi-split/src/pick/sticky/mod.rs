//! Keys that stay where they are: weighted rendezvous, run as a race.

mod exponential;
mod runner;

use std::hint::select_unpredictable;

use runner::{EARLY, Order, Runner, SLOTS, quantile_of_rank, stratum};

use crate::Weights;

/// Up to this many runners, all are looked at for each key.
const FEW: usize = 16;

/// The lists are made so long that about this many runners are in one.
const LIST_LENGTH: f64 = 8.0;

/// A list of this length is always looked through.
const SHORT_LIST: usize = 10;

/// The hash of keys and of names. It must never change.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    twox_hash::XxHash3_64::oneshot(bytes)
}

/// Who gets which key.
///
/// For each key all runners run, and the first to arrive gets the key. When a runner arrives
/// depends on the key, its id and its weight, not on the others. So if one weight grows, only that
/// runner arrives earlier, and all that can happen to a key is that this runner gets it. A runner
/// that can't be used is left out of the race; the others arrive when they always do.
///
/// To look at all runners for each key would take too long if there are many. So the keys are put
/// into slots, and for each slot there is a list of those that may arrive early there.
///
/// Source: D. Thaler, C. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", IEEE/ACM
/// Transactions on Networking 6 (1998), for rendezvous; R. Moulton, Y. Jiang, "Maximally Consistent
/// Sampling and the Jaccard Index of Probability Distributions", ICDM (2018), for why no method
/// with exact shares moves fewer keys for every change.
///
/// Whoever reads this for speed: nearly all of the time goes to branches that are mispredicted.
pub(super) struct Race {
    /// In the order of `Runner::not_before`.
    runners: Box<[Runner]>,
    field: Field,
}

/// Who is early in which slot.
enum Field {
    /// For each slot a bit for each runner.
    Few(Box<[u16]>),
    /// Lists.
    Many {
        /// Where in `early` the list of each slot begins, and the end of the last.
        starts: Box<[u32]>,
        /// Places in `runners`, the likely winners first.
        early: Box<[u32]>,
    },
}

impl Race {
    /// Lines up the runners. There are as many ids as weights.
    pub(super) fn new(weights: &Weights, ids: &[u64]) -> Self {
        let total = weights.total() as f64;
        let positive = weights.as_slice().iter().zip(ids).enumerate();
        let mut runners: Vec<Runner> = positive
            .filter(|(_, (weight, _))| **weight > 0)
            .map(|(index, (weight, id))| {
                let pace = total / *weight as f64;
                Runner { index, id: *id, pace, not_before: 0.0 }
            })
            .collect();
        if runners.len() <= FEW {
            let field = Field::Few(few(&runners));
            return Self { runners: runners.into(), field };
        }
        for runner in &mut runners {
            runner.not_before = quantile_of_rank(listed_ranks(runner.pace)) * runner.pace;
        }
        let by_bound = |a: &Runner, b: &Runner| {
            a.not_before.total_cmp(&b.not_before).then(a.pace.total_cmp(&b.pace))
        };
        runners.sort_by(by_bound);
        let (starts, early) = lists(&runners);
        Self { runners: runners.into(), field: Field::Many { starts, early } }
    }

    /// The index that gets the key of this hash, among those that are `available`; `None` if none
    /// of weight above zero is.
    pub(super) fn winner(&self, hash: u64, available: impl Fn(usize) -> bool) -> Option<usize> {
        let slot = Runner::slot_of(hash) as usize;
        let mut leader = Leader { time: f64::INFINITY, index: usize::MAX };
        match &self.field {
            Field::Few(slots) => {
                let mut early = slots.get(slot).copied().unwrap_or_default();
                for (place, runner) in self.runners.iter().enumerate() {
                    let is_late = early & (1 << place) == 0;
                    if available(runner.index) {
                        let time = runner.late_arrival(hash);
                        leader
                            .challenge(runner, select_unpredictable(is_late, time, f64::INFINITY));
                    }
                }
                while let Some(runner) = self.runners.get(early.trailing_zeros() as usize) {
                    if available(runner.index) {
                        leader.challenge(runner, runner.arrival(hash));
                    }
                    early &= early - 1;
                }
            }
            Field::Many { starts, early } => {
                let bound = |slot: usize| starts.get(slot).map(|start| *start as usize);
                let list = bound(slot).zip(bound(slot + 1));
                let list = list.and_then(|(start, end)| early.get(start..end)).unwrap_or_default();
                for place in list {
                    let Some(runner) = self.runners.get(*place as usize) else { continue };
                    let stratum = runner.stratum(hash);
                    // In a short list, a branch that can't be predicted costs more than it spares.
                    if list.len() > SHORT_LIST && runner.earliest(stratum) >= leader.time {
                        break;
                    }
                    if available(runner.index) {
                        leader.challenge(runner, runner.arrival_in(hash, stratum));
                    }
                }
                for runner in &self.runners {
                    if runner.not_before >= leader.time {
                        break;
                    }
                    if available(runner.index) {
                        leader.challenge(runner, runner.arrival(hash));
                    }
                }
            }
        }
        (leader.index != usize::MAX).then_some(leader.index)
    }
}

/// Who is the first to have arrived so far.
struct Leader {
    time: f64,
    /// `usize::MAX` if nobody has.
    index: usize,
}

impl Leader {
    fn challenge(&mut self, runner: &Runner, time: f64) {
        // Who wins can't be predicted, so there is no branch here.
        let is_first = time < self.time;
        self.time = select_unpredictable(is_first, time, self.time);
        self.index = select_unpredictable(is_first, runner.index, self.index);
    }
}

/// For each slot, which of up to 16 runners are early there.
fn few(runners: &[Runner]) -> Box<[u16]> {
    let mut slots = vec![0; SLOTS as usize];
    for (place, order) in runners.iter().map(Runner::order).enumerate() {
        for rank in 0..EARLY {
            if let Some(early) = slots.get_mut(order.slot(rank) as usize) {
                *early |= 1 << place;
            }
        }
    }
    slots.into()
}

/// The list of a slot has a runner that ranks the slot below this: those with a chance to arrive
/// before `LIST_LENGTH` others would.
fn listed_ranks(pace: f64) -> u32 {
    // Late ranks are not listed: each list would have nearly all runners.
    let ranks = (LIST_LENGTH / pace * f64::from(SLOTS)).min(f64::from(EARLY));
    match ranks.ceil() as u32 {
        0 | 1 => 1,
        ranks => stratum(ranks - 1).1,
    }
}

fn lists(runners: &[Runner]) -> (Box<[u32]>, Box<[u32]>) {
    // Strata of ranks, in the order of the earliest time that they allow: so lists come out sorted.
    let mut strata: Vec<(f64, u32, u32, u32)> = Vec::new();
    for (place, runner) in (0_u32..).zip(runners) {
        let mut rank = 0;
        while rank < listed_ranks(runner.pace) {
            let (low, high) = stratum(rank);
            strata.push((quantile_of_rank(low) * runner.pace, place, low, high));
            rank = high;
        }
    }
    strata.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));

    let orders: Vec<Order> = runners.iter().map(Runner::order).collect();
    let slots_of = |(_, place, low, high): &(f64, u32, u32, u32)| {
        let (order, place) = (orders.get(*place as usize), *place);
        (*low..*high).filter_map(move |rank| Some((order?.slot(rank) as usize, place)))
    };
    // Lengths first, then where each list begins, then its content.
    let mut starts = vec![0_u32; SLOTS as usize + 1];
    for (slot, _) in strata.iter().flat_map(slots_of) {
        if let Some(length) = starts.get_mut(slot + 1) {
            *length += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut next = starts.clone();
    let mut early = vec![0; sum as usize];
    for (slot, place) in strata.iter().flat_map(slots_of) {
        let Some(next) = next.get_mut(slot) else { continue };
        if let Some(entry) = early.get_mut(*next as usize) {
            *entry = place;
        }
        *next += 1;
    }
    (starts.into(), early.into())
}

#[cfg(test)]
mod tests;
