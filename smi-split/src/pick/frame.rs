use super::modulus::Modulus;
use super::{even, slots};

/// One level of a rotation: some turns are written out, the others are left to the next level.
///
/// Weights that add up to too much are divided by a common quantum. The quotients are a short
/// rotation, written out, which takes place as often as the quantum says. What the division leaves
/// over are turns of the rest, spread evenly among those of the frame.
pub(super) struct Frame {
    /// Which part of the turns is of the rest, in units of 2^-128, rounded up.
    rest_share: u128,
    /// The length of the written-out rotation.
    length: Modulus,
    slots: Slots,
}

enum Slots {
    Short(Box<[u16]>),
    Long(Box<[usize]>),
}

/// Who has a turn.
pub(super) enum Turn {
    /// This index.
    Index(usize),
    /// The rest, for which it is the turn of this number.
    Rest(u64),
}

/// The most work that nginx's method may be, in additions: some 50 µs.
const MAX_WORK: u64 = 1 << 16;

/// Up to this length, a rotation is written out as a whole, so that it is as even as can be.
const MAX_WHOLE: u64 = 16_384;

/// The least number of slots of a frame of a longer one: few, as longer ones take longer to build.
const MIN_SLOTS: u64 = 4096;

/// How many slots there are for each weight, if there are many: so at most one turn in 16 is of the
/// rest.
const SLOTS_PER_WEIGHT: u64 = 16;

impl Frame {
    /// Makes the level for the weights of these indices, and the weights of the rest, `None` if there
    /// is none. One weight at least is above zero.
    pub(super) fn new(indices: &[usize], weights: &[u64]) -> (Self, Option<Vec<u64>>) {
        let total: u64 = weights.iter().sum();
        let capacity = (weights.len() as u64 * SLOTS_PER_WEIGHT).max(MIN_SLOTS);
        let quantum = if total <= MAX_WHOLE { 1 } else { total.div_ceil(capacity) };
        let quotients: Vec<u64> = weights.iter().map(|weight| weight / quantum).collect();
        let length: u64 = quotients.iter().sum();
        let slots = Slots::new(indices, &quotients, length);
        let rest = total - length * quantum;
        let frame = Self { rest_share: share_of(rest, total), length: Modulus::new(length), slots };
        let remainders = || weights.iter().map(|weight| weight % quantum).collect();
        (frame, (rest > 0).then(remainders))
    }

    /// Who has the turn of this number.
    #[inline]
    pub(super) fn at(&self, turn: u64) -> Turn {
        if self.rest_share == 0 {
            return Turn::Index(self.slots.at(self.length.remainder(turn)));
        }
        // The rest has had ⌊turn · share⌋ turns before this one. Although the share is rounded up, that
        // is exact: the product is too large by less than 2^-64, and what it should be is a multiple
        // of 1 / total. So after each period it is the rest of that many periods.
        let [high, low] = [(self.rest_share >> 64) as u64, self.rest_share as u64]
            .map(|share| u128::from(turn) * u128::from(share));
        let before = high + (low >> 64);
        let (rest_turns, fraction) = ((before >> 64) as u64, before << 64 | u128::from(low as u64));
        // The rest has this turn if the next would make one more.
        if fraction.checked_add(self.rest_share).is_none() {
            return Turn::Rest(rest_turns);
        }
        Turn::Index(self.slots.at(self.length.remainder(turn - rest_turns)))
    }
}

/// `rest` / `total` in units of 2^-128, rounded up. `rest` is less.
fn share_of(rest: u64, total: u64) -> u128 {
    let total = u128::from(total.max(1));
    let high = u128::from(rest) << 64;
    let low = (high % total) << 64;
    (high / total) << 64 | (low / total + u128::from(low % total > 0))
}

impl Slots {
    /// Writes out one period of the weights of these indices.
    fn new(indices: &[usize], weights: &[u64], total: u64) -> Self {
        let work = total.saturating_mul(weights.len() as u64);
        let places = match work <= MAX_WORK {
            true => slots::one_period(weights),
            false => even::one_period(weights),
        };
        let indices = || places.iter().filter_map(|place| indices.get(*place as usize).copied());
        let short: Option<Box<[u16]>> = indices().map(|index| u16::try_from(index).ok()).collect();
        short.map_or_else(|| Self::Long(indices().collect()), Self::Short)
    }

    #[inline]
    fn at(&self, place: u64) -> usize {
        match self {
            Self::Short(slots) => slots.get(place as usize).copied().unwrap_or_default().into(),
            Self::Long(slots) => slots.get(place as usize).copied().unwrap_or_default(),
        }
    }
}
