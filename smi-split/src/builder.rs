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
        compile(self)
    }

    fn note_duplicate(&mut self, kind: ObjectKind, name: &ObjectName) {
        let message = "the object is there more than once; the last one counts";
        let code = "duplicate-object";
        self.diagnostics.push(Diagnostic::warning(kind, name, "metadata.name", code, message));
    }
}
