//! An exact weighted backend selector for the TrafficSplits of the Service Mesh Interface (SMI):
//! which backend gets this call.
//!
//! ```
//! use smi_policy::{HttpRequest, Semantics};
//! use smi_split::{Call, ObjectName, Outcome, Port, Splits, TrafficSplit};
//!
//! // Nine in ten calls of the website go to its first version.
//! let splits = Splits::builder(Semantics::default())
//!     .traffic_split(
//!         TrafficSplit::new(ObjectName::new("shop", "canary"), "website")
//!             .backend("website-v1", 90)
//!             .backend("website-v2", 10),
//!     )
//!     .compile();
//!
//! let website = ObjectName::new("shop", "website");
//! let call = Call::to(&website).port(Port::tcp(80)).http(HttpRequest::new("GET", "/"));
//! let random = 0x9e37_79b9_7f4a_7c15; // from your random number generator
//! let answer = match splits.select(&call).outcome() {
//!     Outcome::Backends(backends) => backends.pick(random).service().to_string(),
//!     Outcome::Apex => website.to_string(),
//!     Outcome::NoBackend => "503".to_owned(),
//! };
//! assert_eq!(answer, "shop/website-v1");
//! ```
//!
//! # Overview
//!
//! - [`Splits`] is a compiled set of TrafficSplits: immutable, `Send + Sync`, shared by cloning.
//!   [`Splits::builder`] takes the resources of this crate; `Splits::from_resources` (feature
//!   `smi-types`) takes manifests of any API version.
//! - [`Splits::select`] finds the split that applies to a [`Call`], and where it sends the traffic:
//!   an [`Outcome`].
//! - [`Backends`] picks one of several by weight: at random from a number of the caller
//!   ([`Backends::pick`]), in a smooth rotation that all threads share ([`Backends::pick_smooth`]),
//!   or by a key that sticks to its backend ([`Backends::pick_sticky`]). It knows the exact shares,
//!   and picks among those that are available at the moment ([`Backends::available`]).
//! - [`Picker`] does the same for any weights, without SMI.
//! - `Live` (feature `live`) replaces splits while others pick from them.
//! - [`Rollout`] has the steps of a canary, and [`Simulation`] counts picks and compares them with
//!   the weights.
//!
//! # Three ways to pick
//!
//! | | needs | shares | which way |
//! |---|---|---|---|
//! | at random | a random number | exact on average | no state; anything goes |
//! | smooth | a counter that threads share | exact in every period | the most even load |
//! | sticky | a key | exact on average, but for less than 0.1 points | a user stays where she is |
//!
//! None takes a lock or allocates. What they cost, for n backends:
//!
//! | | a pick | memory |
//! |---|---|---|
//! | at random | one look-up | 16 bytes for each backend |
//! | smooth | one atomic addition and a look-up | 2 bytes for each turn of a rotation of up to 16,384; for longer ones 16 KiB, or 64 bytes for each backend if those are more |
//! | sticky | a hash of the key and a look-up | none until it is used; then up to 512 KiB with two or three backends, 1 MiB up to 15, 2 MiB up to 255, 4 MiB up to 65,535 |
//!
//! A sticky pick is so quick because it remembers: keys are put into 2^21 slots, and the first key of
//! each slot takes longer ([`Picker::sticky`] says how long). While a backend is out, the keys it had
//! cost about a nanosecond more for each backend that there is, and other keys nothing: nothing is
//! rebuilt. Of many keys, more than the processor's caches hold slots for, each waits for memory:
//! with 65,536 in turn, picks took up to twice as long as with 1,024.
//!
//! Building takes some microseconds for a few backends, a tenth of a millisecond for 100, and some
//! milliseconds for 10,000; where weights add up to many thousands, up to a millisecond more. Splits
//! that stay as they are are not built again. `benches/rivals` has the times beside those of other
//! crates.
//!
//! # What may surprise
//!
//! - Weights are ratios, and exact: `1` and `500m` are 2:1. Nothing is rounded; weights that can't
//!   be brought to whole numbers of 64 bits void the split.
//! - If all weights are zero, or no backend can be used, traffic has no backend. It does not fall
//!   back to the apex, unless [`Semantics::all_zero`](smi_policy::Semantics::all_zero) says so.
//! - Of several splits of one service, those with `matches` come first, then the oldest. The first
//!   that applies decides, also if it has no backend.
//! - A reference in `matches` that leads nowhere matches nothing. It never makes the split
//!   unconditional.
//! - Splits are not hierarchical: a backend that is split itself is an end.
//! - Once Services are known, a call with a port goes only to backends that have that port. Without
//!   Services, or without a port in the call, ports are not looked at.
//! - Everything that is ignored is reported by [`Splits::diagnostics`].
//!
//! # Untrusted input
//!
//! Manifests and requests may both be hostile. Compiling takes time in proportion to the input,
//! but for the tables of pickers: see above, for each distinct set of weights of a split.
//! Selecting takes time linear in the request and in the number of matches of the splits of one
//! service. Picking takes constant time, but for sticky picks: the first key of each of 2^21 slots
//! takes time in proportion to the number of backends. Memory does not depend on the keys, however
//! many there are. Nothing panics. Regular expressions are those of
//! [`smi_policy`], with its limits.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | (none, the default) | the splitter; no Kubernetes, no YAML |
//! | `live` | `Live`: splits that are replaced under load, on `arc-swap` |
//! | `k8s-openapi` | `SplitsBuilder::kubernetes_service`: Services as a Kubernetes client has them. The project that uses it chooses the Kubernetes version |
//! | `latest` | chooses the newest one, for whoever has no other |
//! | `smi-types` | `Splits::from_resources` and `SplitsBuilder::object`, on the reader of `smi-types`; no Kubernetes crate either |

mod backends;
mod builder;
mod call;
mod compile;
mod event;
#[cfg(feature = "k8s-openapi")]
mod from_k8s_openapi;
#[cfg(feature = "smi-types")]
mod from_smi;
#[cfg(feature = "live")]
mod live;
mod pick;
mod resource;
mod rollout;
mod service;
mod service_name;
mod share;
mod simulation;
mod split;
mod splits;
mod timestamp;
mod weights;

pub use smi_policy::ObjectName;

pub use backends::{AvailableBackends, Backends, Leaf};
pub use builder::SplitsBuilder;
pub use call::Call;
pub use event::Event;
#[cfg(feature = "live")]
pub use live::{Generation, Live};
pub use pick::{Available, Picker};
pub use resource::{Backend, MatchRef, TrafficSplit};
pub use rollout::{Rollout, RolloutError, RolloutStep};
pub use service::{Port, Protocol, Service, ServicePort, TargetPort};
pub use service_name::{ServiceName, ServiceNameError};
pub use share::Share;
pub use simulation::Simulation;
pub use split::{Outcome, Split};
pub use splits::{Selection, Splits};
pub use weights::{Weights, WeightsError};
