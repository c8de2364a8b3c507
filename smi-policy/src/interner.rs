use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, Weak};

use hashbrown::HashTable;

use crate::shards::hasher;

/// Makes one of equals. What nobody else holds any more is let go.
#[derive(Debug)]
pub(crate) struct Interner<T> {
    known: HashTable<(u64, Weak<T>)>,
    /// How many there may be before the unused ones are let go.
    sweep_at: usize,
}

impl<T> Interner<T> {
    pub(crate) fn new() -> Self {
        Self { known: HashTable::new(), sweep_at: 64 }
    }

    /// The one that equals `value`, which becomes it if there is none.
    pub(crate) fn intern(&mut self, value: T) -> Arc<T>
    where
        T: Hash + Eq,
    {
        let hash = hasher().hash_one(&value);
        self.find(hash, |known| *known == value).unwrap_or_else(|| self.add(hash, value))
    }

    /// The one with this hash for which `is` holds.
    pub(crate) fn find(&self, hash: u64, is: impl Fn(&T) -> bool) -> Option<Arc<T>> {
        let mut found = None;
        self.known.find(hash, |(of, known)| {
            if *of == hash {
                found = known.upgrade().filter(|known| is(known));
            }
            found.is_some()
        });
        found
    }

    /// Adds one that was not found.
    pub(crate) fn add(&mut self, hash: u64, value: T) -> Arc<T> {
        if self.known.len() >= self.sweep_at {
            self.known.retain(|(_, known)| known.strong_count() > 0);
            self.sweep_at = 2 * self.known.len() + 64;
        }
        let value = Arc::new(value);
        self.known.insert_unique(hash, (hash, Arc::downgrade(&value)), |(hash, _)| *hash);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_are_one_and_unused_ones_are_let_go() {
        let mut interner = Interner::new();
        let kept = interner.intern("kept".to_owned());
        for number in 0..1000 {
            interner.intern(number.to_string());
        }
        assert!(Arc::ptr_eq(&kept, &interner.intern("kept".to_owned())));
        assert!(interner.known.len() < 200);
    }
}
