use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};

use crate::{Splits, SplitsBuilder};

/// Splits that are replaced while other threads pick from them.
///
/// Taking the current generation neither waits nor makes anybody wait, also while it is being
/// replaced. Whoever has taken a generation keeps it until the end of its call: one selection and
/// one pick never mix two of them. Old ones are freed by threads that replace, not by those that pick.
///
/// ```
/// use smi_policy::Semantics;
/// use smi_split::{Call, Live, ObjectName, Outcome, Splits, TrafficSplit};
///
/// let canary = |weight| {
///     let split = TrafficSplit::new(ObjectName::new("shop", "canary"), "website");
///     let split = split.backend("website-v1", 100 - weight).backend("website-v2", weight);
///     Splits::builder(Semantics::default()).traffic_split(split)
/// };
/// let live = Live::new(canary(10).compile());
///
/// let website = ObjectName::new("shop", "website");
/// let generation = live.current();
/// live.replace(canary(100));
///
/// let share = |splits: &Splits| match splits.select(&Call::to(&website)).outcome() {
///     Outcome::Backends(backends) => backends.shares().last().map(|(_, share)| share.percent()),
///     _ => None,
/// };
/// assert_eq!(share(&generation), Some(10.0));
/// assert_eq!(share(&live.current()), Some(100.0));
/// ```
#[derive(Debug)]
pub struct Live {
    current: ArcSwap<Splits>,
    /// Generations that were replaced and may still be in use. Only threads that replace look here.
    retired: Mutex<Vec<Arc<Splits>>>,
}

impl Live {
    /// Starts with `splits`.
    pub fn new(splits: Splits) -> Self {
        Self { current: ArcSwap::from_pointee(splits), retired: Mutex::default() }
    }

    /// The current generation, for one call.
    ///
    /// Take it anew for each call, and don't keep it for long: [`Splits::clone`] is for that.
    pub fn current(&self) -> Generation {
        Generation(self.current.load())
    }

    /// Compiles and publishes the next generation, and returns it.
    ///
    /// Rotations go on, and splits that stay the same keep their tables: see
    /// [`SplitsBuilder::compile_after`]. Compiling is done by this thread before anything is
    /// replaced. Of several threads that replace, one waits for the other.
    pub fn replace(&self, next: SplitsBuilder) -> Splits {
        // Nothing that panics leaves the list in disorder.
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        let next = next.compile_after(&self.current.load());
        // To free a generation may take as long as to build it. So whoever picks must not be the last
        // to let go of one: until nobody else has it, it is kept here.
        retired.push(self.current.swap(Arc::new(next.clone())));
        retired.retain(|splits| Arc::strong_count(splits) > 1 || splits.is_shared());
        next
    }
}

/// The splits of a [`Live`] at one moment.
#[derive(Debug)]
pub struct Generation(Guard<Arc<Splits>>);

impl Deref for Generation {
    type Target = Splits;

    fn deref(&self) -> &Splits {
        &self.0
    }
}
