use std::fmt;
use std::sync::Arc;

use crate::builder::PolicyBuilder;
use crate::decision::Decision;
use crate::diagnostic::Diagnostic;
use crate::explain::Explanation;
use crate::headers::Headers;
use crate::identity::{Identity, Resolver};
use crate::index::{Index, TargetId};
use crate::principal::{Principal, Principals};
use crate::request::Request;
use crate::semantics::Semantics;
use crate::target::Target;
use crate::view::TargetView;

/// A compiled set of SMI access resources: immutable, shared by cloning, asked from any thread.
///
/// Everything that can fail fails when the policy is compiled, and is reported as a
/// [`Diagnostic`]; deciding neither compiles nor fails.
///
/// ```
/// use smi_policy::{HttpMatch, HttpRequest, HttpRouteGroup, Identity, ObjectName, Policy};
/// use smi_policy::{Request, Rule, Semantics, Subject, TrafficTarget};
///
/// let group = HttpRouteGroup::new(ObjectName::new("shop", "cart-api"))
///     .with(HttpMatch::new("read").path_regex("/items").method("GET"));
/// let target = TrafficTarget::new(ObjectName::new("shop", "web-to-cart"), "cart")
///     .source(Subject::service_account("shop", "web"))
///     .rule(Rule::http_route_group("cart-api"));
/// let policy = Policy::builder(Semantics::default())
///     .http_route_group(group)
///     .traffic_target(target)
///     .compile();
///
/// let web = Identity::service_account("shop", "web");
/// let cart = Identity::service_account("shop", "cart");
/// let get = HttpRequest::new("GET", "/items/7");
/// let decision = policy.authorize(&Request::http(Some(&web), &cart, 8080, get));
/// assert!(decision.is_allowed());
/// assert_eq!(
///     decision.to_string(),
///     "allow reason=target target=shop/web-to-cart rule=0 match=shop/cart-api#read \
///      proof=certificate",
/// );
///
/// let delete = HttpRequest::new("DELETE", "/items/7");
/// assert!(!policy.authorize(&Request::http(Some(&web), &cart, 8080, delete)).is_allowed());
/// ```
#[derive(Clone)]
pub struct Policy {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) semantics: Semantics,
    pub(crate) resolver: Resolver,
    pub(crate) principals: Principals,
    pub(crate) index: Index,
    /// Sorted by namespace and name.
    pub(crate) targets: Box<[Target]>,
    pub(crate) diagnostics: Box<[Diagnostic]>,
}

impl Policy {
    /// Begins a policy that reads its resources by these semantics.
    pub fn builder(semantics: Semantics) -> PolicyBuilder {
        PolicyBuilder::new(semantics)
    }

    pub(crate) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// Decides one request, connection or flow.
    ///
    /// The work depends on the targets that concern this source and destination, not on the size
    /// of the policy.
    pub fn authorize<H: Headers + ?Sized>(&self, request: &Request<'_, H>) -> Decision<'_> {
        self.inner.decide(request)
    }

    /// Decides, and says of every target that names the destination why it allows or does not.
    ///
    /// For people: this allocates and looks at every candidate.
    pub fn explain<H: Headers + ?Sized>(&self, request: &Request<'_, H>) -> Explanation<'_> {
        self.inner.explain(request)
    }

    /// What was ignored or surprises, by kind, object and field.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.inner.diagnostics
    }

    /// The semantics that the resources were read by.
    pub fn semantics(&self) -> &Semantics {
        &self.inner.semantics
    }

    /// All targets, by namespace and name, as the policy understood them.
    pub fn targets(&self) -> impl Iterator<Item = TargetView<'_>> {
        self.inner.targets.iter().map(TargetView::new)
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("targets", &self.inner.targets.len())
            .field("diagnostics", &self.inner.diagnostics.len())
            .finish_non_exhaustive()
    }
}

impl Inner {
    pub(crate) fn target(&self, id: TargetId) -> Option<&Target> {
        self.targets.get(id.index())
    }

    /// Whether the policy could speak of this destination at all.
    pub(crate) fn knows(&self, destination: &Identity) -> bool {
        let mut known = self.resolver.account(destination).is_some();
        self.principals_of(destination, |_| known = true);
        known
    }

    /// Whether some target closes this destination for all whom no target admits.
    pub(crate) fn is_selected(&self, destination: &Identity) -> bool {
        let Some(account) = self.resolver.account(destination) else {
            // Nobody knows whose namespace it is in, and so who could open it.
            return true;
        };
        let mut selected = self.index.is_closed(account.namespace);
        self.principals_of(destination, |principal| {
            selected = selected || self.index.is_selected(principal);
        });
        selected
    }

    /// Calls `each` with the targets, ascending, of every way in which these two can be named.
    pub(crate) fn for_each_pair(
        &self,
        source: &Identity,
        destination: &Identity,
        mut each: impl FnMut(&[TargetId]),
    ) {
        self.principals_of(destination, |destination| {
            self.principals_of(source, |source| each(self.index.pair(destination, source)));
        });
    }

    pub(crate) fn principals_of(&self, identity: &Identity, each: impl FnMut(Principal)) {
        self.principals.of(identity, &self.resolver, each);
    }
}
