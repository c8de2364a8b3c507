use std::collections::HashMap;

use crate::condition::{Common, Condition};
use crate::migration::World;

/// Comparisons of conditions with regular expressions, each made once: many ports have the same
/// conditions. `None` is the answer if the migration has no more comparisons left.
#[derive(Debug, Default)]
pub(super) struct Compared {
    within: HashMap<(Condition, Condition), bool>,
    both: HashMap<(Condition, Condition), Common<Condition>>,
}

impl Compared {
    /// Whether every request that meets one meets the other.
    pub(super) fn is_within(
        &mut self,
        world: &mut World<'_>,
        one: &Condition,
        other: &Condition,
    ) -> Option<bool> {
        if one == other {
            return Some(true);
        }
        known(&mut self.within, world, one, other, Condition::is_within)
    }

    /// What two have in common.
    pub(super) fn and(
        &mut self,
        world: &mut World<'_>,
        one: &Condition,
        other: &Condition,
    ) -> Option<Common<Condition>> {
        known(&mut self.both, world, one, other, Condition::and)
    }
}

#[expect(clippy::mutable_key_type, reason = "what is analysed later is no part of the key")]
fn known<T: Clone>(
    known: &mut HashMap<(Condition, Condition), T>,
    world: &mut World<'_>,
    one: &Condition,
    other: &Condition,
    compare: fn(&Condition, &Condition) -> T,
) -> Option<T> {
    if !one.has_regex() && !other.has_regex() {
        // No more than a few texts are compared.
        return Some(compare(one, other));
    }
    let key = (one.clone(), other.clone());
    if let Some(known) = known.get(&key) {
        return Some(known.clone());
    }
    world.comparisons_left = world.comparisons_left.checked_sub(1)?;
    let new = compare(one, other);
    known.insert(key, new.clone());
    Some(new)
}
