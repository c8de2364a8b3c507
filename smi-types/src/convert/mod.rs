//! Conversion between the API versions of a kind.
//!
//! Any object converts to any version of its kind. Nothing widens and nothing is lost: what the
//! target version can't say is kept in the annotation [`PRESERVED_ANNOTATION`], so that the way back
//! is exact, and the reader honours it, so that an object means the same in every version.
//!
//! | kind | what is kept | while |
//! |---|---|---|
//! | TrafficTarget | `port` of a subject (v1alpha1, v1alpha2) | kind, name and namespace of the subject are the same |
//! | | an IdentityBinding (v1alpha4) as source or destination | the destination was not replaced |
//! | | a UDPRoute (v1alpha3, v1alpha4) as a rule | |
//! | TCPRoute | `spec.matches` (v1alpha4) | |
//! | TrafficSplit | `spec.matches` (v1alpha3, v1alpha4) | `spec.service` is the same |
//! | | weights as written in v1alpha1 | the backends are the same |
//!
//! Weights become the same whole numbers or, if one of them has a fraction, the smallest whole
//! numbers in the same ratio: `1` and `500m` become 2 and 1. Headers of an HTTPRouteGroup stay where
//! they are in every version: the official definition of v1alpha1 has them, though its text doesn't.
//!
//! An object of v1alpha1 to v1alpha3 whose subject claims to be an IdentityBinding, or of v1alpha1
//! or v1alpha2 with a UDPRoute rule, means nothing in its version and something in the next. Such a
//! part is kept in the annotation with the version it was written in, and goes on meaning nothing.
//!
//! Fields that the source version doesn't have are left where they are if the target version
//! doesn't have them there either, and dropped otherwise, because they had no effect and would get
//! one. The [`Move`]s of a conversion list every field that didn't simply stay.
//!
//! Source: SMI Traffic Access Control, Traffic Specs and Traffic Split, v1alpha1 to v1alpha4. The
//! annotation is ours.

mod converter;
mod error;
mod json;
mod moves;
mod port_route;
pub(crate) mod preserved;
mod resolve;
mod route_group;
mod slot;
mod traffic_split;
mod traffic_target;
#[cfg(feature = "kube")]
mod typed;
mod weights;

pub use self::converter::{Annotations, Companions, Conversion, Converter};
pub use self::error::ConvertError;
pub use self::moves::{Fate, Move};
pub use self::preserved::PRESERVED_ANNOTATION;
pub(crate) use self::resolve::{Resolved, resolve};
