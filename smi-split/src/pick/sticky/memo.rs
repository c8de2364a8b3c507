use std::sync::atomic::{AtomicU64, Ordering};

use super::runner::SLOT_BITS;

/// What is known about who wins each slot.
///
/// It is filled while keys are picked. As the winner of a slot never changes, it does not matter
/// which thread finds it first, nor whether another one finds it again: all write the same bits. So
/// there is nothing to lock and nothing to wait for.
pub(super) struct Memo {
    /// Entries of 2^`log_bits` bits: 0 if nothing is known, else one more than the index.
    words: Box<[AtomicU64]>,
    log_bits: u32,
    mask: u64,
}

impl Memo {
    /// Room for indices below `indices`, zeroed. Memory that is zeroed and not yet used costs
    /// nothing on most systems.
    pub(super) fn new(indices: usize) -> Self {
        let log_bits = match indices {
            0..=3 => 1,
            4..=15 => 2,
            16..=255 => 3,
            256..=65_535 => 4,
            _ => 5,
        };
        let words = vec![0_u64; 1 << (SLOT_BITS + log_bits - 6)];
        // In place: this is optimised to nothing.
        let words = words.into_iter().map(AtomicU64::new).collect();
        let mask = (1 << (1 << log_bits)) - 1;
        // More indices than this can't be remembered.
        Self { words, log_bits, mask }
    }

    /// No room for anything.
    pub(super) fn none() -> Self {
        Self { words: Box::default(), log_bits: 0, mask: 0 }
    }

    /// The winner of `slot`, if it is known.
    #[inline]
    pub(super) fn get(&self, slot: u64) -> Option<usize> {
        let place = slot << self.log_bits;
        // Each entry says all there is to say, so no ordering with others is needed.
        let word = self.words.get((place >> 6) as usize)?.load(Ordering::Relaxed);
        let entry = (word >> (place & 63)) & self.mask;
        (entry as usize).checked_sub(1)
    }

    /// Remembers the winner of `slot`.
    pub(super) fn put(&self, slot: u64, index: usize) {
        let place = slot << self.log_bits;
        let entry = index as u64 + 1;
        if let Some(word) = self.words.get((place >> 6) as usize)
            && entry <= self.mask
        {
            word.fetch_or(entry << (place & 63), Ordering::Relaxed);
        }
    }
}
