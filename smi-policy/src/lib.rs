//! A pure decision engine for the Service Mesh Interface (SMI): may this identity make this
//! connection or request, and why.
//!
//! ```
//! use smi_policy::{HttpMatch, HttpRequest, HttpRouteGroup, Identity, ObjectName, Policy};
//! use smi_policy::{Request, Rule, Semantics, Subject, TrafficTarget};
//!
//! // Web may read the cart's items, and nothing else.
//! let policy = Policy::builder(Semantics::default())
//!     .http_route_group(
//!         HttpRouteGroup::new(ObjectName::new("shop", "cart-api"))
//!             .with(HttpMatch::new("read").path_regex("/items(/.*)?$").method("GET")),
//!     )
//!     .traffic_target(
//!         TrafficTarget::new(ObjectName::new("shop", "web-to-cart"), "cart")
//!             .source(Subject::service_account("shop", "web"))
//!             .rule(Rule::http_route_group("cart-api")),
//!     )
//!     .compile();
//!
//! let web = Identity::spiffe("spiffe://cluster.local/ns/shop/sa/web")?;
//! let cart = Identity::service_account("shop", "cart");
//! let get = HttpRequest::new("GET", "/items/7?full=1");
//! assert!(policy.authorize(&Request::http(Some(&web), &cart, 8080, get)).is_allowed());
//!
//! let delete = HttpRequest::new("DELETE", "/items/7");
//! let why = policy.explain(&Request::http(Some(&web), &cart, 8080, delete));
//! assert!(!why.decision().is_allowed());
//! let closest = why.closest().map(|candidate| candidate.target.to_string());
//! assert_eq!(closest.as_deref(), Some("shop/web-to-cart"));
//! # Ok::<(), smi_policy::IdentityError>(())
//! ```
//!
//! # Overview
//!
//! - [`Policy`] is a compiled set of resources: immutable, `Send + Sync`, shared by cloning. Compile
//!   once, decide as often as you like. [`Policy::builder`] takes the resources of this crate;
//!   `Policy::from_resources` (feature `smi-types`) takes manifests of any API version.
//! - [`Policy::authorize`] decides a [`Request`] (one HTTP request, a TCP connection, a UDP flow) of
//!   one [`Identity`] to another and gives a [`Decision`]: verdict, reason, and the target, rule and
//!   match that allow.
//! - [`Policy::connection`] resolves a peer once, for proxies that know it when a connection opens; a
//!   [`Connection`] decides its requests, and says whether opaque bytes may pass.
//! - `PolicyStore` (feature `live`) follows resources as they change.
//! - [`Policy::explain`] says of every target that names the destination which condition failed
//!   first, and which came closest. It costs nothing unless it is called.
//! - [`Audit`] asks about a policy as a whole, off the hot path: who may reach whom
//!   ([`Audit::matrix`]), what a new set of resources allows that the old one did not
//!   ([`Audit::diff`]), what would have been allowed ([`Audit::near_misses`]), what is of no use
//!   ([`Audit::dead_matter`]). [`Language`] compares patterns by what they accept.
//! - [`Semantics`] holds the options in which meshes differ, and presets for some of them.
//!
//! # What may surprise
//!
//! - The default is to deny. What cannot be understood (a bad regular expression, an unknown kind, a
//!   reference to nothing) allows nothing, restricts as if it could be understood, is reported by
//!   [`Policy::diagnostics`], and leaves everything else working.
//! - Each TrafficTarget is judged alone. Nothing of one target ever combines with something of
//!   another, and adding a target never takes an allow away.
//! - Within a target, HTTPRouteGroups and TCPRoutes restrict each other: port *and* match.
//! - `pathRegex` is anchored at the start and need not reach the end, as the specification has it:
//!   `/metrics` matches `/metricsfoo`. Header regexes match the whole value.
//! - A path that a server may read in more than one way (`/a/../b`, `//a`, `/%61`) satisfies no
//!   `pathRegex` that constrains anything: see [`PathMode`].
//! - An opaque TCP connection to a destination that has only HTTP conditions is neither allowed nor
//!   denied but [`Verdict::HttpOnly`]: look at each request in it.
//! - Ports are those on which the server process listens (container ports), not a Service's.
//!
//! # Untrusted input
//!
//! Manifests and requests may both be hostile. Regular expressions are RE2's and run in time linear
//! in the request; patterns, groups and policies that would compile to too much are refused in part,
//! and reported, when the policy is compiled ([`Limits`]). A decision allocates nothing, except where a
//! path has to be rewritten, and where a pattern's automaton would be too large so that it is simulated
//! (see [`Regex`]). It takes time linear in the size of the request and in the number of matches
//! of the targets that concern this source and destination. Comparing policies ([`Audit::diff`]) is
//! bounded as well ([`AnalysisLimits`]), and says what it left out. Nothing panics.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | (none, the default) | the engine; no Kubernetes, no YAML |
//! | `http` | requests and header maps of the `http` crate |
//! | `live` | `PolicyStore`: takes changes of resources, and publishes policies while others ask them |
//! | `smi-types` | `Policy::from_resources` and `PolicyBuilder::object`, on the reader of `smi-types`; no Kubernetes crate either |

