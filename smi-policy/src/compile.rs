//! From resources to a compiled policy.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::binding::Bindings;
use crate::builder::PolicyBuilder;
use crate::diagnostic::{Diagnostic, ObjectKind};
use crate::identity::Resolver;
use crate::index::{IndexBuilder, TargetId};
use crate::name::ObjectName;
use crate::policy::{Inner, Policy};
use crate::ports::{PortSet, ZeroPort};
use crate::principal::{Principal, Principals};
use crate::resource::{PortCondition, PortRoute, Rule, RuleKind, Subject, TrafficTarget};
use crate::route::RouteGroup;
use crate::semantics::{AbsentMatches, AbsentSourceNamespace, ForeignDestination, Semantics};
use crate::target::{HttpPart, HttpRule, PortPart, Target};

pub(crate) fn compile(builder: PolicyBuilder) -> Policy {
    let PolicyBuilder { semantics, targets, mut diagnostics, .. } = builder;
    let resolver = Resolver::new(&semantics.trust_domains, &semantics.linkerd_namespace);
    let mut principals = Principals::default();
    let bindings = Bindings::resolve(
        &builder.bindings,
        &semantics,
        &resolver,
        &mut principals,
        &mut diagnostics,
    );
    let groups = builder.groups.iter().map(|(name, group)| {
        (name.clone(), RouteGroup::compile(group, &semantics.http, &mut diagnostics))
    });
    let referents = Referents {
        groups: groups.collect(),
        tcp: port_sets(ObjectKind::TcpRoute, &builder.tcp_routes, &mut diagnostics),
        udp: port_sets(ObjectKind::UdpRoute, &builder.udp_routes, &mut diagnostics),
        unreadable: builder.unreadable,
    };

    let mut index = IndexBuilder::default();
    for namespace in &builder.unreadable_targets {
        index.close(namespace.as_deref());
    }
    let mut compiled = Vec::with_capacity(targets.len());
    for target in targets.into_values() {
        let mut compiler = TargetCompiler {
            semantics: &semantics,
            referents: &referents,
            bindings: &bindings,
            principals: &mut principals,
            name: target.name.clone(),
            void: None,
            diagnostics: &mut diagnostics,
        };
        // A policy of 2^32 targets does not fit any memory; should it, the rest grants nothing.
        let Some(id) = TargetId::new(compiled.len()) else { break };
        compiled.push(compiler.compile(target, id, &mut index));
    }

    diagnostics.sort();
    diagnostics.dedup();
    Policy::new(Inner {
        resolver,
        principals,
        index: index.build(),
        targets: compiled.into(),
        diagnostics: diagnostics.into(),
        semantics,
    })
}

/// What targets refer to.
struct Referents {
    groups: BTreeMap<ObjectName, RouteGroup>,
    tcp: BTreeMap<ObjectName, Arc<PortSet>>,
    udp: BTreeMap<ObjectName, Arc<PortSet>>,
    /// Objects that are there and could not be read.
    unreadable: BTreeSet<(ObjectKind, ObjectName)>,
}

impl Referents {
    /// Why a reference leads nowhere.
    fn missing(&self, kind: ObjectKind, name: &ObjectName) -> String {
        if self.unreadable.contains(&(kind, name.clone())) {
            format!("{kind} `{name}` could not be read")
        } else {
            format!("there is no {kind} `{name}`")
        }
    }
}

fn port_sets(
    kind: ObjectKind,
    routes: &BTreeMap<ObjectName, PortRoute>,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<ObjectName, Arc<PortSet>> {
    let mut sets = BTreeMap::new();
    for (name, route) in routes {
        let set = PortSet::new(&route.ports).unwrap_or_else(|ZeroPort| {
            let field = "spec.matches.ports";
            let message = "0 is no port, so the route contributes none";
            diagnostics.push(Diagnostic::error(kind, name, field, "invalid-port", message));
            PortSet::NONE
        });
        sets.insert(name.clone(), Arc::new(set));
    }
    sets
}

struct TargetCompiler<'c> {
    semantics: &'c Semantics,
    referents: &'c Referents,
    bindings: &'c Bindings,
    principals: &'c mut Principals,
    name: ObjectName,
    /// The first reason found why the target grants nothing.
    void: Option<Box<str>>,
    diagnostics: &'c mut Vec<Diagnostic>,
}

