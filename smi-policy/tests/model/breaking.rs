//! Makes one part of a world unreadable.

use std::collections::BTreeSet;

use smi_policy::{
    HttpMatch, HttpRouteGroup, IdentityBinding, ObjectName, PortCondition, PortRoute, Ports, Rule,
    RuleKind, Subject, TrafficTarget,
};

use crate::world::{Resource, World};

/// One part that was made unreadable.
#[derive(Clone, Debug)]
pub(crate) struct Broken {
    /// What was broken.
    pub(crate) part: &'static str,
    /// The object that holds it.
    pub(crate) object: ObjectName,
    /// Whether the engine is the one to report it: what could not be read, the reader reports.
    pub(crate) is_reported: bool,
    /// The targets that use the part.
    pub(crate) affected: BTreeSet<ObjectName>,
    /// Which resource is replaced.
    at: usize,
    /// What takes its place; nothing, if the whole object could not be read.
    replacement: Option<Resource>,
}

impl Broken {
    /// The world with the broken part.
    pub(crate) fn in_world(&self, world: &World) -> World {
        let mut world = world.clone();
        if let Some(replacement) = &self.replacement {
            world.resources[self.at] = replacement.clone();
        } else if let Resource::Target(target) = world.resources.remove(self.at) {
            world.unreadable_targets.push(Some(target.name.namespace().to_owned()));
        }
        world
    }
}

/// Parts that can be read and make no sense.
const REPORTED: [&str; 11] = [
    "sources",
    "rules",
    "rule name",
    "match name",
    "matches",
    "path regex",
    "header regex",
    "header name",
    "SPIFFE id",
    "operator",
    "both schemes",
];

/// Every way to break one part of a world in which no key is taken twice.
pub(crate) fn each_part(world: &World) -> Vec<Broken> {
    let mut all = Vec::new();
    for (at, resource) in world.resources.iter().enumerate() {
        let object = resource.key().1.clone();
        let affected = affected(world, resource);
        let mut push = |part, replacement| {
            let is_reported = REPORTED.contains(&part) && !affected.is_empty();
            let (object, affected) = (object.clone(), affected.clone());
            all.push(Broken { part, object, is_reported, affected, at, replacement });
        };
        match resource {
            Resource::Target(target) => break_target(target, &mut push),
            Resource::Group(group) => break_group(group, &mut push),
            Resource::Tcp(route) => break_ports(route, Resource::Tcp, &mut push),
            Resource::Udp(route) => break_ports(route, Resource::Udp, &mut push),
            Resource::Binding(binding) => break_binding(binding, &mut push),
        }
        push("object", None);
    }
    all
}

type Push<'p> = dyn FnMut(&'static str, Option<Resource>) + 'p;

/// Adds a changed copy.
fn change<T: Clone>(
    push: &mut Push<'_>,
    part: &'static str,
    of: &T,
    wrap: fn(T) -> Resource,
    edit: impl FnOnce(&mut T),
) {
    let mut copy = of.clone();
    edit(&mut copy);
    push(part, Some(wrap(copy)));
}

fn break_target(target: &TrafficTarget, push: &mut Push<'_>) {
    let wrap = Resource::Target;
    change(push, "destination", target, wrap, |target| target.destination = Subject::Unreadable);
    change(push, "port", target, wrap, |target| target.port = PortCondition::Unreadable);
    for at in 0..target.sources.len() {
        change(push, "source", target, wrap, |target| target.sources[at] = Subject::Unreadable);
    }
    change(push, "sources", target, wrap, |target| target.sources.clear());
    change(push, "rules", target, wrap, |target| target.rules.clear());
    for (at, rule) in target.rules.iter().enumerate() {
        let mut with = |part, edit: fn(&mut Rule)| {
            change(push, part, target, wrap, |target| edit(&mut target.rules[at]));
        };
        with("rule kind", |rule| rule.kind = RuleKind::Unreadable);
        with("rule name", |rule| rule.name = "nowhere".to_owned());
        if !rule.matches.is_empty() {
            with("match name", |rule| rule.matches[0] = "nowhere".to_owned());
        }
    }
}

