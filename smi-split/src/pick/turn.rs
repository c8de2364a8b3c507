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
        // Nothing else is published with the number, so no stronger ordering is needed.
        self.0.fetch_add(1, Ordering::Relaxed)
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
