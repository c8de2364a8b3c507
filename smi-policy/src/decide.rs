//! The algorithm, on one page.

use crate::decision::{Decision, Grant, Reason, Verdict};
use crate::headers::Headers;
use crate::identity::Identity;
use crate::index::TargetId;
use crate::policy::Inner;
use crate::request::{Request, Traffic};
use crate::route::HttpSubject;
use crate::semantics::Unselected;
use crate::target::{Admission, Target, TcpAnswer};

impl Inner {
    pub(crate) fn decide<H: Headers + ?Sized>(&self, request: &Request<'_, H>) -> Decision<'_> {
        let mut decision = match self.without_target(request) {
            Ok(settled) => settled,
            Err(source) => match &request.traffic {
                Traffic::Http(http) => {
                    let subject = HttpSubject::new(http, &self.semantics.http);
                    let mut decision = self.decide_http(source, request, &subject);
                    decision.normalized_path = subject.into_normalized_path();
                    decision
                }
                Traffic::Tcp => self.decide_tcp(source, request),
                Traffic::Udp => {
                    let udp = |target: &Target| target.udp(request.port);
                    match self.first(source, request.destination, udp) {
                        Some((target, admission)) => self.allow(target, Some(admission)),
                        None => Decision::new(Verdict::Deny, Reason::NotAllowed),
                    }
                }
            },
        };
        decision.proof = request.source.map(Identity::proof);
        decision
    }

    /// What is settled before any target is looked at, or else the source.
    fn without_target<'r, H: ?Sized>(
        &self,
        request: &Request<'r, H>,
    ) -> Result<Decision<'_>, &'r Identity> {
        let deny = |reason| Ok(Decision::new(Verdict::Deny, reason));
        if !self.knows(request.destination) {
            return deny(Reason::UnknownDestination);
        }
        let is_open = self.semantics.unselected == Unselected::Allow;
        if is_open && !self.is_selected(request.destination) {
            return Ok(Decision::new(Verdict::Allow, Reason::Unselected));
        }
        match request.source {
            None => deny(Reason::Unauthenticated),
            Some(source) if source.proof() < self.semantics.min_proof => deny(Reason::WeakProof),
            Some(source) => Err(source),
        }
    }

    fn decide_http<H: Headers + ?Sized>(
        &self,
        source: &Identity,
        request: &Request<'_, H>,
        subject: &HttpSubject<'_, H>,
    ) -> Decision<'_> {
        let requires = self.semantics.http_requires;
        let http = |target: &Target| target.http(subject, request.port, requires);
        if let Some((target, admission)) = self.first(source, request.destination, http) {
            return self.allow(target, Some(admission));
        }
        let by_path = |target: &Target| {
            target.fails_only_by_unclean_path(subject, request.port).then_some(())
        };
        let is_by_path =
            subject.is_unclean() && self.first(source, request.destination, by_path).is_some();
        let reason = if is_by_path { Reason::UncleanPath } else { Reason::NotAllowed };
        Decision::new(Verdict::Deny, reason)
    }

    fn decide_tcp<H: ?Sized>(&self, source: &Identity, request: &Request<'_, H>) -> Decision<'_> {
        let allow = |target: &Target| match target.tcp(request.port) {
            TcpAnswer::Allow(admission) => Some(admission),
            TcpAnswer::HttpOnly | TcpAnswer::Deny => None,
        };
        let http_only =
            |target: &Target| (target.tcp(request.port) == TcpAnswer::HttpOnly).then_some(());
        if let Some((target, admission)) = self.first(source, request.destination, allow) {
            self.allow(target, Some(admission))
        } else if let Some((target, ())) = self.first(source, request.destination, http_only) {
            Decision { verdict: Verdict::HttpOnly, ..self.allow(target, None) }
        } else {
            Decision::new(Verdict::Deny, Reason::NotAllowed)
        }
    }

    fn allow(&self, target: TargetId, admission: Option<Admission>) -> Decision<'_> {
        let grant = self.target(target).map(|target| Grant::new(target, admission));
        Decision { grant, ..Decision::new(Verdict::Allow, Reason::Target) }
    }

    /// The first target, by namespace and name, of those that concern this pair and answer.
    fn first<A>(
        &self,
        source: &Identity,
        destination: &Identity,
        answer: impl Fn(&Target) -> Option<A>,
    ) -> Option<(TargetId, A)> {
        let mut first: Option<(TargetId, A)> = None;
        self.for_each_pair(source, destination, |ids| {
            for &id in ids {
                // Numbers ascend in each list, so the rest of it can't come before either.
                if first.as_ref().is_some_and(|(known, _)| *known <= id) {
                    break;
                }
                if let Some(answered) = self.target(id).and_then(&answer) {
                    first = Some((id, answered));
                    break;
                }
            }
        });
        first
    }
}