fn break_group(group: &HttpRouteGroup, push: &mut Push<'_>) {
    let wrap = Resource::Group;
    change(push, "matches", group, wrap, |group| group.matches.clear());
    for (at, http_match) in group.matches.iter().enumerate() {
        let Some(http_match) = http_match else { continue };
        change(push, "match", group, wrap, |group| group.matches[at] = None);
        let mut with = |part, edit: fn(&mut HttpMatch)| {
            let mut broken = http_match.clone();
            edit(&mut broken);
            change(push, part, group, wrap, |group| group.matches[at] = Some(broken));
        };
        with("path regex", |http_match| http_match.path_regex = Some("/a)|(?:.*".to_owned()));
        if !http_match.headers.is_empty() {
            with("header regex", |http_match| http_match.headers[0].1 = "(".to_owned());
            with("header name", |http_match| http_match.headers[0].0 = ":path".to_owned());
        }
    }
}

fn break_ports(route: &PortRoute, wrap: fn(PortRoute) -> Resource, push: &mut Push<'_>) {
    change(push, "ports", route, wrap, |route| route.ports = Ports::Only(Vec::new()));
    if let Ports::Only(list) = &route.ports
        && !list.is_empty()
    {
        change(push, "port", route, wrap, |route| {
            let mut list = list.clone();
            list[0] = 0;
            route.ports = Ports::Only(list);
        });
    }
}

fn break_binding(binding: &IdentityBinding, push: &mut Push<'_>) {
    let wrap = Resource::Binding;
    change(push, "schemes", binding, wrap, |binding| binding.schemes = None);
    let Some(schemes) = &binding.schemes else { return };
    for at in 0..schemes.spiffe_identities.len() {
        let mut broken = schemes.clone();
        broken.spiffe_identities[at] = "spiffe://cluster.local/../x".to_owned();
        change(push, "SPIFFE id", binding, wrap, |binding| binding.schemes = Some(broken));
    }
    if let Some(selector) = &schemes.pod_label_selector {
        for at in 0..selector.match_expressions.len() {
            let mut broken = selector.clone();
            broken.match_expressions[at].operator = "Gt".to_owned();
            let mut schemes = schemes.clone();
            schemes.pod_label_selector = Some(broken);
            change(push, "operator", binding, wrap, |binding| binding.schemes = Some(schemes));
        }
        let mut both = schemes.clone();
        both.service_account = Some("web".to_owned());
        change(push, "both schemes", binding, wrap, |binding| binding.schemes = Some(both));
    }
}

/// The targets that a resource has to do with.
fn affected(world: &World, resource: &Resource) -> BTreeSet<ObjectName> {
    let uses = |target: &TrafficTarget| match resource {
        Resource::Target(own) => own.name == target.name,
        Resource::Group(group) => refers(target, RuleKind::HttpRouteGroup, &group.name),
        Resource::Tcp(route) => refers(target, RuleKind::TcpRoute, &route.name),
        Resource::Udp(route) => refers(target, RuleKind::UdpRoute, &route.name),
        Resource::Binding(binding) => {
            let mut subjects = target.sources.iter().chain([&target.destination]);
            subjects.any(|subject| match subject {
                Subject::IdentityBinding { namespace, name } => {
                    let written = namespace.as_deref().filter(|namespace| !namespace.is_empty());
                    name == binding.name.name()
                        && written.unwrap_or(target.name.namespace()) == binding.name.namespace()
                }
                _ => false,
            })
        }
    };
    let targets = world.targets().filter(|target| uses(target));
    targets.map(|target| target.name.clone()).collect()
}

fn refers(target: &TrafficTarget, kind: RuleKind, name: &ObjectName) -> bool {
    let mut rules = target.rules.iter();
    target.name.namespace() == name.namespace()
        && rules.any(|rule| rule.kind == kind && rule.name == name.name())
}
