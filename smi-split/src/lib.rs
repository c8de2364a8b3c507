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
//!   ([`Backends::pick`]) or in a smooth rotation that all threads share
//!   ([`Backends::pick_smooth`]), and knows the exact shares.
//! - [`Picker`] does the same for any weights, without SMI.
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
//! but for rotations that are written out: at most about a millisecond for each distinct set of
//! weights. Selecting takes time linear in the request and in the number of matches of the splits
//! of one service; picking takes constant time at random, and time logarithmic in the number of
//! backends in a long rotation. Nothing panics. Regular expressions are those of
//! [`smi_policy`], with its limits.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | (none, the default) | the splitter; no Kubernetes, no YAML |
//! | `smi-types` | `Splits::from_resources` and `SplitsBuilder::object`, on the reader of `smi-types`; no Kubernetes crate either |

mod backends;
mod builder;
mod call;
mod compile;
mod event;
#[cfg(feature = "smi-types")]
mod from_smi;
#[cfg(feature = "live")]
mod live;
mod pick;
mod resource;
mod service;
mod service_name;
mod share;
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
pub use service::{Port, Protocol, Service, ServicePort, TargetPort};
pub use service_name::{ServiceName, ServiceNameError};
pub use share::Share;
pub use split::{Outcome, Split};
pub use splits::{Selection, Splits};
pub use weights::{Weights, WeightsError};
