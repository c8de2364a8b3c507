//! From a TrafficTarget, and what it refers to, to a compiled one.

use std::collections::BTreeSet;
use std::sync::Arc;

use hashbrown::HashSet;

use crate::diagnostic::{Diagnostic, ObjectKind};
use crate::interner::Interner;
use crate::name::ObjectName;
use crate::policy::Inner;
use crate::ports::PortSet;
use crate::principal::{Principal, Who};
use crate::record::Record;
use crate::resource::{PortCondition, Rule, RuleKind, Subject, TrafficTarget};
use crate::route::RouteGroup;
use crate::semantics::{AbsentMatches, AbsentSourceNamespace, ForeignDestination};
use crate::target::{HttpPart, HttpRule, PortPart, Selection, Target};

/// What targets refer to.
pub(crate) struct Referents<'r> {
    pub(crate) inner: &'r Inner,
    /// Objects that are there and could not be read.
    pub(crate) unreadable: &'r BTreeSet<(ObjectKind, ObjectName)>,
    /// Groups for which the policy has no room.
    pub(crate) refused: &'r HashSet<ObjectName>,
}

impl Referents<'_> {
    /// Why a reference leads nowhere.
    fn missing(&self, kind: ObjectKind, name: &ObjectName) -> String {
        if self.unreadable.contains(&(kind, name.clone())) {
            format!("{kind} `{name}` could not be read")
        } else {
            format!("there is no {kind} `{name}`")
        }
    }
}

/// Compiles a target of this name.
pub(crate) fn resolve(
    name: ObjectName,
    record: Record,
    referents: &Referents<'_>,
    interner: &mut Interner<Who>,
) -> Target {
    let target = record.target(&name);
    let mut resolver =
        Resolution { referents, interner, name, void: None, diagnostics: Vec::new() };
    resolver.target(&target, record)
}

struct Resolution<'c> {
    referents: &'c Referents<'c>,
    interner: &'c mut Interner<Who>,
    name: ObjectName,
    /// The first reason found why the target grants nothing.
    void: Option<Box<str>>,
    diagnostics: Vec<Diagnostic>,
}

