use std::collections::BTreeSet;

use hashbrown::HashMap;

use crate::diagnostic::ObjectKind;
use crate::name::ObjectName;
use crate::resource::{RuleKind, Subject};
use crate::target::Target;

/// Which targets refer to which routes and bindings, also to those that are not there yet.
#[derive(Debug, Default)]
pub(crate) struct Users(HashMap<(ObjectKind, ObjectName), BTreeSet<ObjectName>>);

impl Users {
    /// The targets that refer to this object.
    pub(crate) fn of(
        &self,
        kind: ObjectKind,
        name: &ObjectName,
    ) -> impl Iterator<Item = &ObjectName> {
        self.0.get(&(kind, name.clone())).into_iter().flatten()
    }

    pub(crate) fn add(&mut self, target: &Target) {
        for referent in referents(target) {
            self.0.entry(referent).or_default().insert(target.name.clone());
        }
    }

    pub(crate) fn remove(&mut self, target: &Target) {
        for referent in referents(target) {
            if let Some(users) = self.0.get_mut(&referent) {
                users.remove(&target.name);
                if users.is_empty() {
                    self.0.remove(&referent);
                }
            }
        }
    }
}

/// What a target refers to.
fn referents(target: &Target) -> Vec<(ObjectKind, ObjectName)> {
    let resource = target.record.target(&target.name);
    let own = target.name.namespace();
    let mut referents = Vec::new();
    for subject in resource.sources.iter().chain([&resource.destination]) {
        if let Subject::IdentityBinding { namespace, name } = subject {
            let namespace = namespace.as_deref().filter(|n| !n.is_empty()).unwrap_or(own);
            referents.push((ObjectKind::IdentityBinding, ObjectName::new(namespace, name)));
        }
    }
    for rule in &resource.rules {
        let kind = match rule.kind {
            RuleKind::HttpRouteGroup => ObjectKind::HttpRouteGroup,
            RuleKind::TcpRoute => ObjectKind::TcpRoute,
            RuleKind::UdpRoute => ObjectKind::UdpRoute,
            RuleKind::Unreadable => continue,
        };
        referents.push((kind, ObjectName::new(own, &rule.name)));
    }
    referents
}
