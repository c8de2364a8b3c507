use std::collections::BTreeMap;

use smi_policy::{Diagnostic, HttpRouteGroup, HttpSemantics, ObjectName, RouteGroup};

use super::report::Report;
use crate::split::Condition;
use crate::{MatchRef, TrafficSplit};

/// The HTTPRouteGroups that splits refer to, each compiled when the first split needs it.
pub(super) struct Groups {
    semantics: HttpSemantics,
    resources: BTreeMap<ObjectName, HttpRouteGroup>,
    compiled: BTreeMap<ObjectName, RouteGroup>,
}

impl Groups {
    pub(super) fn new(
        resources: BTreeMap<ObjectName, HttpRouteGroup>,
        semantics: HttpSemantics,
    ) -> Self {
        Self { semantics, resources, compiled: BTreeMap::new() }
    }

    /// Which traffic a split is for.
    pub(super) fn condition(
        &mut self,
        resource: &TrafficSplit,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Condition {
        if resource.matches.is_empty() {
            return Condition::Always;
        }
        let mut groups = Vec::new();
        for (index, reference) in resource.matches.iter().enumerate() {
            let found = match reference {
                MatchRef::HttpRouteGroup(name) => self.find(resource, name, diagnostics),
                MatchRef::Unreadable => {
                    Err(("unreadable", "it is no reference to an HTTPRouteGroup".to_owned()))
                }
            };
            match found {
                Ok(group) => groups.push(group),
                Err((code, fault)) => {
                    let field = format!("spec.matches[{index}]");
                    let message = format!("{fault}; no request meets it");
                    Report::new(&resource.name, diagnostics).error(field, code, message);
                }
            }
        }
        if groups.is_empty() {
            let message = "no request meets any of the matches; the split never applies";
            Report::new(&resource.name, diagnostics).error(
                "spec.matches",
                "never-applies",
                message,
            );
        }
        Condition::AnyOf(groups.into())
    }

    /// The group of this name in the split's namespace, if it can be used.
    fn find(
        &mut self,
        resource: &TrafficSplit,
        name: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<RouteGroup, (&'static str, String)> {
        let name = ObjectName::new(resource.name.namespace(), name);
        let Some(group) = self.resources.get(&name) else {
            return Err(("dangling-reference", format!("there is no HTTPRouteGroup `{name}`")));
        };
        let group = self
            .compiled
            .entry(name)
            .or_insert_with(|| RouteGroup::compile(group, &self.semantics, diagnostics));
        if group.is_usable() {
            Ok(group.clone())
        } else {
            let fault = format!("the HTTPRouteGroup `{}` has no usable match", group.name());
            Err(("unusable-reference", fault))
        }
    }
}
