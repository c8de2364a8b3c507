//! Questions about whole policies: who may reach whom, what changed, what is of no use.
//!
//! Nothing here takes part in deciding. An audit reads the resources by itself, compares conditions
//! as sets (see `language`), and asks the policy about every example before it shows it.
//!
//! - `party`, `peers`: whom a policy speaks of, and identities that stand for them;
//! - `model`: targets with everything they refer to; `clause`: HTTP conditions;
//! - `choices`, `solve`: a request that meets one condition and none of others;
//! - `side`: what one policy grants between two parties; `diff`: two policies compared;
//! - `matrix`, `near`, `dead`, `cidrs`: the other questions; `graph`: DOT and Mermaid.

mod choices;
mod cidrs;
mod clause;
mod dead;
mod diff;
mod example;
mod graph;
mod matrix;
mod model;
mod near;
mod party;
mod peers;
mod side;
mod solve;

pub use self::dead::{Dead, DeadMatter};
pub use self::diff::{Change, Diff, Difference, NotCompared};
pub use self::example::{Example, ExampleHttp};
pub use self::matrix::{Access, AccessTraffic, Matrix};
use self::model::Model;
pub use self::near::{NearMiss, Remedy};
pub use self::party::Party;
use crate::builder::PolicyBuilder;
use crate::language::AnalysisLimits;
use crate::policy::Policy;
use crate::semantics::Semantics;

/// A policy together with the resources it was made of, to ask about as a whole.
///
/// For people, pipelines and tools; a proxy needs none of this.
///
/// ```
/// use smi_policy::{Audit, Change, HttpMatch, HttpRouteGroup, ObjectName, Policy, Rule};
/// use smi_policy::{Semantics, Subject, TrafficTarget};
///
/// let with_path = |path: &str| {
///     let target = TrafficTarget::new(ObjectName::new("shop", "web-to-cart"), "cart")
///         .source(Subject::service_account("shop", "web"))
///         .rule(Rule::http_route_group("api"));
///     let group = HttpRouteGroup::new(ObjectName::new("shop", "api"))
///         .with(HttpMatch::new("read").path_regex(path).method("GET"));
///     Audit::new(Policy::builder(Semantics::default()).http_route_group(group).traffic_target(target))
/// };
///
/// let diff = with_path("/api/v[0-9]").diff(&with_path("/api/v[0-9a]"));
/// let added = &diff.differences[0];
/// assert_eq!(added.change, Change::Allowed);
/// assert_eq!(added.example.to_string(), "GET /api/va from shop/web to shop/cart on port 1");
///
/// assert!(with_path("/a|/b").diff(&with_path("/[ab]")).is_same());
/// ```
#[derive(Clone, Debug)]
pub struct Audit {
    resources: PolicyBuilder,
    model: Model,
    limits: AnalysisLimits,
}

impl Audit {
    /// Compiles resources, and keeps them for questions.
    #[must_use]
    pub fn new(resources: PolicyBuilder) -> Self {
        let model = Model::new(&resources);
        Self { resources, model, limits: AnalysisLimits::default() }
    }

    /// Sets how much a comparison may take.
    #[must_use]
    pub fn with_limits(mut self, limits: AnalysisLimits) -> Self {
        self.limits = limits;
        self
    }

    /// The same resources under another reading.
    ///
    /// ```
    /// use smi_policy::{Audit, Identity, ObjectName, Policy, PortRoute, Ports, Request, Rule};
    /// use smi_policy::{HttpRequest, Semantics, Subject, TrafficTarget};
    ///
    /// let target = TrafficTarget::new(ObjectName::new("shop", "web-to-cart"), "cart")
    ///     .source(Subject::service_account("shop", "web"))
    ///     .rule(Rule::tcp_route("ports"));
    /// let ports = PortRoute { name: ObjectName::new("shop", "ports"), ports: Ports::All };
    /// let builder = Policy::builder(Semantics::spec()).traffic_target(target).tcp_route(ports);
    ///
    /// let spec = Audit::new(builder);
    /// let osm = spec.under(Semantics::osm());
    /// let (web, cart) =
    ///     (Identity::service_account("shop", "web"), Identity::service_account("shop", "cart"));
    /// let get = Request::http(Some(&web), &cart, 80, HttpRequest::new("GET", "/"));
    /// assert!(spec.policy().authorize(&get).is_allowed());
    /// assert!(!osm.policy().authorize(&get).is_allowed(), "OSM wants an HTTPRouteGroup for HTTP");
    /// ```
    #[must_use]
    pub fn under(&self, semantics: Semantics) -> Self {
        let mut resources = self.resources.clone();
        resources.semantics = semantics;
        Self::new(resources).with_limits(self.limits)
    }

    /// The compiled policy.
    pub fn policy(&self) -> &Policy {
        &self.model.policy
    }
}
