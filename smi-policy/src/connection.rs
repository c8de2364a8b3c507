use std::sync::Arc;

use crate::decision::{Decision, Grant, Reason, Verdict};
use crate::destination::{Admitting, Destination};
use crate::headers::Headers;
use crate::identity::{Identity, Proof};
use crate::policy::Inner;
use crate::request::{HttpRequest, Traffic};
use crate::route::HttpSubject;
use crate::semantics::Unselected;
use crate::target::{Admission, Target};

/// A connection whose peer is known: everything is resolved but what its requests ask for.
///
/// Made by [`Policy::connection`](crate::Policy::connection), and good as long as that policy is to
/// be asked. Making one costs no allocation, unless a peer is known to the policy in more than one
/// way: as a service account, and by a SPIFFE id or labels that IdentityBindings name.
///
/// This is the algorithm, on one page.
#[derive(Clone, Debug)]
pub struct Connection<'p> {
    inner: &'p Inner,
    port: u16,
    proof: Option<Proof>,
    /// What is settled before any target is looked at.
    settled: Option<(Verdict, Reason)>,
    /// What targets say of these two, in each way in which they can be named. Mostly there is one.
    first: Option<Pair<'p>>,
    others: Vec<Pair<'p>>,
}

/// What targets say of a source and a destination.
#[derive(Clone, Copy, Debug)]
struct Pair<'p> {
    destination: &'p Destination,
    admitting: Admitting<'p>,
}

impl<'p> Connection<'p> {
    #[inline]
    pub(crate) fn new(
        inner: &'p Inner,
        source: Option<&Identity>,
        destination: &Identity,
        port: u16,
    ) -> Self {
        let proof = source.map(Identity::proof);
        let mut connection =
            Self { inner, port, proof, settled: None, first: None, others: Vec::new() };
        match inner.settle(source, destination) {
            Ok(settled) => connection.settled = Some(settled),
            Err(source) => connection.resolve(source, destination),
        }
        connection
    }

    /// Whether opaque bytes may pass: allowed, denied, or [`Verdict::HttpOnly`].
    pub fn tcp(&self) -> Decision<'p> {
        self.decide::<crate::NoHeaders>(&Traffic::Tcp)
    }

    /// Whether a UDP flow may pass.
    pub fn udp(&self) -> Decision<'p> {
        self.decide::<crate::NoHeaders>(&Traffic::Udp)
    }

    /// Whether an HTTP request may pass.
    #[inline]
    pub fn http<H: Headers + ?Sized>(&self, request: &HttpRequest<'_, H>) -> Decision<'p> {
        let decision = match self.settled {
            Some((verdict, reason)) => Decision::new(verdict, reason),
            None => self.decide_http(request),
        };
        Decision { proof: self.proof, ..decision }
    }

    #[inline]
    pub(crate) fn decide<H: Headers + ?Sized>(&self, traffic: &Traffic<'_, H>) -> Decision<'p> {
        let decision = match (self.settled, traffic) {
            (_, Traffic::Http(request)) => return self.http(request),
            (Some((verdict, reason)), _) => Decision::new(verdict, reason),
            (None, Traffic::Tcp) => self.decide_tcp(),
            (None, Traffic::Udp) => {
                self.allow(self.first_of(|pair| pair.destination.udp(pair.admitting, self.port)))
            }
        };
        Decision { proof: self.proof, ..decision }
    }

    fn decide_http<H: Headers + ?Sized>(&self, request: &HttpRequest<'_, H>) -> Decision<'p> {
        let subject = HttpSubject::new(request, &self.inner.semantics.http);
        let requires = self.inner.semantics.http_requires;
        let admitted = self.first_of(|pair| {
            pair.destination.first_http(pair.admitting, &subject, self.port, requires)
        });
        let mut decision = self.allow(admitted);
        if !decision.is_allowed() && subject.is_unclean() {
            let by_path = self.pairs().any(|pair| {
                pair.destination.fails_only_by_unclean_path(pair.admitting, &subject, self.port)
            });
            decision.reason = if by_path { Reason::UncleanPath } else { Reason::NotAllowed };
        }
        decision.normalized_path = subject.into_normalized_path();
        decision
    }

    fn decide_tcp(&self) -> Decision<'p> {
        // A target that allows goes before all that only let requests pass.
        let tcp = |pair: &Pair<'p>| pair.destination.tcp(pair.admitting, self.port);
        let allowing = |pair: &Pair<'p>| {
            let (target, admission) = tcp(pair)?;
            Some((target, admission?))
        };
        if let Some(admitted) = self.first_of(allowing) {
            return self.allow(Some(admitted));
        }
        match self.first_of(tcp) {
            Some((target, _)) => Decision {
                grant: Some(Grant::new(target, None)),
                ..Decision::new(Verdict::HttpOnly, Reason::Target)
            },
            None => self.allow(None),
        }
    }

    #[inline]
    fn allow(&self, admitted: Option<(&'p Arc<Target>, Admission)>) -> Decision<'p> {
        match admitted {
            Some((target, admission)) => Decision {
                grant: Some(Grant::new(target, Some(admission))),
                ..Decision::new(Verdict::Allow, Reason::Target)
            },
            None => Decision::new(Verdict::Deny, Reason::NotAllowed),
        }
    }

    /// The first target, by namespace and name, of those that answer.
    #[inline]
    fn first_of<A>(
        &self,
        answer: impl Fn(&Pair<'p>) -> Option<(&'p Arc<Target>, A)>,
    ) -> Option<(&'p Arc<Target>, A)> {
        let mut first = answer(self.first.as_ref()?);
        for other in self.others.iter().filter_map(&answer) {
            if first.as_ref().is_none_or(|(known, _)| other.0.name < known.name) {
                first = Some(other);
            }
        }
        first
    }

    fn pairs(&self) -> impl Iterator<Item = &Pair<'p>> {
        self.first.iter().chain(&self.others)
    }

    #[inline]
    fn resolve(&mut self, source: &Identity, destination: &Identity) {
        let inner = self.inner;
        inner.names_of(destination, |key, hash| {
            let Some(destination) = inner.destination_of(key, hash) else { return };
            inner.names_of(source, |key, hash| {
                let admitting = destination.admitting(key, hash);
                let Some(admitting) = admitting else { return };
                let pair = Pair { destination, admitting };
                match self.first {
                    None => self.first = Some(pair),
                    Some(_) => self.others.push(pair),
                }
            });
        });
    }
}

impl Inner {
    /// What is settled before any target is looked at, or else the source.
    #[inline]
    fn settle<'s>(
        &self,
        source: Option<&'s Identity>,
        destination: &Identity,
    ) -> Result<(Verdict, Reason), &'s Identity> {
        let deny = |reason| Ok((Verdict::Deny, reason));
        if !self.knows(destination) {
            return deny(Reason::UnknownDestination);
        }
        let is_open = self.semantics.unselected == Unselected::Allow;
        if is_open && !self.is_selected(destination) {
            return Ok((Verdict::Allow, Reason::Unselected));
        }
        match source {
            None => deny(Reason::Unauthenticated),
            Some(source) if source.proof() < self.semantics.min_proof => deny(Reason::WeakProof),
            Some(source) => Err(source),
        }
    }
}
