use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::binding::Binding;
use crate::builder::PolicyBuilder;
use crate::closed::Closed;
use crate::connection::Connection;
use crate::decision::Decision;
use crate::destination::Destination;
use crate::diagnostic::Diagnostic;
use crate::explain::Explanation;
use crate::headers::Headers;
use crate::identity::{Identity, Resolver};
use crate::judge::Judge;
use crate::pairs::Unresolved;
use crate::pattern::Limits;
use crate::ports::CompiledRoute;
use crate::principal::{Key, Principal};
use crate::request::Request;
use crate::route::RouteGroup;
use crate::semantics::Semantics;
use crate::shards::Shards;
use crate::spoken_of::SpokenOf;
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

/// What a policy consists of. Cloning shares nearly all of it: see [`Shards`].
#[derive(Clone, Debug)]
pub(crate) struct Inner {
    pub(crate) semantics: Arc<Semantics>,
    pub(crate) limits: Limits,
    pub(crate) resolver: Arc<Resolver>,
    destinations: Shards<Arc<Destination>>,
    pub(crate) spoken_of: SpokenOf,
    pub(crate) closed: Arc<Closed>,
    pub(crate) targets: Shards<Arc<Target>>,
    pub(crate) groups: Shards<RouteGroup>,
    pub(crate) tcp: Shards<Arc<CompiledRoute>>,
    pub(crate) udp: Shards<Arc<CompiledRoute>>,
    pub(crate) bindings: Shards<Arc<Binding>>,
    /// What is to be reported besides what belongs to one of these.
    pub(crate) notes: Arc<[Diagnostic]>,
    /// All reports, once somebody has asked.
    diagnostics: OnceLock<Box<[Diagnostic]>>,
}

impl Policy {
    /// Begins a policy that reads its resources by these semantics.
    pub fn builder(semantics: Semantics) -> PolicyBuilder {
        PolicyBuilder::new(semantics)
    }

    pub(crate) fn new(mut inner: Inner) -> Self {
        inner.diagnostics = OnceLock::new();
        Self { inner: Arc::new(inner) }
    }

    /// Decides one request, connection or flow.
    ///
    /// The work depends on what the targets of this destination say of this source, not on the size
    /// of the policy. Who knows the peer when a connection opens asks
    /// [`connection`](Self::connection) once instead.
    #[inline]
    pub fn authorize<H: Headers + ?Sized>(&self, request: &Request<'_, H>) -> Decision<'_> {
        self.inner.decide(request)
    }

    /// Resolves everything about a connection but what its requests ask for.
    ///
    /// `port` is the one on which the server process receives, as in [`Request`].
    ///
    /// ```
    /// use smi_policy::{HttpMatch, HttpRequest, HttpRouteGroup, Identity, ObjectName, Policy, Rule};
    /// use smi_policy::{Semantics, Subject, TrafficTarget, Verdict};
    ///
    /// let policy = Policy::builder(Semantics::default())
    ///     .http_route_group(
    ///         HttpRouteGroup::new(ObjectName::new("shop", "cart-api"))
    ///             .with(HttpMatch::new("read").path_regex("/items").method("GET")),
    ///     )
    ///     .traffic_target(
    ///         TrafficTarget::new(ObjectName::new("shop", "web-to-cart"), "cart")
    ///             .source(Subject::service_account("shop", "web"))
    ///             .rule(Rule::http_route_group("cart-api")),
    ///     )
    ///     .compile();
    ///
    /// let web = Identity::service_account("shop", "web");
    /// let cart = Identity::service_account("shop", "cart");
    /// let connection = policy.connection(Some(&web), &cart, 8080);
    ///
    /// // Opaque bytes may not pass, but requests may: so look at each.
    /// assert_eq!(connection.tcp().verdict(), Verdict::HttpOnly);
    /// assert!(connection.http(&HttpRequest::new("GET", "/items/7")).is_allowed());
    /// assert!(!connection.http(&HttpRequest::new("GET", "/admin")).is_allowed());
    /// ```
    #[inline]
    pub fn connection(
        &self,
        source: Option<&Identity>,
        destination: &Identity,
        port: u16,
    ) -> Connection<'_> {
        Connection::new(self, source, destination, port)
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// Decides, and says of every target that names the destination why it allows or does not.
    ///
    /// For people: this allocates and looks at every candidate.
    pub fn explain<H: Headers + ?Sized>(&self, request: &Request<'_, H>) -> Explanation<'_> {
        self.inner.explain(request)
    }

    /// What was ignored or surprises, by kind, object and field.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        self.inner.diagnostics.get_or_init(|| self.inner.collect_diagnostics())
    }

    /// The semantics that the resources were read by.
    pub fn semantics(&self) -> &Semantics {
        &self.inner.semantics
    }

    /// All targets, by namespace and name, as the policy understood them.
    pub fn targets(&self) -> impl Iterator<Item = TargetView<'_>> {
        self.inner.targets.sorted().into_iter().map(|target| TargetView::new(target))
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("targets", &self.inner.targets.len()).finish_non_exhaustive()
    }
}

