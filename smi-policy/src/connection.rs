use crate::decision::Decision;
use crate::headers::Headers;
use crate::identity::Identity;
use crate::judge::{Judge, Standing};
use crate::pairs::{Known, Shared, Unresolved};
use crate::policy::Policy;
use crate::request::HttpRequest;

/// A connection whose peer is known: everything is resolved but what its requests ask for.
///
/// Made by [`Policy::connection`], and good as long as that policy is to be asked. Making one costs
/// no allocation, unless the two are known to the policy in more than four ways together: as service
/// accounts, and by SPIFFE ids or labels that IdentityBindings name.
#[derive(Clone, Debug)]
pub struct Connection<'p> {
    policy: &'p Policy,
    judge: Judge<'p, Known<'p>>,
}

impl<'p> Connection<'p> {
    #[inline]
    pub(crate) fn new(
        policy: &'p Policy,
        source: Option<&Identity>,
        destination: &Identity,
        port: u16,
    ) -> Self {
        let inner = policy.inner();
        let standing = inner.standing(source, destination);
        let pairs = match standing.settled {
            Some(_) => Known::default(),
            None => Known::of(&Unresolved { inner, source, destination }),
        };
        Self { policy, judge: Judge { semantics: &inner.semantics, port, standing, pairs } }
    }

    /// Whether opaque bytes may pass: allowed, denied, or
    /// [`Verdict::HttpOnly`](crate::Verdict::HttpOnly).
    pub fn tcp(&self) -> Decision<'p> {
        self.judge.tcp()
    }

    /// Whether a UDP flow may pass.
    pub fn udp(&self) -> Decision<'p> {
        self.judge.udp()
    }

    /// Whether an HTTP request may pass.
    #[inline]
    pub fn http<H: Headers + ?Sized>(&self, request: &HttpRequest<'_, H>) -> Decision<'p> {
        self.judge.http(request)
    }

    /// The same connection, for whoever can't borrow the policy: a task, or a table of connections.
    /// It keeps the policy alive, and allocates once.
    pub fn into_owned(self) -> OwnedConnection {
        let Judge { port, standing, pairs, .. } = self.judge;
        OwnedConnection { policy: self.policy.clone(), port, standing, pairs: Shared::of(&pairs) }
    }
}

/// A [`Connection`] that holds its policy. Made by [`Connection::into_owned`].
///
/// It goes on answering by the policy that made it. Who asks a newer one makes another connection.
///
/// ```
/// use smi_policy::{Identity, ObjectName, Policy, PortRoute, Ports, Rule, Semantics, Subject};
/// use smi_policy::TrafficTarget;
///
/// let policy = Policy::builder(Semantics::default())
///     .tcp_route(PortRoute { name: ObjectName::new("shop", "sql"), ports: Ports::Only(vec![5432]) })
///     .traffic_target(
///         TrafficTarget::new(ObjectName::new("shop", "cart-to-db"), "db")
///             .source(Subject::service_account("shop", "cart"))
///             .rule(Rule::tcp_route("sql")),
///     )
///     .compile();
///
/// let cart = Identity::service_account("shop", "cart");
/// let db = Identity::service_account("shop", "db");
/// let connection = policy.connection(Some(&cart), &db, 5432).into_owned();
/// let task = std::thread::spawn(move || connection.tcp().is_allowed());
/// assert!(task.join().is_ok_and(|is_allowed| is_allowed));
/// ```
#[derive(Clone, Debug)]
pub struct OwnedConnection {
    policy: Policy,
    port: u16,
    standing: Standing,
    pairs: Shared,
}

impl OwnedConnection {
    /// Whether opaque bytes may pass: see [`Connection::tcp`].
    pub fn tcp(&self) -> Decision<'_> {
        self.judge().tcp()
    }

    /// Whether a UDP flow may pass.
    pub fn udp(&self) -> Decision<'_> {
        self.judge().udp()
    }

    /// Whether an HTTP request may pass.
    pub fn http<H: Headers + ?Sized>(&self, request: &HttpRequest<'_, H>) -> Decision<'_> {
        self.judge().http(request)
    }

    fn judge(&self) -> Judge<'_, &Shared> {
        let semantics = &self.policy.inner().semantics;
        Judge { semantics, port: self.port, standing: self.standing, pairs: &self.pairs }
    }
}