mod address;
mod arrange;
mod audit;
mod binding;
mod builder;
mod cidr;
mod closed;
mod connection;
mod decision;
mod destination;
mod diagnostic;
mod explain;
#[cfg(feature = "http")]
mod from_http;
#[cfg(feature = "smi-types")]
mod from_smi;
mod headers;
mod http_routes;
mod identity;
mod interner;
mod judge;
mod labels;
mod language;
mod name;
mod pairs;
mod pattern;
mod policy;
mod ports;
mod principal;
mod record;
mod request;
mod resolve;
mod resource;
mod route;
mod semantics;
mod shards;
mod spiffe;
mod spoken_of;
#[cfg(feature = "live")]
mod store;
mod target;
mod users;
mod view;
mod writer;

pub use address::{AddressBook, AddressError};
pub use audit::{
    Access, AccessTraffic, Audit, Change, Dead, DeadMatter, Diff, Difference, Example, ExampleHttp,
    Matrix, NearMiss, NotCompared, Party, Remedy,
};
pub use builder::PolicyBuilder;
pub use cidr::Cidr;
pub use connection::{Connection, OwnedConnection};
pub use decision::{Decision, Grant, MatchRef, Reason, Verdict};
pub use diagnostic::{Diagnostic, ObjectKind, Severity};
pub use explain::{Candidate, Condition, Explanation, Outcome};
pub use headers::{FieldVisitor, Headers, NoHeaders};
pub use identity::{Identity, IdentityError, Proof, TrustDomain};
pub use language::{AnalysisError, AnalysisLimits, Language, PathShape};
pub use name::ObjectName;
pub use pattern::{Bound, Limits, Pattern, PatternError, PatternErrorKind, Regex, Scan};
pub use policy::Policy;
pub use request::{Connect, HttpRequest, Request, Traffic, Transport};
pub use resource::{
    HttpMatch, HttpRouteGroup, IdentityBinding, LabelRequirement, LabelSelector, PortCondition,
    PortRoute, Ports, Rule, RuleKind, Schemes, Subject, TrafficTarget,
};
pub use route::{HttpSubject, NormalizedPath, RouteGroup};
pub use semantics::{
    AbsentMatches, AbsentSourceNamespace, AllZero, Anchor, ForeignDestination, HttpRequires,
    HttpSemantics, PathMode, PodLabels, RepeatedHeaders, Semantics, Unselected,
};
pub use spiffe::{SpiffeId, SpiffeIdError};
#[cfg(feature = "live")]
pub use store::{Changes, Generation, PolicyStore};
pub use view::{PortsView, TargetView};
