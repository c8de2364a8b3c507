use std::fmt;
use std::sync::Arc;

use crate::decision::{Decision, Grant, MatchRef, Verdict};
use crate::destination::Admitting;
use crate::headers::Headers;
use crate::name::ObjectName;
use crate::policy::Inner;
use crate::request::{Request, Traffic, Transport};
use crate::route::{Failure, HttpSubject};
use crate::target::{Refusal, Target, TcpAnswer};

/// Why a policy decides as it does: the decision, and the answer of every target that names the
/// destination, by namespace and name.
#[derive(Clone, Debug)]
pub struct Explanation<'p> {
    decision: Decision<'p>,
    candidates: Vec<Candidate<'p>>,
}

impl<'p> Explanation<'p> {
    /// The decision that is explained.
    pub fn decision(&self) -> &Decision<'p> {
        &self.decision
    }

    /// Every target that names the destination.
    pub fn candidates(&self) -> &[Candidate<'p>] {
        &self.candidates
    }

    /// All targets that allow by themselves, or for [`Verdict::HttpOnly`] that may let HTTP
    /// requests pass.
    pub fn allowed_by(&self) -> impl Iterator<Item = &'p ObjectName> {
        let verdict = self.decision.verdict;
        self.candidates.iter().filter_map(move |candidate| match (&candidate.outcome, verdict) {
            (Outcome::Allow(grant), Verdict::Allow) => Some(grant.target()),
            (Outcome::HttpOnly, Verdict::HttpOnly) => Some(candidate.target),
            _ => None,
        })
    }

    /// Of a denial, the candidate that came closest: the first whose failing condition comes last.
    pub fn closest(&self) -> Option<&Candidate<'p>> {
        if self.decision.verdict != Verdict::Deny {
            return None;
        }
        let depth = |candidate: &Candidate<'_>| match &candidate.outcome {
            Outcome::Deny(condition) => condition.depth(),
            Outcome::Allow(_) | Outcome::HttpOnly => 0,
        };
        // `max_by_key` would give the last of equals.
        self.candidates.iter().rev().max_by_key(|candidate| depth(candidate))
    }
}

/// The answer of one target.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Candidate<'p> {
    /// The target.
    pub target: &'p ObjectName,
    /// Its answer, by itself.
    pub outcome: Outcome<'p>,
}

/// How one target answers.
#[derive(Clone, Debug)]
pub enum Outcome<'p> {
    /// It allows.
    Allow(Grant<'p>),
    /// It may let HTTP requests pass on this connection.
    HttpOnly,
    /// It does not allow, because of this condition.
    Deny(Condition<'p>),
}

/// The condition of a target that failed first. Prints as a clause for people.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Condition<'p> {
    /// The target grants nothing to anybody, for this reason.
    Void(&'p str),
    /// The source is not among its sources, or is not authenticated well enough.
    Source,
    /// None of its rules speaks of this kind of traffic.
    NoRule,
    /// The port is not among its ports.
    Port {
        /// The port asked for.
        asked: u16,
        /// The ports that it has, as text.
        has: String,
    },
    /// It has HTTP conditions, none of which can be used, so opaque TCP may not pass.
    HttpUnusable,
    /// None of its HTTP matches can be used.
    NoUsableMatch,
    /// No match holds; of the nearest match the path does not match.
    Path(MatchRef<'p>),
    /// No match holds; the path may be read in more than one way.
    UncleanPath(MatchRef<'p>),
    /// No match holds; of the nearest match the method is not listed.
    Method(MatchRef<'p>),
    /// No match holds; of the nearest match this header is absent or does not match.
    Header(MatchRef<'p>, String),
}

impl Condition<'_> {
    fn depth(&self) -> u8 {
        match self {
            Self::Void(_) => 1,
            Self::Source => 2,
            Self::NoRule => 3,
            Self::Port { .. } => 4,
            Self::HttpUnusable | Self::NoUsableMatch => 5,
            Self::Path(_) | Self::UncleanPath(_) => 6,
            Self::Method(_) => 7,
            Self::Header(..) => 8,
        }
    }

    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Void(_) => "void",
            Self::Source => "source",
            Self::NoRule => "no-rule",
            Self::Port { .. } => "port",
            Self::HttpUnusable => "http-unusable",
            Self::NoUsableMatch => "no-usable-match",
            Self::Path(_) => "path",
            Self::UncleanPath(_) => "unclean-path",
            Self::Method(_) => "method",
            Self::Header(..) => "header",
        }
    }
}

impl fmt::Display for Condition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Void(why) => write!(f, "it grants nothing: {why}"),
            Self::Source => f.write_str("the source is not among its sources"),
            Self::NoRule => f.write_str("it has no rule for this kind of traffic"),
            Self::Port { asked, has } => write!(f, "port {asked} is not among its ports: {has}"),
            Self::HttpUnusable => {
                f.write_str("it has HTTP conditions, and none of its matches can be used")
            }
            Self::NoUsableMatch => f.write_str("none of its HTTP matches can be used"),
            Self::Path(nearest) => {
                write!(f, "no match holds; nearest is {nearest}, whose path does not match")
            }
            Self::UncleanPath(nearest) => write!(
                f,
                "no match holds; nearest is {nearest}, but a server may read the path differently"
            ),
            Self::Method(nearest) => {
                write!(f, "no match holds; nearest is {nearest}, whose methods do not include it")
            }
            Self::Header(nearest, header) => write!(
                f,
                "no match holds; nearest is {nearest}, whose header `{header}` is absent or does \
                 not match"
            ),
        }
    }
}