impl Inner {
    pub(crate) fn new(semantics: Semantics, limits: Limits) -> Self {
        let resolver = Resolver::new(&semantics.trust_domains, &semantics.linkerd_namespace);
        Self {
            semantics: Arc::new(semantics),
            limits,
            resolver: Arc::new(resolver),
            destinations: Shards::new(),
            spoken_of: SpokenOf::new(),
            closed: Arc::default(),
            targets: Shards::new(),
            groups: Shards::new(),
            tcp: Shards::new(),
            udp: Shards::new(),
            bindings: Shards::new(),
            notes: Arc::default(),
            diagnostics: OnceLock::new(),
        }
    }

    #[inline]
    pub(crate) fn decide<H: Headers + ?Sized>(&self, request: &Request<'_, H>) -> Decision<'_> {
        let Request { source, destination, port, traffic } = request;
        let judge = Judge {
            semantics: &self.semantics,
            port: *port,
            standing: self.standing(*source, destination),
            pairs: Unresolved { inner: self, source: *source, destination },
        };
        judge.decide(traffic)
    }

    /// What targets say of somebody.
    pub(crate) fn destination(&self, who: &Principal) -> Option<&Arc<Destination>> {
        self.destination_of(who.key(), who.key().hash())
    }

    #[inline]
    pub(crate) fn destination_of(&self, key: Key<'_>, hash: u64) -> Option<&Arc<Destination>> {
        self.destinations.find(hash, |destination| destination.who.is(key))
    }

    pub(crate) fn put_destination(&mut self, destination: Arc<Destination>) {
        let who = destination.who.clone();
        self.destinations.put(destination, |known| known.who == who);
    }

    pub(crate) fn remove_destination(&mut self, who: &Principal) {
        self.destinations.remove(who.key().hash(), |known| known.who == *who);
    }

    /// Calls `each` with every way in which the policy can speak of an identity: as a service
    /// account, as a SPIFFE id, and by the selectors that select its pod; and with the hash of it.
    #[inline]
    pub(crate) fn names_of<'i>(
        &'i self,
        identity: &'i Identity,
        mut each: impl FnMut(Key<'i>, u64),
    ) {
        if let Some(account) = self.resolver.account(identity) {
            each(Key::Account(account), self.resolver.hash_of(identity, account));
        }
        self.spoken_of.names_of(identity, each);
    }

    /// Whether the policy could speak of this destination at all.
    #[inline]
    pub(crate) fn knows(&self, destination: &Identity) -> bool {
        let mut known = self.resolver.has_account(destination);
        if !known {
            self.names_of(destination, |_, _| known = true);
        }
        known
    }

    /// Whether some target closes this destination for all whom no target admits.
    pub(crate) fn is_selected(&self, destination: &Identity) -> bool {
        let Some(account) = self.resolver.account(destination) else {
            // Nobody knows whose namespace it is in, and so who could open it.
            return true;
        };
        let mut selected = self.closed.contains(account.namespace);
        self.names_of(destination, |key, hash| {
            // A pod may be of another namespace than its account. It is of both, which grants less.
            let is_of_own = |target: &Arc<Target>| target.name.namespace() == account.namespace;
            selected = selected
                || self
                    .destination_of(key, hash)
                    .is_some_and(|d| d.is_selected || d.targets.iter().any(is_of_own));
        });
        selected
    }

    fn collect_diagnostics(&self) -> Box<[Diagnostic]> {
        let mut all: Vec<Diagnostic> = self.notes.to_vec();
        all.extend(self.targets.iter().flat_map(|target| target.diagnostics.iter().cloned()));
        all.extend(self.groups.iter().flat_map(RouteGroup::diagnostics));
        all.extend(self.bindings.iter().flat_map(|binding| binding.diagnostics.iter().cloned()));
        let routes = self.tcp.iter().chain(self.udp.iter());
        all.extend(routes.filter_map(|route| route.diagnostic.clone()));
        all.sort();
        all.dedup();
        all.into()
    }
}