impl Resolution<'_> {
    fn target(&mut self, target: &TrafficTarget, record: Record) -> Target {
        let (destinations, selects) = self.destination(&target.destination);
        let (sources, admits) = self.sources(&target.sources);
        let port = match target.port {
            PortCondition::Any => None,
            PortCondition::Only(port) => Some(port),
            PortCondition::Unreadable => {
                self.void("spec.destination.port", "unreadable", "its port could not be read");
                None
            }
        };
        let (http, tcp, udp) = self.rules(&target.rules);
        Target {
            name: self.name.clone(),
            record,
            void: self.void.take(),
            destinations: destinations.into(),
            selects,
            sources: sources.into(),
            admits: admits.into(),
            port,
            http,
            tcp,
            udp,
            diagnostics: std::mem::take(&mut self.diagnostics).into(),
        }
    }

    /// Whom the target opens, and whether it selects them.
    fn destination(&mut self, destination: &Subject) -> (Vec<Principal>, bool) {
        let field = "spec.destination";
        let own = self.name.namespace().to_owned();
        let (namespace, principals) = match destination {
            Subject::ServiceAccount { namespace, name } => {
                let namespace = namespace.as_deref().filter(|n| !n.is_empty()).unwrap_or(&own);
                let account =
                    (!name.is_empty()).then(|| Principal::account(self.interner, namespace, name));
                (namespace, account.into_iter().collect())
            }
            Subject::IdentityBinding { namespace, name } => {
                let namespace = namespace.as_deref().filter(|n| !n.is_empty()).unwrap_or(&own);
                let name = ObjectName::new(namespace, name);
                let binding = self.referents.inner.bindings.find_named(&name);
                if binding.is_none() {
                    let what = self.referents.missing(ObjectKind::IdentityBinding, &name);
                    self.error(format!("{field}.name"), "dangling-reference", what);
                }
                (namespace, binding.map(|binding| binding.principals.to_vec()).unwrap_or_default())
            }
            Subject::Unreadable => (own.as_str(), Vec::new()),
        };
        let is_foreign = namespace != own;
        if principals.is_empty() {
            self.void(field, "unknown-destination", "its destination names nobody");
        }
        let mut selects = true;
        let semantics = &self.referents.inner.semantics;
        if is_foreign && semantics.foreign_destination == ForeignDestination::Deny {
            let what = format!(
                "its destination is in namespace `{namespace}`; only a TrafficTarget of that \
                 namespace may open it"
            );
            self.void(&format!("{field}.namespace"), "foreign-destination", &what);
            selects = false;
        }
        (principals, selects)
    }

    /// Positions of the sources that name somebody, and whom they name.
    fn sources(&mut self, sources: &[Subject]) -> (Vec<u32>, Vec<Principal>) {
        if sources.is_empty() {
            self.void("spec.sources", "empty-sources", "it has no sources");
        }
        let (mut usable, mut principals) = (Vec::new(), Vec::with_capacity(sources.len()));
        for (at, source) in (0_u32..).zip(sources) {
            let field = || format!("spec.sources[{at}]");
            let (Subject::ServiceAccount { namespace, name }
            | Subject::IdentityBinding { namespace, name }) = source
            else {
                // The reader has reported what is wrong with it.
                continue;
            };
            if name.is_empty() {
                self.error(format!("{}.name", field()), "no-name", "it names nobody".to_owned());
                continue;
            }
            let namespace = match namespace.as_deref().filter(|n| !n.is_empty()) {
                Some(namespace) => namespace,
                None if self.referents.inner.semantics.absent_source_namespace
                    == AbsentSourceNamespace::Own =>
                {
                    self.name.namespace()
                }
                None => {
                    let what = "a source without namespace names nobody under these semantics";
                    self.error(field(), "no-namespace", what.to_owned());
                    continue;
                }
            };
            let known = principals.len();
            if let Subject::ServiceAccount { .. } = source {
                principals.push(Principal::account(self.interner, namespace, name));
                usable.push(at);
                continue;
            }
            let name = ObjectName::new(namespace, name);
            if let Some(binding) = self.referents.inner.bindings.find_named(&name) {
                principals.extend_from_slice(&binding.principals);
            } else {
                let what = self.referents.missing(ObjectKind::IdentityBinding, &name);
                let what = format!("{what}, so it names nobody");
                self.error(format!("{}.name", field()), "dangling-reference", what);
            }
            if principals.len() > known {
                usable.push(at);
            }
        }
        (usable, principals)
    }

    fn rules(&mut self, rules: &[Rule]) -> (Option<HttpPart>, Option<PortPart>, Option<PortPart>) {
        let (mut http, mut tcp, mut udp): (Option<Vec<_>>, Option<Vec<_>>, Option<Vec<_>>) =
            (None, None, None);
        if rules.is_empty() {
            self.void("spec.rules", "empty-rules", "it has no rules");
        }
        for (at, rule) in (0_u32..).zip(rules) {
            match rule.kind {
                RuleKind::HttpRouteGroup => {
                    http.get_or_insert_default().extend(self.http_rule(at, rule));
                }
                RuleKind::TcpRoute => {
                    tcp.get_or_insert_default().extend(self.port_rule(
                        at,
                        rule,
                        ObjectKind::TcpRoute,
                    ));
                }
                RuleKind::UdpRoute => {
                    udp.get_or_insert_default().extend(self.port_rule(
                        at,
                        rule,
                        ObjectKind::UdpRoute,
                    ));
                }
                RuleKind::Unreadable => {
                    let what = "one of its rules is of no known kind";
                    self.void(&format!("spec.rules[{at}]"), "unknown-rule", what);
                }
            }
        }
        let ports = |rules: Vec<(u32, Arc<PortSet>)>| PortPart { rules: rules.into() };
        let http = http.map(|rules| HttpPart { rules: rules.into() });
        (http, tcp.map(ports), udp.map(ports))
    }

    fn http_rule(&mut self, at: u32, rule: &Rule) -> Option<HttpRule> {
        let field = || format!("spec.rules[{at}]");
        let name = ObjectName::new(self.name.namespace(), &rule.name);
        let Some(group) = self.referents.inner.groups.find_named(&name) else {
            self.dangling(field(), ObjectKind::HttpRouteGroup, &name);
            return None;
        };
        let group = group.clone();
        let selection = if self.referents.refused.contains(&name) {
            Selection::Only(Box::default())
        } else if !rule.matches.is_empty() {
            Selection::Only(self.selected(&field(), &group, &rule.matches).into())
        } else if self.referents.inner.semantics.absent_matches == AbsentMatches::All {
            Selection::All
        } else {
            let what = "a rule without `matches` selects none under these semantics";
            self.error(field(), "no-matches", what.to_owned());
            Selection::Only(Box::default())
        };
        Some(HttpRule { rule: at, group, selection })
    }

    /// Positions of the usable matches of these names, ascending.
    fn selected(&mut self, field: &str, group: &RouteGroup, names: &[String]) -> Vec<u32> {
        let mut selected = Vec::new();
        for (index, match_name) in names.iter().enumerate() {
            if let Some(found) = group.named(match_name) {
                selected.extend(found);
            } else {
                let what = format!(
                    "HTTPRouteGroup `{}` has no match `{match_name}`, so nothing is selected",
                    group.name()
                );
                self.error(format!("{field}.matches[{index}]"), "dangling-reference", what);
            }
        }
        selected.sort_unstable();
        selected.dedup();
        selected
    }

    fn port_rule(&mut self, at: u32, rule: &Rule, kind: ObjectKind) -> Option<(u32, Arc<PortSet>)> {
        let field = format!("spec.rules[{at}]");
        let name = ObjectName::new(self.name.namespace(), &rule.name);
        if !rule.matches.is_empty() {
            let what = format!("a {kind} has no named matches, so the rule contributes no port");
            self.error(format!("{field}.matches"), "dangling-reference", what);
            return None;
        }
        let inner = self.referents.inner;
        let routes = if kind == ObjectKind::TcpRoute { &inner.tcp } else { &inner.udp };
        match routes.find_named(&name) {
            Some(route) => Some((at, Arc::clone(&route.ports))),
            None => {
                self.dangling(field, kind, &name);
                None
            }
        }
    }

    fn dangling(&mut self, field: String, kind: ObjectKind, name: &ObjectName) {
        let what = format!("{}, so the rule adds nothing", self.referents.missing(kind, name));
        self.error(format!("{field}.name"), "dangling-reference", what);
    }

    fn error(&mut self, field: String, code: &'static str, message: String) {
        let kind = ObjectKind::TrafficTarget;
        self.diagnostics.push(Diagnostic::error(kind, &self.name, field, code, message));
    }

    /// Notes that the whole target grants nothing.
    fn void(&mut self, field: &str, code: &'static str, why: &str) {
        self.error(field.to_owned(), code, format!("{why}, so the target grants nothing"));
        self.void.get_or_insert_with(|| why.into());
    }
}
