use smi_policy::ObjectName;

use crate::{Picker, Share, TargetPort};

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
    pub fn pick(&self, random: u64) -> &Leaf {
        self.leaf(self.picker.random(random))
    }

    /// The next backend of a smooth rotation, which all threads share.
    ///
    /// See [`Picker::smooth`]. Each split has a rotation of its own for each port.
    pub fn pick_smooth(&self) -> &Leaf {
        self.leaf(self.picker.smooth())
    }

    /// What picks: by index into [`leaves`](Self::leaves).
    pub fn picker(&self) -> &Picker {
        &self.picker
    }

    #[expect(clippy::indexing_slicing, reason = "there are as many leaves as weights: see `new`")]
    fn leaf(&self, index: usize) -> &Leaf {
        &self.leaves[index]
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