impl TargetCompiler<'_> {
    fn compile(&mut self, target: TrafficTarget, id: TargetId, index: &mut IndexBuilder) -> Target {
        let destinations = self.destination(&target.destination, id, index);
        let (sources, source_principals) = self.sources(&target.sources);
        let port = match target.port {
            PortCondition::Any => None,
            PortCondition::Only(port) => Some(port),
            PortCondition::Unreadable => {
                self.void("spec.destination.port", "unreadable", "its port could not be read");
                None
            }
        };
        let (http, tcp, udp) = self.rules(&target.rules);
        if self.void.is_none() {
            for &destination in &destinations {
                for &source in &source_principals {
                    index.pair(destination, source, id);
                }
            }
        }
        let resource = Arc::new(target);
        Target { resource, void: self.void.take(), sources, port, http, tcp, udp }
    }

    /// Whom the target opens. Also notes what the target closes under a default of allowing.
    fn destination(
        &mut self,
        destination: &Subject,
        id: TargetId,
        index: &mut IndexBuilder,
    ) -> Vec<Principal> {
        let field = "spec.destination";
        let own = self.name.namespace().to_owned();
        let (namespace, principals) = match destination {
            Subject::ServiceAccount { namespace, name } => {
                let namespace = namespace.as_deref().filter(|n| !n.is_empty()).unwrap_or(&own);
                let account = (!name.is_empty())
                    .then(|| self.principals.account(ObjectName::new(namespace, name.as_str())));
                (namespace, account.into_iter().collect())
            }
            Subject::IdentityBinding { namespace, name } => {
                let namespace = namespace.as_deref().filter(|n| !n.is_empty()).unwrap_or(&own);
                let binding = ObjectName::new(namespace, name.as_str());
                let principals = self.bindings.principals(&binding);
                if principals.is_none() {
                    let what = self.referents.missing(ObjectKind::IdentityBinding, &binding);
                    self.error(format!("{field}.name"), "dangling-reference", what);
                }
                (namespace, principals.unwrap_or_default().to_vec())
            }
            Subject::Unreadable => (own.as_str(), Vec::new()),
        };
        let is_foreign = namespace != own;
        for &principal in &principals {
            index.candidate(principal, id);
        }
        if principals.is_empty() {
            self.void(field, "unknown-destination", "its destination names nobody");
            index.close(Some(&own));
        }
        if is_foreign && self.semantics.foreign_destination == ForeignDestination::Deny {
            let what = format!(
                "its destination is in namespace `{namespace}`; only a TrafficTarget of that \
                 namespace may open it"
            );
            self.void(&format!("{field}.namespace"), "foreign-destination", &what);
        } else {
            principals.iter().for_each(|principal| index.select(*principal));
        }
        principals
    }

    /// Positions of the sources that name somebody, and whom they name.
    fn sources(&mut self, sources: &[Subject]) -> (Vec<usize>, Vec<Principal>) {
        if sources.is_empty() {
            self.void("spec.sources", "empty-sources", "it has no sources");
        }
        let (mut usable, mut principals) = (Vec::new(), Vec::with_capacity(sources.len()));
        for (at, source) in sources.iter().enumerate() {
            let field = format!("spec.sources[{at}]");
            let (Subject::ServiceAccount { namespace, name }
            | Subject::IdentityBinding { namespace, name }) = source
            else {
                // The reader has reported what is wrong with it.
                continue;
            };
            if name.is_empty() {
                self.error(format!("{field}.name"), "no-name", "it names nobody".to_owned());
                continue;
            }
            let namespace = match namespace.as_deref().filter(|n| !n.is_empty()) {
                Some(namespace) => namespace,
                None if self.semantics.absent_source_namespace == AbsentSourceNamespace::Own => {
                    self.name.namespace()
                }
                None => {
                    let what = "a source without namespace names nobody under these semantics";
                    self.error(field, "no-namespace", what.to_owned());
                    continue;
                }
            };
            let name = ObjectName::new(namespace, name.as_str());
            let known = principals.len();
            if let Subject::ServiceAccount { .. } = source {
                principals.push(self.principals.account(name));
            } else if let Some(bound) = self.bindings.principals(&name) {
                principals.extend(bound);
            } else {
                let what = self.referents.missing(ObjectKind::IdentityBinding, &name);
                let what = format!("{what}, so it names nobody");
                self.error(format!("{field}.name"), "dangling-reference", what);
            }
            if principals.len() > known {
                usable.push(at);
            }
        }
        (usable, principals)
    }

    fn rules(&mut self, rules: &[Rule]) -> (Option<HttpPart>, Option<PortPart>, Option<PortPart>) {
        let (mut http, mut tcp, mut udp) = (None, None, None);
        if rules.is_empty() {
            self.void("spec.rules", "empty-rules", "it has no rules");
        }
        for (at, rule) in rules.iter().enumerate() {
            match rule.kind {
                RuleKind::HttpRouteGroup => {
                    let part: &mut HttpPart = http.get_or_insert_default();
                    part.rules.extend(self.http_rule(at, rule));
                }
                RuleKind::TcpRoute => {
                    let part: &mut PortPart = tcp.get_or_insert_default();
                    part.rules.extend(self.port_rule(
                        at,
                        rule,
                        ObjectKind::TcpRoute,
                        &self.referents.tcp,
                    ));
                }
                RuleKind::UdpRoute => {
                    let part: &mut PortPart = udp.get_or_insert_default();
                    part.rules.extend(self.port_rule(
                        at,
                        rule,
                        ObjectKind::UdpRoute,
                        &self.referents.udp,
                    ));
                }
                RuleKind::Unreadable => {
                    let what = "one of its rules is of no known kind";
                    self.void(&format!("spec.rules[{at}]"), "unknown-rule", what);
                }
            }
        }
        (http, tcp, udp)
    }

    fn http_rule(&mut self, at: usize, rule: &Rule) -> Option<HttpRule> {
        let field = format!("spec.rules[{at}]");
        let name = ObjectName::new(self.name.namespace(), rule.name.as_str());
        let Some(group) = self.referents.groups.get(&name) else {
            self.dangling(field, ObjectKind::HttpRouteGroup, &name);
            return None;
        };
        let mut matches: Vec<u32> = if rule.matches.is_empty() {
            match self.semantics.absent_matches {
                AbsentMatches::All => group.usable().collect(),
                AbsentMatches::None => {
                    let what = "a rule without `matches` selects none under these semantics";
                    self.error(field, "no-matches", what.to_owned());
                    Vec::new()
                }
            }
        } else {
            let mut selected = Vec::new();
            for (index, match_name) in rule.matches.iter().enumerate() {
                if let Some(found) = group.named(match_name) {
                    selected.extend(found);
                } else {
                    let what = format!(
                        "HTTPRouteGroup `{name}` has no match `{match_name}`, so nothing is selected"
                    );
                    let field = format!("{field}.matches[{index}]");
                    self.error(field, "dangling-reference", what);
                }
            }
            selected
        };
        matches.sort_unstable();
        matches.dedup();
        Some(HttpRule { rule: at, group: group.clone(), matches })
    }

    fn port_rule(
        &mut self,
        at: usize,
        rule: &Rule,
        kind: ObjectKind,
        routes: &BTreeMap<ObjectName, Arc<PortSet>>,
    ) -> Option<(usize, Arc<PortSet>)> {
        let field = format!("spec.rules[{at}]");
        let name = ObjectName::new(self.name.namespace(), rule.name.as_str());
        if !rule.matches.is_empty() {
            let what = format!("a {kind} has no named matches, so the rule contributes no port");
            self.error(format!("{field}.matches"), "dangling-reference", what);
            return None;
        }
        match routes.get(&name) {
            Some(ports) => Some((at, Arc::clone(ports))),
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
