use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;
use smi_policy::{Diagnostic, Headers, HttpSemantics, HttpSubject, ObjectName, Semantics};

use crate::split::Condition;
use crate::{Call, Event, Outcome, Split, SplitsBuilder};

/// All TrafficSplits of a cluster or a namespace, compiled.
///
/// Immutable, except that the rotations of [`Backends::pick_smooth`](crate::Backends::pick_smooth)
/// advance. Cloning shares everything, rotations too. Selecting and picking take no lock and
/// allocate nothing; under [`PathMode::Normalize`](smi_policy::PathMode::Normalize), a path that
/// has to be changed is an exception.
///
/// ```
/// use smi_policy::{HttpMatch, HttpRequest, HttpRouteGroup, Semantics};
/// use smi_split::{Call, ObjectName, Outcome, Splits, TrafficSplit};
///
/// // The A/B example of the SMI document: Firefox users get website-v2.
/// let name = ObjectName::new("default", "ab-test");
/// let splits = Splits::builder(Semantics::default())
///     .http_route_group(
///         HttpRouteGroup::new(name.clone())
///             .with(HttpMatch::new("firefox-users").header("user-agent", ".*Firefox.*")),
///     )
///     .traffic_split(
///         TrafficSplit::new(name.clone(), "website")
///             .http_route_group("ab-test")
///             .backend("website-v1", 0)
///             .backend("website-v2", 100),
///     )
///     .compile();
///
/// let website = ObjectName::new("default", "website");
/// let headers = [("user-agent", "Mozilla/5.0 Firefox/126.0")];
/// let firefox = HttpRequest::new("GET", "/").headers(&headers);
/// let selection = splits.select(&Call::to(&website).http(firefox));
/// assert_eq!(selection.split().map(|split| split.name()), Some(&name));
///
/// // Everybody else gets the root service.
/// let other = splits.select(&Call::to(&website).http(HttpRequest::new("GET", "/")));
/// assert!(other.split().is_none());
/// assert!(matches!(other.outcome(), Outcome::Apex));
/// ```
#[derive(Clone, Debug)]
pub struct Splits {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    semantics: HttpSemantics,
    /// By apex, those of one apex in order of precedence.
    splits: Box<[Split]>,
    /// Where the splits of an apex are.
    by_apex: HashMap<ObjectName, Range<usize>>,
    diagnostics: Box<[Diagnostic]>,
    events: Box<[Event]>,
}

impl Splits {
    /// Starts a set of splits that is read as `semantics` says.
    pub fn builder(semantics: Semantics) -> SplitsBuilder {
        SplitsBuilder::new(semantics)
    }

    /// Splits that are sorted by apex, those of one apex in order of precedence.
    pub(crate) fn new(
        semantics: HttpSemantics,
        splits: Vec<Split>,
        diagnostics: Vec<Diagnostic>,
        events: Vec<Event>,
    ) -> Self {
        let mut by_apex: HashMap<ObjectName, Range<usize>> = HashMap::new();
        for (place, split) in splits.iter().enumerate() {
            by_apex.entry(split.apex.clone()).or_insert(place..place).end = place + 1;
        }
        let (splits, diagnostics, events) = (splits.into(), diagnostics.into(), events.into());
        Self { inner: Arc::new(Inner { semantics, splits, by_apex, diagnostics, events }) }
    }

    /// Finds the split that applies to a call, and where it sends the traffic.
    ///
    /// Splits with `matches` come first, those with the oldest `creationTimestamp` first of all,
    /// then the oldest without. The first that applies decides, also if it has no backend. If none
    /// applies, the traffic goes to the apex's own endpoints.
    ///
    /// Source: TrafficSplit v1alpha4, Specification: "If the header conditions don't match the
    /// incoming request, then routing will be handled by the Kubernetes service with the same name
    /// as `spec.service`." The document leaves open how several splits get along.
    pub fn select<H: Headers + ?Sized>(&self, call: &Call<'_, H>) -> Selection<'_> {
        // The request is prepared when the first split with `matches` asks for it.
        let mut subject = None;
        let split = self.of_apex(call.apex).iter().find(|split| match &split.condition {
            Condition::Always => true,
            Condition::AnyOf(groups) => call.http.as_ref().is_some_and(|request| {
                let prepare = || HttpSubject::new(request, &self.inner.semantics);
                let subject = subject.get_or_insert_with(prepare);
                groups.iter().any(|group| group.first_match(subject).is_some())
            }),
        });
        let outcome = split.map_or(Outcome::Apex, |split| split.outcome(call.port));
        Selection { split, outcome }
    }

    /// All splits that may apply, by apex, those of one apex in order of precedence.
    ///
    /// Void and conflicted ones are not among them; [`diagnostics`](Self::diagnostics) has them.
    pub fn iter(&self) -> impl Iterator<Item = &Split> {
        self.inner.splits.iter()
    }

    /// The splits of one apex, in order of precedence.
    pub fn of_apex(&self, apex: &ObjectName) -> &[Split] {
        let range = self.inner.by_apex.get(apex).cloned().unwrap_or_default();
        self.inner.splits.get(range).unwrap_or_default()
    }

    /// Whether there are clones of these.
    #[cfg(feature = "live")]
    pub(crate) fn is_shared(&self) -> bool {
        Arc::strong_count(&self.inner) > 1
    }

    /// What was ignored, or surprises, sorted by object.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.inner.diagnostics
    }

    /// Events to publish about splits whose backends lack a port, sorted by split.
    pub fn events(&self) -> &[Event] {
        &self.inner.events
    }
}

/// The answer to a [`Call`].
#[derive(Clone, Copy, Debug)]
pub struct Selection<'s> {
    split: Option<&'s Split>,
    outcome: Outcome<'s>,
}

impl<'s> Selection<'s> {
    /// The split that decided; `None` if none applies.
    pub fn split(&self) -> Option<&'s Split> {
        self.split
    }

    /// Where the traffic goes.
    pub fn outcome(&self) -> Outcome<'s> {
        self.outcome
    }
}
