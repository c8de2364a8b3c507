//! Leaves the Service Mesh Interface without losing a rule: manifests become objects of the Gateway
//! API and of the mesh that enforces them from now on, with a report that an operator can sign.
//!
//! ```
//! use smi_gateway_api::{Mesh, Migration, Options, Verdict};
//! use smi_types::manifest::{Manifest, Resources};
//!
//! let mut resources = Resources::new("shop");
//! resources.add("cart.yaml", Manifest::read("
//! apiVersion: specs.smi-spec.io/v1alpha4
//! kind: HTTPRouteGroup
//! metadata: {name: cart-api}
//! spec: {matches: [{name: look, pathRegex: '/cart$', methods: [GET]}]}
//! ---
//! apiVersion: access.smi-spec.io/v1alpha4
//! kind: TrafficTarget
//! metadata: {name: web-to-cart}
//! spec:
//!   destination: {kind: ServiceAccount, name: cart}
//!   sources: [{kind: ServiceAccount, name: web}]
//!   rules: [{kind: HTTPRouteGroup, name: cart-api}]
//! "));
//!
//! // Pods carry the name of their service account as the label `app`.
//! let options = Options::default().mesh(Mesh::Istio).account_label("app");
//! let migration = Migration::plan(&resources, &options);
//!
//! let names: Vec<&str> = migration.objects().iter().map(|object| object.name()).collect();
//! assert_eq!(names, ["web-to-cart", "smi-default-deny"]);
//! assert!(migration.to_yaml()?.contains("- cluster.local/ns/shop/sa/web"));
//!
//! // What became of each field; `finding.by_hand` says what is left to do.
//! for finding in migration.findings() {
//!     println!("{finding}");
//! }
//! assert!(migration.verdicts().all(|(_, verdict)| verdict <= Verdict::Caveat));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Overview
//!
//! - [`Migration::plan`] translates [`Resources`](smi_types::manifest::Resources): TrafficSplits to
//!   HTTPRoutes, GRPCRoutes, TCPRoutes and UDPRoutes of Services, TrafficTargets to the
//!   authorization of a [`Mesh`]. [`Migration::back`] goes the other way.
//! - [`Object`] is what to apply: typed by the `gateway_api` crate where that has types.
//! - [`Finding`] says what became of a field: a [`Verdict`], a [`Level`], a stable code, why, and
//!   what to do by hand. [`Summary`] counts.
//!
//! Pure functions: no I/O, no clock; the same input gives the same output. Paths and headers are
//! translated by what they match, found out with the automata of [`smi_policy::Language`].
//!
//! # What may surprise
//!
//! - Access is never widened. A condition that a mesh can't say makes its target narrower or leaves
//!   it out, with an error; default deny is part of the output, for every namespace of the manifests
//!   ([`Options::leave_open`] makes exceptions, at your word). That holds for what the mesh enforces
//!   on requests as they reach it: a proxy that rewrites paths first enforces the rewritten ones.
//! - [`Verdict::Exact`] speaks of requests whose target is a path. Under
//!   [`PathMode::AsIs`](smi_policy::PathMode::AsIs) it speaks of printable ASCII only, which is what
//!   a mesh that normalises paths lets pass.
//! - The order of SMI, where the first split counts, becomes that of the Gateway API, where the most
//!   specific match counts: matches that overlap are written out with what they have in common.
//! - Routes and policies that are among the manifests already keep their names and stay in force; the
//!   report names them, as it does workloads whose pods get round a mesh's policies.
//! - Linkerd's, Istio's and GEP-3779's policies select pods by labels. Labels that are known to belong
//!   to pods of another account too are refused; what is not among the manifests can't be known.
//!
//! # Untrusted input
//!
//! Manifests may be hostile. Analyses are bounded
//! ([`AnalysisLimits`](smi_policy::AnalysisLimits)); what is beyond the bounds is refused, as are
//! routes of more than 2,048 matches, and targets whose ports, matches and callers multiply to more
//! than 2,000,000 values. Conditions that are too many to compare are narrowed. Names that a mesh would
//! take for a wildcard are refused. Nothing panics.
//!
//! # Foreign types
//!
//! [`Object`] has types of `gateway_api` 0.22, made of `k8s-openapi` 0.28; they appear nowhere else.
//! [`IpNet`] is that of `ipnet` 2.
//!
//! # Features
//!
//! - `latest` (on by default): chooses the newest Kubernetes version in that `k8s-openapi`. A project
//!   that chooses its own leaves it out.

mod access;
mod back;
mod cluster;
mod condition;
mod existing;
mod finding;
mod migration;
mod object;
mod options;
mod path;
mod route;

pub use finding::{Finding, Level, Origin, Verdict};
pub use ipnet::IpNet;
pub use migration::{Migration, Summary};
pub use object::{Object, Other};
pub use options::{Mesh, Options};
