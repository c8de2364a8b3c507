//! A pure decision engine for the Service Mesh Interface.

mod address;
mod binding;
mod builder;
mod compile;
mod decide;
mod decision;
mod diagnostic;
mod explain;
#[cfg(feature = "smi-types")]
mod from_smi;
mod headers;
mod identity;
mod index;
mod labels;
mod name;
mod pattern;
mod policy;
mod ports;
mod principal;
mod request;
mod resource;
mod route;
mod semantics;
mod spiffe;
mod target;
mod view;

pub use address::{AddressBook, AddressError};
pub use builder::PolicyBuilder;
pub use decision::{Decision, Grant, MatchRef, Reason, Verdict};
pub use diagnostic::{Diagnostic, ObjectKind, Severity};
pub use explain::{Candidate, Condition, Explanation, Outcome};
pub use headers::{FieldVisitor, Headers, NoHeaders};
pub use identity::{Identity, IdentityError, Proof, TrustDomain};
pub use name::ObjectName;
pub use pattern::{Limits, Pattern, PatternError, Regex};
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
pub use view::{PortsView, TargetView};
