use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, Ordering};

use bytemuck::zeroed_box;

use super::runner::SLOTS;

/// What is known about who wins each slot.
///
/// It is filled while keys are picked. As the winner of a slot never changes, it does not matter
/// which thread finds it first, nor whether another one finds it again: all write the same bits. So
/// there is nothing to lock and nothing to wait for.
///
/// An entry is 0 if nothing is known, else one more than the index. Where it is, is a constant of
/// each variant, so that a pick checks no bounds and shifts little: the less there is to do for a
/// pick, the more of them a processor has under way while it waits for memory.
pub(super) enum Memo {
    /// There is only this index to win.
    Only(usize),
    /// Four entries in a byte.
    Quarters(Box<[AtomicU8; SIZE / 4]>),
    /// Two entries in a byte.
    Halves(Box<[AtomicU8; SIZE / 2]>),
    Bytes(Box<[AtomicU8; SIZE]>),
    Pairs(Box<[AtomicU16; SIZE]>),
    Words(Box<[AtomicU32; SIZE]>),
}

const SIZE: usize = SLOTS as usize;

impl Memo {
    /// Room for indices below `indices`, more than one, zeroed. Memory that is zeroed and not yet used costs
    /// nothing on most systems.
    pub(super) fn new(indices: usize) -> Self {
        match indices {
            0..=3 => Self::Quarters(zeroed_box()),
            4..=15 => Self::Halves(zeroed_box()),
            16..=255 => Self::Bytes(zeroed_box()),
            256..=65_535 => Self::Pairs(zeroed_box()),
            // More indices than 32 bits count are not remembered.
            _ => Self::Words(zeroed_box()),
        }
    }

    /// The winner of `slot`, if it is known.
    #[inline]
    pub(super) fn get(&self, slot: u64) -> Option<usize> {
        // Slots are below this; now the compiler knows it too.
        let slot = slot as usize % SIZE;
        // Each entry says all there is to say, so no ordering with others is needed.
        let entry = match self {
            Self::Only(index) => return Some(*index),
            Self::Quarters(bytes) => {
                usize::from(bytes.get(slot / 4)?.load(Ordering::Relaxed) >> (slot % 4 * 2) & 3)
            }
            Self::Halves(bytes) => {
                usize::from(bytes.get(slot / 2)?.load(Ordering::Relaxed) >> (slot % 2 * 4) & 15)
            }
            Self::Bytes(bytes) => bytes.get(slot)?.load(Ordering::Relaxed).into(),
            Self::Pairs(pairs) => pairs.get(slot)?.load(Ordering::Relaxed).into(),
            Self::Words(words) => words.get(slot)?.load(Ordering::Relaxed) as usize,
        };
        entry.checked_sub(1)
    }

    /// Remembers the winner of `slot`, one of the indices that there is room for.
    pub(super) fn put(&self, slot: u64, index: usize) {
        let slot = slot as usize % SIZE;
        let Ok(entry) = u32::try_from(index + 1) else { return };
        match self {
            Self::Only(_) => {}
            Self::Quarters(bytes) => add(bytes.get(slot / 4), entry << (slot % 4 * 2)),
            Self::Halves(bytes) => add(bytes.get(slot / 2), entry << (slot % 2 * 4)),
            Self::Bytes(bytes) => add(bytes.get(slot), entry),
            Self::Pairs(pairs) => {
                if let Some(pair) = pairs.get(slot) {
                    pair.store(entry as u16, Ordering::Relaxed);
                }
            }
            Self::Words(words) => {
                if let Some(word) = words.get(slot) {
                    word.store(entry, Ordering::Relaxed);
                }
            }
        }
    }
}

/// Sets the bits of an entry and leaves its neighbours alone.
fn add(byte: Option<&AtomicU8>, entry: u32) {
    if let Some(byte) = byte {
        byte.fetch_or(entry as u8, Ordering::Relaxed);
    }
}
