use std::fmt;

use crate::identity::Proof;
use crate::name::ObjectName;
use crate::target::{Admission, Target};

/// What a policy says.
///
/// Closed: there will be no fourth answer. [`HttpOnly`](Self::HttpOnly) is given for opaque TCP
/// connections only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It may pass.
    Allow,
    /// The connection must not pass unseen: each HTTP request in it has to be decided by itself,
    /// and anything else denied.
    HttpOnly,
    /// It may not pass.
    Deny,
}

impl Verdict {
    /// The verdict as one word: `allow`, `http-only` or `deny`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::HttpOnly => "http-only",
            Self::Deny => "deny",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a verdict rests on.
///
/// The codes are stable: a release may add some, but none changes its name or its meaning.
///
/// | code | verdict | what it rests on |
/// |---|---|---|
/// | `target` | allow, http-only | a TrafficTarget, which the decision names |
/// | `unselected` | allow | nobody selects the destination, and [`Unselected::Allow`](crate::Unselected::Allow) is set |
/// | `unauthenticated` | deny | the source has no identity |
/// | `weak-proof` | deny | the source's identity is proven less well than [`Semantics::min_proof`](crate::Semantics::min_proof) demands |
/// | `unknown-destination` | deny | the destination's identity is nobody that the policy could speak of |
/// | `path` | deny | a match holds but for an unclean path |
/// | `not-allowed` | deny | no TrafficTarget allows it |
///
/// Where several apply, a decision gives the first of `unknown-destination`, `unselected`,
/// `unauthenticated`, `weak-proof`, `target`, `path`, `not-allowed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// A TrafficTarget allows it, or may let HTTP requests pass.
    Target,
    /// No TrafficTarget names the destination, and
    /// [`Unselected::Allow`](crate::Unselected::Allow) opens such destinations.
    Unselected,
    /// The source has no proven identity.
    Unauthenticated,
    /// The source's identity is proven less well than
    /// [`Semantics::min_proof`](crate::Semantics::min_proof) demands.
    WeakProof,
    /// The destination's identity is nobody that the policy could speak of.
    UnknownDestination,
    /// A match holds but for its path, which a server may read in more than one way.
    UncleanPath,
    /// No TrafficTarget allows it.
    NotAllowed,
}

impl Reason {
    /// A stable code for logs and metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Unselected => "unselected",
            Self::Unauthenticated => "unauthenticated",
            Self::WeakProof => "weak-proof",
            Self::UnknownDestination => "unknown-destination",
            Self::UncleanPath => "path",
            Self::NotAllowed => "not-allowed",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The answer of [`Policy::authorize`](crate::Policy::authorize). Prints as one line: the verdict,
/// and then `reason=`, whose codes are those of [`Reason`], and where there are such `target=`,
/// `rule=`, `match=` and `proof=`.
#[derive(Clone, Debug)]
#[must_use]
pub struct Decision<'p> {
    pub(crate) verdict: Verdict,
    pub(crate) reason: Reason,
    pub(crate) proof: Option<Proof>,
    pub(crate) grant: Option<Grant<'p>>,
    pub(crate) normalized_path: Option<Vec<u8>>,
}

impl<'p> Decision<'p> {
    pub(crate) fn new(verdict: Verdict, reason: Reason) -> Self {
        Self { verdict, reason, proof: None, grant: None, normalized_path: None }
    }

    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Whether it may pass as it is. False for [`Verdict::HttpOnly`].
    pub fn is_allowed(&self) -> bool {
        self.verdict == Verdict::Allow
    }

    /// What the verdict rests on.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// How well the source's identity is proven; `None` for an unauthenticated source.
    pub fn proof(&self) -> Option<Proof> {
        self.proof
    }

    /// The TrafficTarget that allows: the first by namespace and name, if several do. `None` for a
    /// denial and for an unselected destination.
    pub fn target(&self) -> Option<&'p ObjectName> {
        self.grant.as_ref().map(Grant::target)
    }

    /// What of that target allows.
    pub fn grant(&self) -> Option<&Grant<'p>> {
        self.grant.as_ref()
    }

    /// The path to forward instead of the one sent, without its query: under
    /// [`PathMode::Normalize`](crate::PathMode::Normalize), if normalising changed the path. What
    /// was decided is this path, so forwarding another one would undo the decision.
    pub fn normalized_path(&self) -> Option<&[u8]> {
        self.normalized_path.as_deref()
    }
}

impl fmt::Display for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} reason={}", self.verdict, self.reason)?;
        if let Some(grant) = &self.grant {
            write!(f, " {grant}")?;
        }
        if let Some(proof) = self.proof {
            write!(f, " proof={proof}")?;
        }
        Ok(())
    }
}

/// What of a policy allows something: target, rule and match. Prints as `target=… rule=… match=…`.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'p> {
    target: &'p Target,
    admission: Option<Admission>,
}

impl<'p> Grant<'p> {
    pub(crate) fn new(target: &'p Target, admission: Option<Admission>) -> Self {
        Self { target, admission }
    }

    /// The TrafficTarget.
    pub fn target(&self) -> &'p ObjectName {
        &self.target.name
    }

    /// Position of the allowing rule in the target's `rules`; `None` for [`Verdict::HttpOnly`],
    /// which no rule settles.
    pub fn rule(&self) -> Option<usize> {
        self.admission.map(|admission| admission.rule)
    }

    /// The HTTP match that holds; `None` if the rule is a TCPRoute or UDPRoute.
    pub fn http_match(&self) -> Option<MatchRef<'p>> {
        let (at, index) = self.admission?.http?;
        MatchRef::new(self.target, at, index)
    }
}

impl fmt::Display for Grant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "target={}", self.target())?;
        if let Some(rule) = self.rule() {
            write!(f, " rule={rule}")?;
        }
        if let Some(http_match) = self.http_match() {
            write!(f, " match={http_match}")?;
        }
        Ok(())
    }
}

/// A match of an HTTPRouteGroup. Prints as `namespace/group#match`, by position if it is nameless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MatchRef<'p> {
    /// The group.
    pub group: &'p ObjectName,
    /// Position of the match in the group.
    pub index: usize,
    /// Name of the match.
    pub name: Option<&'p str>,
}

impl<'p> MatchRef<'p> {
    /// The match `index` of the group that the HTTP rule `at` of `target` refers to.
    pub(crate) fn new(target: &'p Target, at: usize, index: u32) -> Option<Self> {
        let group = &target.http.as_ref()?.rules.get(at)?.group;
        let index = usize::try_from(index).ok()?;
        Some(Self { group: group.name(), index, name: group.match_name(index) })
    }
}

impl fmt::Display for MatchRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => write!(f, "{}#{name}", self.group),
            None => write!(f, "{}#{}", self.group, self.index),
        }
    }
}
