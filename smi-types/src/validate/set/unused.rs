use std::collections::BTreeSet;

use super::{Item, Set};
use crate::api::Kind;
use crate::hub::{MatchRef, Object, RuleKind, Subject};
use crate::manifest::Value;
use crate::problem::Code;
use crate::validate::collect::Findings;

/// What the objects of a set refer to.
pub(super) struct Used<'s> {
    names: BTreeSet<(Kind, &'s str, &'s str)>,
    /// Namespaces in which an object that refers to others could not be read.
    unknown: BTreeSet<&'s str>,
    /// Whether there is anything that refers, and all of it has a known namespace.
    is_known: bool,
}

impl<'s> Used<'s> {
    pub(super) fn new(set: &Set<'s>) -> Self {
        let mut used = Self { names: BTreeSet::new(), unknown: BTreeSet::new(), is_known: false };
        for item in &set.items {
            used.add(item);
        }
        for unreadable in set.resources.undecodable() {
            let document = unreadable.document;
            if matches!(document.kind(), None | Some(Kind::TrafficTarget | Kind::TrafficSplit)) {
                let metadata = document.root().and_then(|root| root.get("metadata"));
                let namespace = metadata.and_then(|metadata| metadata.get("namespace"));
                match namespace.map(|namespace| namespace.value()) {
                    Some(Value::String(_)) | None if metadata.is_some() => {
                        let own = set.resources.default_namespace();
                        used.unknown.insert(document.namespace().unwrap_or(own));
                    }
                    _ => {
                        used.is_known = false;
                        return used;
                    }
                }
            }
        }
        used
    }

    /// Reports an object that nothing refers to.
    pub(super) fn check(&self, item: &Item<'_>, findings: &mut Findings<'_>) {
        let kind = item.object.kind();
        let by = match kind {
            Kind::TrafficTarget | Kind::TrafficSplit => return,
            Kind::HttpRouteGroup => "TrafficTarget or TrafficSplit",
            Kind::TcpRoute | Kind::UdpRoute | Kind::IdentityBinding => "TrafficTarget",
        };
        let name = item.object.meta().name.as_str();
        // A source may name a binding of any namespace.
        let is_unknown = match kind {
            Kind::IdentityBinding => !self.unknown.is_empty(),
            _ => self.unknown.contains(item.namespace),
        };
        let is_used = self.names.contains(&(kind, item.namespace, name));
        if !self.is_known || is_unknown || is_used {
            return;
        }
        let message = format!("no {by} refers to this {kind}, so it has no effect");
        let help = "refer to it, or drop it";
        findings.report(Code::UnusedObject, "metadata.name", message, help);
    }

    fn add(&mut self, item: &Item<'s>) {
        match item.object {
            Object::TrafficTarget(target) => {
                self.is_known = true;
                for rule in &target.rules {
                    let kind = match rule.kind {
                        RuleKind::HttpRouteGroup => Kind::HttpRouteGroup,
                        RuleKind::TcpRoute => Kind::TcpRoute,
                        RuleKind::UdpRoute => Kind::UdpRoute,
                        RuleKind::Unreadable => continue,
                    };
                    self.names.insert((kind, item.namespace, &rule.name));
                }
                for subject in target.sources.iter().chain([&target.destination]) {
                    if let Subject::IdentityBinding { namespace, name } = subject {
                        let namespace = namespace.as_deref().unwrap_or(item.namespace);
                        self.names.insert((Kind::IdentityBinding, namespace, name));
                    }
                }
            }
            Object::TrafficSplit(split) => {
                self.is_known = true;
                for reference in &split.matches {
                    if let MatchRef::HttpRouteGroup(name) = reference {
                        self.names.insert((Kind::HttpRouteGroup, item.namespace, name));
                    }
                }
            }
            _ => {}
        }
    }
}
