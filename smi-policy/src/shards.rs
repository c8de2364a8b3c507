use std::fmt;
use std::hash::BuildHasher;
use std::sync::{Arc, OnceLock};

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::binding::Binding;
use crate::name::ObjectName;
use crate::ports::CompiledRoute;
use crate::route::RouteGroup;
use crate::target::Target;

/// Entries by their keys, in many small tables that are shared between generations of a policy: a
/// change copies the one table that it is in, and nothing else.
#[derive(Clone)]
pub(crate) struct Shards<T> {
    tables: Box<[Arc<HashTable<T>>]>,
    len: usize,
}

/// What hashes the keys of all tables: seeded once for each process, so that nobody who names objects
/// can make them collide, and an [`Identity`](crate::Identity) can be hashed before it meets a policy.
pub(crate) fn hasher() -> &'static DefaultHashBuilder {
    static HASHER: OnceLock<DefaultHashBuilder> = OnceLock::new();
    HASHER.get_or_init(DefaultHashBuilder::default)
}

/// Something with a key in it.
pub(crate) trait Entry: Clone {
    /// The hash of its key.
    fn hash(&self) -> u64;
}

/// An entry whose key is the name of an object.
pub(crate) trait Named: Entry {
    fn name(&self) -> &ObjectName;
}

impl<T: Named> Shards<T> {
    pub(crate) fn find_named(&self, name: &ObjectName) -> Option<&T> {
        self.find(hasher().hash_one(name), |entry| entry.name() == name)
    }

    pub(crate) fn put_named(&mut self, entry: T) -> Option<T> {
        let name = entry.name().clone();
        self.put(entry, |known| *known.name() == name)
    }

    pub(crate) fn remove_named(&mut self, name: &ObjectName) -> Option<T> {
        self.remove(hasher().hash_one(name), |entry| entry.name() == name)
    }

    /// All entries by their names.
    pub(crate) fn sorted(&self) -> Vec<&T> {
        let mut entries: Vec<&T> = self.iter().collect();
        entries.sort_unstable_by(|a, b| a.name().cmp(b.name()));
        entries
    }
}

/// Makes types entries by their names.
macro_rules! named {
    ($($type:ty: $name:expr;)*) => {$(
        impl Entry for $type {
            fn hash(&self) -> u64 {
                hasher().hash_one(Named::name(self))
            }
        }

        impl Named for $type {
            fn name(&self) -> &ObjectName {
                let name: fn(&$type) -> &ObjectName = $name;
                name(self)
            }
        }
    )*};
}

named! {
    Arc<Target>: |target| &target.name;
    Arc<Binding>: |binding| &binding.name;
    Arc<CompiledRoute>: |route| &route.name;
    RouteGroup: |group| RouteGroup::name(group);
}

/// With 100,000 entries a table has some 400.
const TABLES: usize = 256;

impl<T: Entry> Shards<T> {
    pub(crate) fn new() -> Self {
        let empty = Arc::new(HashTable::new());
        Self { tables: vec![empty; TABLES].into(), len: 0 }
    }

    /// The entry of this hash for which `is` holds.
    #[inline]
    pub(crate) fn find(&self, hash: u64, is: impl FnMut(&T) -> bool) -> Option<&T> {
        self.tables.get(table_of(hash))?.find(hash, is)
    }

    /// Puts an entry in the place of the one for which `is` holds, and gives that back.
    pub(crate) fn put(&mut self, entry: T, is: impl FnMut(&T) -> bool) -> Option<T> {
        let hash = entry.hash();
        let table = Arc::make_mut(self.tables.get_mut(table_of(hash))?);
        if let Some(known) = table.find_mut(hash, is) {
            return Some(std::mem::replace(known, entry));
        }
        table.insert_unique(hash, entry, T::hash);
        self.len += 1;
        None
    }

    /// Takes out the entry of this hash for which `is` holds.
    pub(crate) fn remove(&mut self, hash: u64, mut is: impl FnMut(&T) -> bool) -> Option<T> {
        let table = self.tables.get_mut(table_of(hash))?;
        // Nothing is copied for what is not there.
        table.find(hash, &mut is)?;
        let (entry, _) = Arc::make_mut(table).find_entry(hash, is).ok()?.remove();
        self.len -= 1;
        Some(entry)
    }

    /// All entries, in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.tables.iter().flat_map(|table| table.iter())
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl<T> fmt::Debug for Shards<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shards").field("len", &self.len).finish_non_exhaustive()
    }
}

/// A table finds its entries by the lowest and the highest bits of a hash; these are others.
fn table_of(hash: u64) -> usize {
    (hash >> 40) as usize % TABLES
}
