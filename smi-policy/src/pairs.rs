//! What targets say of a source and a destination, in each way in which the two can be named. Mostly
//! there is one: their service accounts.

use std::sync::Arc;

use crate::destination::{Admitting, Destination};
use crate::identity::Identity;
use crate::policy::Inner;

/// What targets say of a source and a destination, each named in one way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair<'p> {
    pub(crate) destination: &'p Arc<Destination>,
    /// The targets that admit the source, as the destination knows them.
    pub(crate) targets: u64,
}

impl<'p> Pair<'p> {
    #[inline]
    pub(crate) fn admitting(self) -> Admitting<'p> {
        self.destination.admitting(self.targets)
    }
}

/// Pairs, remembered or looked up.
pub(crate) trait Pairs<'p> {
    /// Calls `each` with every pair, as often as it is called in the same order.
    fn each(&self, each: impl FnMut(Pair<'p>));
}

/// Pairs that are looked up whenever they are asked for, so that nothing needs room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unresolved<'p, 'i> {
    pub(crate) inner: &'p Inner,
    pub(crate) source: Option<&'i Identity>,
    pub(crate) destination: &'i Identity,
}

impl<'p> Pairs<'p> for Unresolved<'p, '_> {
    #[inline]
    fn each(&self, mut each: impl FnMut(Pair<'p>)) {
        let Self { inner, source: Some(source), destination } = *self else { return };
        inner.names_of(destination, |key, hash| {
            let Some(destination) = inner.destination_of(key, hash) else { return };
            inner.names_of(source, |key, hash| {
                if let Some(targets) = destination.targets_of(key, hash) {
                    each(Pair { destination, targets });
                }
            });
        });
    }
}

/// Pairs that were found already. Room for a few costs no allocation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known<'p> {
    few: [Option<Pair<'p>>; FEW],
    more: Vec<Pair<'p>>,
}

/// A peer that is known as a service account, by its SPIFFE id and by two selectors still fits.
const FEW: usize = 4;

impl<'p> Known<'p> {
    #[inline]
    pub(crate) fn of(pairs: &impl Pairs<'p>) -> Self {
        let mut known = Self::default();
        pairs.each(|pair| match known.few.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some(pair),
            None => known.more.push(pair),
        });
        known
    }
}

impl<'p> Pairs<'p> for Known<'p> {
    #[inline]
    fn each(&self, each: impl FnMut(Pair<'p>)) {
        self.few.iter().map_while(|pair| *pair).chain(self.more.iter().copied()).for_each(each);
    }
}

/// Pairs that share what they need with the policy.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Box<[(Arc<Destination>, u64)]>);

impl Shared {
    pub(crate) fn of<'p>(pairs: &impl Pairs<'p>) -> Self {
        let mut shared = Vec::new();
        pairs.each(|pair| shared.push((Arc::clone(pair.destination), pair.targets)));
        Self(shared.into())
    }
}

impl<'p> Pairs<'p> for &'p Shared {
    #[inline]
    fn each(&self, mut each: impl FnMut(Pair<'p>)) {
        let Shared(pairs) = *self;
        pairs.iter().for_each(|(destination, targets)| {
            each(Pair { destination, targets: *targets });
        });
    }
}
