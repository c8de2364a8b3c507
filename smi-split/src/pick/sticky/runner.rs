use super::exponential::{exponential, start};

/// How many slots the keys are put into, by the highest bits of their hash.
pub(super) const SLOT_BITS: u32 = 21;

/// How many slots there are.
pub(super) const SLOTS: u64 = 1 << SLOT_BITS;

/// How many slots a block has, in which each runner has each rank once.
pub(super) const BLOCK: usize = 1 << BLOCK_BITS;
const BLOCK_BITS: u32 = 8;

/// Takes part in the race for each slot: one index of weight above zero.
///
/// In a given slot, a runner of weight 1 arrives at a time that depends on the slot and on the
/// runner's own id, and on nothing else. Over all slots these times are exponentially distributed,
/// and those of different runners are as good as independent. With weight w a runner arrives w times
/// as early.
///
/// Among the slots of a block, the runner's times are spread evenly: it ranks the slots, in an order
/// of its own, and the ranks tell in which 256th of all times that of each slot lies. That makes
/// shares about as exact as three times as many slots would.
#[derive(Clone, Copy)]
pub(super) struct Runner {
    pub(super) index: usize,
    pub(super) id: u64,
    /// The total divided by the weight. So the first of all arrives at time 1, on average.
    pub(super) pace: f64,
}

/// The slot of a key.
pub(super) fn slot_of(hash: u64) -> u64 {
    hash >> (64 - SLOT_BITS)
}

impl Runner {
    /// When it arrives in this slot.
    #[inline]
    pub(super) fn arrival(&self, slot: u64) -> f64 {
        self.time(self.order(slot).quantile(slot))
    }

    /// When it arrives in this slot, if that may be before `time`; else any later time.
    #[inline]
    pub(super) fn arrival_before(&self, slot: u64, time: f64) -> f64 {
        let quantile = self.order(slot).quantile(slot);
        // No logarithm is needed to see that most are too late: −ln(1 − u) is at least u.
        let earliest = (quantile >> 1) as i64 as f64 * (0.5_f64.powi(63) * self.pace);
        if earliest >= time { earliest } else { self.time(quantile) }
    }

    /// When it arrives where this part of all times, in units of 2^-64, is before.
    #[inline]
    pub(super) fn time(&self, quantile: u64) -> f64 {
        exponential(quantile) * self.pace
    }

    /// The time that it does not arrive before in a slot of this rank.
    pub(super) fn earliest(&self, rank: u8) -> f64 {
        start(rank) * self.pace
    }

    /// How it orders the slots of the block that `slot` is in.
    #[inline]
    pub(super) fn order(&self, slot: u64) -> Order {
        let block = (2 * (slot >> BLOCK_BITS) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let product = u128::from(self.id ^ SALT) * u128::from(block);
        let factor = (product as u64 ^ (product >> 64) as u64) | 1;
        Order { factor, offset: (product >> 32) as u64 }
    }
}

/// Any number that is not likely to be a name's hash.
const SALT: u64 = 0x2d35_8dcc_aa6c_78a5;

/// A runner's order of the slots of one block.
#[derive(Clone, Copy)]
pub(super) struct Order {
    factor: u64,
    offset: u64,
}

impl Order {
    /// Which part of all times is before that of `slot`, in units of 2^-64. The first eight bits are
    /// the rank.
    #[inline]
    pub(super) fn quantile(self, slot: u64) -> u64 {
        let mixed = self.mixed(slot);
        let rank = fold(mixed as u8).wrapping_mul(self.second_factor());
        u64::from(rank) << 56 | mixed >> 8
    }

    /// Rank, place and quantile of all slots of the block that begins with `first`, by rank.
    pub(super) fn ranked(self, first: u64) -> impl Iterator<Item = (u8, u8, u64)> {
        let inverses = (inverse(self.factor as u8), inverse(self.second_factor()));
        (0..=u8::MAX).map(move |rank| {
            let mixed = fold(rank.wrapping_mul(inverses.1));
            let place = mixed.wrapping_sub(self.offset as u8).wrapping_mul(inverses.0);
            let within = self.mixed(first + u64::from(place)) >> 8;
            (rank, place, u64::from(rank) << 56 | within)
        })
    }

    #[inline]
    fn mixed(self, slot: u64) -> u64 {
        slot.wrapping_mul(self.factor).wrapping_add(self.offset)
    }

    fn second_factor(self) -> u8 {
        (self.offset >> 16) as u8 | 1
    }
}

/// Adds the high half to the low half without carry, which undoes itself.
fn fold(byte: u8) -> u8 {
    byte ^ (byte >> 4)
}

/// The inverse of an odd factor modulo 2^8, by Newton's method.
fn inverse(odd: u8) -> u8 {
    // Right in its 3 lowest bits, which each round doubles.
    let mut inverse = odd;
    for _ in 0..2 {
        inverse = inverse.wrapping_mul(2_u8.wrapping_sub(odd.wrapping_mul(inverse)));
    }
    inverse
}
