use std::fmt;
use std::sync::atomic::Ordering;

#[cfg(not(loom))]
use std::sync::atomic::AtomicU64;

// A model checker's: see tests/loom.rs.
#[cfg(loom)]
use loom::sync::atomic::AtomicU64;

/// How many smooth picks were made.
///
/// It is all that threads write to, so it has cache lines of its own: else each smooth pick would
/// slow down the random picks of other threads.
#[repr(align(128))]
pub(super) struct Turn(AtomicU64);

impl Turn {
    /// The number of this turn, which no other thread gets.
    #[inline]
    pub(super) fn next(&self) -> u64 {
        self.skip(1)
    }

    /// Takes that many turns: the number of the first.
    #[inline]
    pub(super) fn skip(&self, turns: u64) -> u64 {
        // Nothing else is published with the number, so no stronger ordering is needed.
        self.0.fetch_add(turns, Ordering::Relaxed)
    }

    /// The number of the next turn, if no thread takes it in the meantime.
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes all turns from `next`, which must be the next one, to `end` exclusive; else, the number
    /// of the next one.
    pub(super) fn take_until(&self, next: u64, end: u64) -> Result<(), u64> {
        let taken = self.0.compare_exchange(next, end, Ordering::Relaxed, Ordering::Relaxed);
        taken.map(|_| ())
    }
}

impl Default for Turn {
    fn default() -> Self {
        Self(AtomicU64::new(0))
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.load(Ordering::Relaxed).fmt(f)
    }
}
