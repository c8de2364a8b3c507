use smi_policy::ObjectName;

use crate::{Available, Picker, Share, TargetPort};

/// The backends that one call may go to, ready to pick one of them by weight.
///
/// Only backends that get something are here: those with weight 0, and those that can't be used for
/// the call's port, are not. There is always at least one.
///
/// ```
/// use smi_policy::Semantics;
/// use smi_split::{Call, ObjectName, Outcome, Splits, TrafficSplit};
///
/// let splits = Splits::builder(Semantics::default())
///     .traffic_split(
///         TrafficSplit::new(ObjectName::new("shop", "canary"), "website")
///             .backend("website-v1", 90)
///             .backend("website-v2", 10),
///     )
///     .compile();
///
/// let website = ObjectName::new("shop", "website");
/// let Outcome::Backends(backends) = splits.select(&Call::to(&website)).outcome() else {
///     return;
/// };
/// let shares: Vec<String> = backends.shares().map(|(_, share)| share.to_string()).collect();
/// assert_eq!(shares, ["9/10", "1/10"]);
///
/// assert_eq!(backends.pick(0).service().name(), "website-v1");
/// let in_turn: Vec<&str> =
///     (0..10).map(|_| backends.pick_smooth().service().name()).collect();
/// assert_eq!(in_turn.iter().filter(|name| **name == "website-v2").count(), 1);
/// ```
#[derive(Debug)]
pub struct Backends {
    leaves: Box<[Leaf]>,
    picker: Picker,
}

impl Backends {
    /// Leaves, and a picker made of as many weights.
    pub(crate) fn new(leaves: Vec<Leaf>, picker: Picker) -> Self {
        debug_assert_eq!(leaves.len(), picker.weights().as_slice().len());
        Self { leaves: leaves.into(), picker }
    }

    /// All of them, in the order of the TrafficSplit.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// All of them with their exact shares, which add up to 1.
    pub fn shares(&self) -> impl Iterator<Item = (&Leaf, Share)> {
        let shares = (0..).map_while(|index| self.picker.weights().share(index));
        self.leaves.iter().zip(shares)
    }

    /// The backend that `random`, one of all 2^64 numbers, falls on.
    ///
    /// Stateless: the number decides alone. See [`Picker::random`].
    #[inline]
    pub fn pick(&self, random: u64) -> &Leaf {
        self.leaf(self.picker.random(random))
    }

    /// The next backend of a smooth rotation, which all threads share.
    ///
    /// See [`Picker::smooth`]. Each split has a rotation of its own for each port.
    #[inline]
    pub fn pick_smooth(&self) -> &Leaf {
        self.leaf(self.picker.smooth())
    }

    /// The backend that `key` sticks to: a user's id, a session, an address.
    ///
    /// Keys stick to services, by namespace and name. See [`Picker::sticky`].
    #[inline]
    pub fn pick_sticky(&self, key: &[u8]) -> &Leaf {
        self.leaf(self.picker.sticky(key))
    }

    /// A view of these backends that picks only from what is available at the moment: what is left
    /// shares in proportion to its weights, and only keys of a backend that failed move.
    ///
    /// ```
    /// use smi_policy::Semantics;
    /// use smi_split::{Call, ObjectName, Outcome, Splits, TrafficSplit};
    ///
    /// let splits = Splits::builder(Semantics::default())
    ///     .traffic_split(
    ///         TrafficSplit::new(ObjectName::new("shop", "canary"), "website")
    ///             .backend("website-v1", 90)
    ///             .backend("website-v2", 10),
    ///     )
    ///     .compile();
    /// let website = ObjectName::new("shop", "website");
    /// let Outcome::Backends(backends) = splits.select(&Call::to(&website)).outcome() else {
    ///     return;
    /// };
    ///
    /// let healthy = backends.available(|leaf| leaf.service().name() != "website-v2");
    /// let leaf = healthy.pick_sticky(b"user-4711").unwrap();
    /// assert_eq!(leaf.service().name(), "website-v1");
    /// assert!(backends.available(|_| false).pick_smooth().is_none());
    /// ```
    pub fn available<F: Fn(&Leaf) -> bool>(
        &self,
        is_available: F,
    ) -> AvailableBackends<'_, impl Fn(usize) -> bool> {
        let view = self.picker.available(move |index| is_available(self.leaf(index)));
        AvailableBackends { backends: self, view }
    }

    /// Lets rotations go on where those of `previous` are.
    pub(crate) fn continue_from(&mut self, previous: &Self) {
        self.picker.continue_from(&previous.picker);
    }

    /// What picks: by index into [`leaves`](Self::leaves).
    pub fn picker(&self) -> &Picker {
        &self.picker
    }

    #[expect(clippy::indexing_slicing, reason = "there are as many leaves as weights: see `new`")]
    #[inline]
    fn leaf(&self, index: usize) -> &Leaf {
        &self.leaves[index]
    }
}

/// The [`Backends`] that are available at the moment; made by [`Backends::available`].
///
/// Each pick is `None` if nothing is available. See [`Available`].
#[derive(Debug)]
pub struct AvailableBackends<'b, F> {
    backends: &'b Backends,
    view: Available<'b, F>,
}

impl<'b, F: Fn(usize) -> bool> AvailableBackends<'b, F> {
    /// The backend that `random` falls on: see [`Available::random`].
    pub fn pick(&self, random: u64) -> Option<&'b Leaf> {
        self.view.random(random).map(|index| self.backends.leaf(index))
    }

    /// The next backend of the rotation that is available: see [`Available::smooth`].
    pub fn pick_smooth(&self) -> Option<&'b Leaf> {
        self.view.smooth().map(|index| self.backends.leaf(index))
    }

    /// The backend that `key` sticks to: see [`Available::sticky`].
    pub fn pick_sticky(&self, key: &[u8]) -> Option<&'b Leaf> {
        self.view.sticky(key).map(|index| self.backends.leaf(index))
    }

    /// What is available, with its exact shares at the moment.
    pub fn shares(&self) -> impl Iterator<Item = (&'b Leaf, Share)> {
        let shares = self.backends.leaves.iter().enumerate();
        shares.filter_map(|(index, leaf)| Some((leaf, self.view.share(index)?)))
    }
}

/// A service that traffic of a split goes to: the end of the way.
///
/// Splits are not hierarchical: if the service has a split of its own, that does not count here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    pub(crate) service: ObjectName,
    pub(crate) is_apex: bool,
    pub(crate) target_port: Option<TargetPort>,
}

impl Leaf {
    /// Namespace and name of the service.
    pub fn service(&self) -> &ObjectName {
        &self.service
    }

    /// Whether this is the apex itself: the traffic goes to the apex Service's own endpoints.
    pub fn is_apex(&self) -> bool {
        self.is_apex
    }

    /// Where on its pods the service sends the traffic of the call's port. `None` if the call has
    /// no port, or no Services are known.
    pub fn target_port(&self) -> Option<&TargetPort> {
        self.target_port.as_ref()
    }
}
