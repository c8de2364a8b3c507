use std::sync::Arc;

use crate::decision::{Decision, Grant, Reason, Verdict};
use crate::headers::Headers;
use crate::identity::{Identity, Proof};
use crate::pairs::{Pair, Pairs};
use crate::policy::Inner;
use crate::request::{HttpRequest, Traffic};
use crate::route::HttpSubject;
use crate::semantics::{Semantics, Unselected};
use crate::target::{Admission, Target};

/// Decides what passes between two, given what targets say of them.
///
/// This is the algorithm, on one page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judge<'p, P> {
    pub(crate) semantics: &'p Semantics,
    pub(crate) port: u16,
    pub(crate) standing: Standing,
    pub(crate) pairs: P,
}

/// What is known before any target is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    pub(crate) proof: Option<Proof>,
    /// The answer, if no target has a say.
    pub(crate) settled: Option<(Verdict, Reason)>,
}

impl<'p, P: Pairs<'p>> Judge<'p, P> {
    #[inline]
    pub(crate) fn decide<H: Headers + ?Sized>(&self, traffic: &Traffic<'_, H>) -> Decision<'p> {
        match traffic {
            Traffic::Http(request) => self.http(request),
            Traffic::Tcp => self.tcp(),
            Traffic::Udp => self.udp(),
        }
    }

    #[inline]
    pub(crate) fn http<H: Headers + ?Sized>(&self, request: &HttpRequest<'_, H>) -> Decision<'p> {
        if let Some(settled) = self.settled() {
            return settled;
        }
        let subject = HttpSubject::new(request, &self.semantics.http);
        let requires = self.semantics.http_requires;
        let admitted = self.first_of(|Pair { destination, targets }| {
            destination.first_http(destination.admitting(targets), &subject, self.port, requires)
        });
        let mut decision = self.answer(admitted);
        if !decision.is_allowed() && subject.is_unclean() && self.fails_only_by_path(&subject) {
            decision.reason = Reason::UncleanPath;
        }
        decision.normalized_path = subject.into_normalized_path();
        decision
    }

    pub(crate) fn tcp(&self) -> Decision<'p> {
        if let Some(settled) = self.settled() {
            return settled;
        }
        // A target that allows goes before all that only let requests pass.
        let tcp = |pair: Pair<'p>| pair.destination.tcp(pair.admitting(), self.port);
        let allowing = |pair: Pair<'p>| {
            let (target, admission) = tcp(pair)?;
            Some((target, admission?))
        };
        if let Some(admitted) = self.first_of(allowing) {
            return self.answer(Some(admitted));
        }
        match self.first_of(tcp) {
            Some((target, _)) => Decision {
                grant: Some(Grant::new(target, None)),
                ..self.decision(Verdict::HttpOnly, Reason::Target)
            },
            None => self.answer(None),
        }
    }

    pub(crate) fn udp(&self) -> Decision<'p> {
        self.settled().unwrap_or_else(|| {
            let udp = |pair: Pair<'p>| pair.destination.udp(pair.admitting(), self.port);
            self.answer(self.first_of(udp))
        })
    }

    #[inline]
    fn settled(&self) -> Option<Decision<'p>> {
        let (verdict, reason) = self.standing.settled?;
        Some(self.decision(verdict, reason))
    }

    #[inline]
    fn answer(&self, admitted: Option<(&'p Arc<Target>, Admission)>) -> Decision<'p> {
        match admitted {
            Some((target, admission)) => Decision {
                grant: Some(Grant::new(target, Some(admission))),
                ..self.decision(Verdict::Allow, Reason::Target)
            },
            None => self.decision(Verdict::Deny, Reason::NotAllowed),
        }
    }

    #[inline]
    fn decision(&self, verdict: Verdict, reason: Reason) -> Decision<'p> {
        Decision { proof: self.standing.proof, ..Decision::new(verdict, reason) }
    }

    /// The first target, by namespace and name, of those that answer.
    #[inline]
    fn first_of<A>(
        &self,
        answer: impl Fn(Pair<'p>) -> Option<(&'p Arc<Target>, A)>,
    ) -> Option<(&'p Arc<Target>, A)> {
        let mut first: Option<(&'p Arc<Target>, A)> = None;
        self.pairs.each(|pair| {
            if let Some(other) = answer(pair)
                && first.as_ref().is_none_or(|(known, _)| other.0.name < known.name)
            {
                first = Some(other);
            }
        });
        first
    }

    /// Whether some match would hold if only the path were clean.
    #[cold]
    fn fails_only_by_path<H: Headers + ?Sized>(&self, subject: &HttpSubject<'_, H>) -> bool {
        let mut by_path = false;
        self.pairs.each(|pair| {
            by_path = by_path
                || pair.destination.fails_only_by_unclean_path(
                    pair.admitting(),
                    subject,
                    self.port,
                );
        });
        by_path
    }
}

impl Inner {
    /// What is known of two before any target is looked at.
    #[inline]
    pub(crate) fn standing(&self, source: Option<&Identity>, destination: &Identity) -> Standing {
        let proof = source.map(Identity::proof);
        let deny = |reason| Some((Verdict::Deny, reason));
        let is_open = self.semantics.unselected == Unselected::Allow;
        let settled = if !self.knows(destination) {
            deny(Reason::UnknownDestination)
        } else if is_open && !self.is_selected(destination) {
            Some((Verdict::Allow, Reason::Unselected))
        } else {
            match proof {
                None => deny(Reason::Unauthenticated),
                Some(proof) if proof < self.semantics.min_proof => deny(Reason::WeakProof),
                Some(_) => None,
            }
        };
        Standing { proof, settled }
    }
}