impl Inner {
    pub(crate) fn explain<H: Headers + ?Sized>(&self, request: &Request<'_, H>) -> Explanation<'_> {
        let strong = request.source.filter(|source| source.proof() >= self.semantics.min_proof);
        // Each target that names the destination, and whether it admits the source.
        let mut named: Vec<(&Arc<Target>, bool)> = Vec::new();
        self.names_of(request.destination, |key, hash| {
            let Some(destination) = self.destination_of(key, hash) else { return };
            let mut admitting: Vec<u32> = Vec::new();
            strong.inspect(|source| {
                self.names_of(source, |key, hash| {
                    let found = destination.targets_of(key, hash);
                    let found = found.map(|targets| destination.admitting(targets));
                    admitting.extend(found.into_iter().flat_map(Admitting::iter));
                });
            });
            let targets = (0_u32..).zip(&destination.targets);
            named.extend(targets.map(|(position, target)| (target, admitting.contains(&position))));
        });
        // A target that is found in more than one way admits if it does in one.
        named.sort_unstable_by(|(a, admits), (b, other)| {
            a.name.cmp(&b.name).then(other.cmp(admits))
        });
        named.dedup_by(|(a, _), (b, _)| Arc::ptr_eq(a, b));
        let asked = Asked::new(request, self);
        let candidates = named.into_iter().map(|(target, admits)| {
            let outcome = if target.void.is_some() || admits {
                asked.outcome(target)
            } else {
                Outcome::Deny(Condition::Source)
            };
            Candidate { target: &target.name, outcome }
        });
        Explanation { candidates: candidates.collect(), decision: self.decide(request) }
    }
}

/// A request, prepared once for all candidates.
struct Asked<'r, H: ?Sized> {
    inner: &'r Inner,
    port: u16,
    http: Option<HttpSubject<'r, H>>,
    transport: Transport,
}

impl<'r, H: Headers + ?Sized> Asked<'r, H> {
    fn new(request: &Request<'r, H>, inner: &'r Inner) -> Self {
        let (http, transport) = match &request.traffic {
            Traffic::Http(http) => {
                (Some(HttpSubject::new(http, &inner.semantics.http)), http.transport)
            }
            Traffic::Tcp => (None, Transport::Tcp),
            Traffic::Udp => (None, Transport::Udp),
        };
        Self { inner, port: request.port, http, transport }
    }

    fn outcome<'p>(&self, target: &'p Target) -> Outcome<'p> {
        let allow = |admission| Outcome::Allow(Grant::new(target, Some(admission)));
        match (&self.http, self.transport) {
            (Some(subject), _) => {
                let requires = self.inner.semantics.http_requires;
                let compiling = (&self.inner.semantics.http, &self.inner.limits);
                match target.http(subject, self.port, requires, compiling) {
                    Ok(admission) => allow(admission),
                    Err(refusal) => self.deny(target, refusal),
                }
            }
            (None, Transport::Tcp) => match target.tcp(self.port) {
                TcpAnswer::Allow(admission) => allow(admission),
                TcpAnswer::HttpOnly => Outcome::HttpOnly,
                TcpAnswer::Deny => {
                    self.deny(target, target.why_not_port(Transport::Tcp, self.port))
                }
            },
            (None, Transport::Udp) => match target.udp(self.port) {
                Some(admission) => allow(admission),
                None => self.deny(target, target.why_not_port(Transport::Udp, self.port)),
            },
        }
    }

    fn deny<'p>(&self, target: &'p Target, refusal: Refusal) -> Outcome<'p> {
        let condition = match refusal {
            Refusal::Void => Condition::Void(target.void.as_deref().unwrap_or_default()),
            Refusal::NoRule => Condition::NoRule,
            Refusal::Port => {
                Condition::Port { asked: self.port, has: target.ports_text(self.transport) }
            }
            Refusal::HttpUnusable => Condition::HttpUnusable,
            Refusal::Http(nearest) => nearest
                .and_then(|nearest| {
                    let (at, index) = nearest.admission.http?;
                    let nearest_match = MatchRef::new(target, at, index)?;
                    Some(match nearest.failure {
                        Failure::Path => Condition::Path(nearest_match),
                        Failure::UncleanPath => Condition::UncleanPath(nearest_match),
                        Failure::Method => Condition::Method(nearest_match),
                        Failure::Header(name) => Condition::Header(nearest_match, name),
                    })
                })
                .unwrap_or(Condition::NoUsableMatch),
        };
        Outcome::Deny(condition)
    }
}
