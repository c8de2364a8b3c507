use std::collections::BTreeMap;

use smi_policy::{Diagnostic, HttpRouteGroup, ObjectKind, ObjectName, Semantics};

use crate::compile::compile;
use crate::{Service, Splits, TrafficSplit};

/// Collects resources and compiles them into [`Splits`].
///
/// The order of resources does not matter, except that of two objects of one kind, namespace and
/// name the last counts, as with `kubectl apply`.
#[derive(Clone, Debug)]
#[must_use]
pub struct SplitsBuilder {
    pub(crate) semantics: Semantics,
    pub(crate) splits: BTreeMap<ObjectName, TrafficSplit>,
    pub(crate) groups: BTreeMap<ObjectName, HttpRouteGroup>,
    /// `None`: no Services are known, so ports are not checked.
    pub(crate) services: Option<BTreeMap<ObjectName, Service>>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl SplitsBuilder {
    pub(crate) fn new(semantics: Semantics) -> Self {
        Self {
            semantics,
            splits: BTreeMap::new(),
            groups: BTreeMap::new(),
            services: None,
            diagnostics: Vec::new(),
        }
    }

    /// Adds a TrafficSplit.
    pub fn traffic_split(mut self, split: TrafficSplit) -> Self {
        let name = split.name.clone();
        if self.splits.insert(name.clone(), split).is_some() {
            self.note_duplicate(ObjectKind::TrafficSplit, &name);
        }
        self
    }

    /// Adds an HTTPRouteGroup that TrafficSplits may refer to.
    pub fn http_route_group(mut self, group: HttpRouteGroup) -> Self {
        let name = group.name.clone();
        if self.groups.insert(name.clone(), group).is_some() {
            self.note_duplicate(ObjectKind::HttpRouteGroup, &name);
        }
        self
    }

    /// Adds a Service. From the first one on, all Services are taken to be known, and calls with a
    /// port go only to backends that have it.
    pub fn service(mut self, service: Service) -> Self {
        let name = service.name.clone();
        if self.services.get_or_insert_default().insert(name.clone(), service).is_some() {
            self.note_duplicate(ObjectKind::Service, &name);
        }
        self
    }

    /// Says that all Services are known, even if there are none.
    pub fn services_known(mut self) -> Self {
        self.services.get_or_insert_default();
        self
    }

    /// Compiles the splits. What cannot be used sends nothing anywhere, and is reported by
    /// [`Splits::diagnostics`].
    #[must_use]
    pub fn compile(self) -> Splits {
        compile(self, None)
    }

    /// Compiles the splits that replace `previous`: as [`compile`](Self::compile), but rotations go
    /// on where they are.
    ///
    /// A split of the same name, port by port, counts its turns on in the counter that `previous`
    /// uses. So traffic that changes over one thread at a time sees one rotation, and frequent
    /// changes don't favour whoever stands first in a rotation. What keys stick to depends on
    /// weights and names only and needs no history. Where backends and weights of a split are the
    /// same as before, its tables serve on.
    ///
    /// ```
    /// use smi_policy::Semantics;
    /// use smi_split::{Call, ObjectName, Outcome, Splits, TrafficSplit};
    ///
    /// let website = ObjectName::new("shop", "website");
    /// let canary = |weight| {
    ///     let split = TrafficSplit::new(ObjectName::new("shop", "canary"), "website");
    ///     let split = split.backend("website-v1", 100 - weight).backend("website-v2", weight);
    ///     Splits::builder(Semantics::default()).traffic_split(split)
    /// };
    /// let next = |splits: &Splits| match splits.select(&Call::to(&website)).outcome() {
    ///     Outcome::Backends(backends) => backends.pick_smooth().service().name().to_owned(),
    ///     _ => String::new(),
    /// };
    ///
    /// let mut splits = canary(50).compile();
    /// let mut names = Vec::new();
    /// for _ in 0..4 {
    ///     names.push(next(&splits));
    ///     splits = canary(50).compile_after(&splits);
    /// }
    /// assert_eq!(names, ["website-v1", "website-v2", "website-v1", "website-v2"]);
    /// ```
    #[must_use]
    pub fn compile_after(self, previous: &Splits) -> Splits {
        compile(self, Some(previous))
    }

    fn note_duplicate(&mut self, kind: ObjectKind, name: &ObjectName) {
        let message = "the object is there more than once; the last one counts";
        let code = "duplicate-object";
        self.diagnostics.push(Diagnostic::warning(kind, name, "metadata.name", code, message));
    }
}
