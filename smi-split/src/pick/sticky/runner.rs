use super::exponential::exponential;

/// How many slots the keys are put into, by the highest bits of their hash.
pub(super) const SLOTS: u32 = 1 << SLOT_BITS;
pub(super) const SLOT_BITS: u32 = 15;

/// Shifting by half of the bits, and adding them without carry, undoes itself.
const HALF: u32 = SLOT_BITS.div_ceil(2);

/// In this many slots a runner is early.
pub(super) const EARLY: u32 = SLOTS / 32;

/// Takes part in the race for each key: one index of weight above zero.
///
/// For a given key, a runner with weight 1 arrives at a time that depends on the hash of the key
/// and on the runner's own id, and on nothing else. Over all keys these times are exponentially
/// distributed, and those of different runners are as good as independent. With weight w a runner
/// arrives w times as early.
///
/// Which runners are among the very first is known from the slot of the key, before anything is
/// computed: a runner ranks the slots, in an order of its own, and the ranks tell in which quantiles
/// its times lie there.
#[derive(Clone, Copy)]
pub(super) struct Runner {
    pub(super) index: usize,
    pub(super) id: u64,
    /// 1 / weight.
    pub(super) pace: f64,
    /// Before this time, only the list of early runners of the slot has it.
    pub(super) not_before: f64,
}

impl Runner {
    /// The slot of a key.
    pub(super) fn slot_of(hash: u64) -> u32 {
        (hash >> (64 - SLOT_BITS)) as u32
    }

    /// A time that it does not arrive before, which costs little to know.
    pub(super) fn earliest(&self, (low, _): (u32, u32)) -> f64 {
        quantile_of_rank(low) * self.pace
    }

    /// The ranks among which that of the slot of this key is.
    pub(super) fn stratum(&self, hash: u64) -> (u32, u32) {
        stratum(self.rank(Self::slot_of(hash)))
    }

    /// When it arrives for this key.
    pub(super) fn arrival(&self, hash: u64) -> f64 {
        self.arrival_in(hash, self.stratum(hash))
    }

    /// When it arrives for this key, in the slot of which it is late.
    pub(super) fn late_arrival(&self, hash: u64) -> f64 {
        self.arrival_in(hash, (EARLY, SLOTS))
    }

    #[inline]
    pub(super) fn arrival_in(&self, hash: u64, (low, high): (u32, u32)) -> f64 {
        // Where between the two, at random.
        let product = u128::from(hash ^ SALT) * u128::from(self.id | 1);
        let random = (product >> 64) as u64 ^ product as u64;
        let unit = 64 - SLOT_BITS;
        let width = u64::from(high - low) << unit;
        let within = (u128::from(random) * u128::from(width)) >> 64;
        exponential((u64::from(low) << unit) + within as u64) * self.pace
    }

    /// The place of `slot` in the runner's own order of all slots.
    pub(super) fn rank(&self, slot: u32) -> u32 {
        let [first, second, third] = self.factors();
        let mixed = (slot ^ (self.id >> 48) as u32).wrapping_mul(first) % SLOTS;
        let mixed = (mixed ^ (mixed >> HALF)).wrapping_mul(second) % SLOTS;
        (mixed ^ (mixed >> HALF)).wrapping_mul(third) % SLOTS
    }

    /// Its own order of all slots.
    pub(super) fn order(&self) -> Order {
        Order { inverses: self.factors().map(inverse), offset: (self.id >> 48) as u32 }
    }

    fn factors(&self) -> [u32; 3] {
        [(self.id >> 32) as u32 | 1, (self.id >> 16) as u32 | 1, self.id as u32 | 1]
    }
}

/// An order of the slots: undoes [`Runner::rank`].
pub(super) struct Order {
    inverses: [u32; 3],
    offset: u32,
}

impl Order {
    /// The slot at place `rank`.
    pub(super) fn slot(&self, rank: u32) -> u32 {
        let [first, second, third] = self.inverses;
        let mixed = rank.wrapping_mul(third) % SLOTS;
        let mixed = (mixed ^ (mixed >> HALF)).wrapping_mul(second) % SLOTS;
        let mixed = (mixed ^ (mixed >> HALF)).wrapping_mul(first) % SLOTS;
        (mixed ^ self.offset) % SLOTS
    }
}

/// Any number that is not likely to be in keys.
const SALT: u64 = 0x2d35_8dcc_aa6c_78a5;

/// The ranks from `low` on and below `high` that are not told apart by slot.
///
/// The more strata, the fewer runners must be looked at, and the more hangs on which slots happen to
/// be early for whom, which makes shares less exact. All late ranks are one stratum: heavy runners
/// win late, too, and there it is not the slot that decides.
pub(super) fn stratum(rank: u32) -> (u32, u32) {
    match rank {
        0 => (0, 1),
        EARLY.. => (EARLY, SLOTS),
        _ => {
            let low = 1 << (rank.ilog2() / 3 * 3);
            (low, (8 * low).min(EARLY))
        }
    }
}

/// The share of times that lie in slots of lower rank, which no arrival in this one is below.
pub(super) fn quantile_of_rank(rank: u32) -> f64 {
    f64::from(rank) * (1.0 / SLOTS as f64)
}

/// The inverse of an odd factor modulo 2^32, by Newton's method.
fn inverse(odd: u32) -> u32 {
    // Right in its 3 lowest bits, which each round doubles.
    let mut inverse = odd;
    for _ in 0..4 {
        inverse = inverse.wrapping_mul(2_u32.wrapping_sub(odd.wrapping_mul(inverse)));
    }
    inverse
}
