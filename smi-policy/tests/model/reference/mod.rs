//! The reference model: what the documents say, written down as plainly as possible.
//!
//! It scans every list from the front, compiles nothing ahead and shares no code with the engine
//! but the types in which resources are given. Where it is slow, that is the point.

mod explain;
mod http;
mod identity;
mod path;
mod pattern;
mod ports;

use smi_policy::{
    AbsentMatches, AbsentSourceNamespace, ForeignDestination, HttpMatch, HttpRequires,
    PortCondition, Rule, RuleKind, Semantics, Subject, TrafficTarget, Transport, Unselected,
};

use crate::world::{Answer, Http, Peer, Query, Traffic, Verdict, Why, World};

pub(crate) use explain::{candidates, grants, path_to_forward};
pub(crate) use http::{header_accepts, looks_at_authority, path_accepts};
pub(crate) use identity::is_identity;
use ports::{PortSet, contains};

/// Answers one question.
pub(crate) fn answer(world: &World, query: &Query) -> Answer {
    if !is_known(world, &query.destination) {
        return denied(Why::UnknownDestination);
    }
    if world.options.unselected == Unselected::Allow && !is_selected(world, &query.destination) {
        return Answer { verdict: Verdict::Allow, by: Vec::new(), why: Why::Unselected };
    }
    let source = match &query.source {
        Some(source) if is_identity(&source.id) => source,
        _ => return denied(Why::Unauthenticated),
    };
    if source.proof < world.options.min_proof {
        return denied(Why::WeakProof);
    }

    let mut verdict = Verdict::Deny;
    let mut path_decided = false;
    let mut judgements = Vec::new();
    for target in world.targets() {
        let judgement = judge(world, target, source, query);
        verdict = verdict.max(judgement.verdict);
        path_decided |= judgement.path_decided;
        judgements.push((target.name.clone(), judgement.verdict));
    }
    if verdict == Verdict::Deny {
        return denied(if path_decided { Why::UncleanPath } else { Why::Denied });
    }
    let agreeing = judgements.into_iter().filter(|(_, own)| *own == verdict);
    let mut by: Vec<_> = agreeing.map(|(name, _)| name).collect();
    by.sort();
    Answer { verdict, by, why: Why::Targets }
}

fn denied(why: Why) -> Answer {
    Answer { verdict: Verdict::Deny, by: Vec::new(), why }
}

/// Whether resources can speak of a destination: it is a service account, or a binding means it.
fn is_known(world: &World, destination: &Peer) -> bool {
    identity::account(world, &destination.id).is_some()
        || world.bindings().any(|binding| identity::speaks_for(world, binding, destination))
}

/// Whether a destination is closed to those whom no target admits, under permissive adoption.
fn is_selected(world: &World, destination: &Peer) -> bool {
    let Some((namespace, _)) = identity::account(world, &destination.id) else {
        // An unknown destination: nobody knows who could open it, so it is closed.
        return true;
    };
    let unread = |of: &Option<String>| of.as_ref().is_none_or(|of| *of == namespace);
    if world.unreadable_targets.iter().any(unread) {
        return true;
    }
    world.targets().any(|target| {
        let own = target.name.namespace() == namespace;
        // A pod may be of another namespace than its account. It is of both, which grants less.
        let opens_own = namespace_of(target, &target.destination) == Some(target.name.namespace());
        let foreign = world.options.foreign_destination == ForeignDestination::Allow;
        let heard = own || opens_own || foreign;
        (heard && names_destination(world, target, destination))
            || (own && !is_resolved(world, target, &target.destination))
    })
}

/// What one target says, alone.
struct Judgement {
    verdict: Verdict,
    /// Its only objection to a match is the unclean path.
    path_decided: bool,
}

fn judge(world: &World, target: &TrafficTarget, source: &Peer, query: &Query) -> Judgement {
    let no = Judgement { verdict: Verdict::Deny, path_decided: false };
    if is_void(world, target)
        || !names_destination(world, target, &query.destination)
        || !names_source(world, target, source)
    {
        return no;
    }
    match &query.traffic {
        Traffic::Http(http) => judge_http(world, target, query.port, http),
        Traffic::Tcp => Judgement { verdict: judge_tcp(world, target, query.port), ..no },
        Traffic::Udp => Judgement { verdict: judge_udp(world, target, query.port), ..no },
    }
}

fn judge_http(world: &World, target: &TrafficTarget, port: u16, http: &Http) -> Judgement {
    let mut judgement = Judgement { verdict: Verdict::Deny, path_decided: false };
    let (part, condition) = match http.transport {
        Transport::Tcp => (tcp_part(world, target), tcp_condition(target, port)),
        Transport::Udp => (udp_part(world, target), udp_condition(target)),
    };
    let port_part_agrees = part.as_ref().is_none_or(|ports| contains(ports, port));
    if !port_part_agrees || !condition {
        return judgement;
    }
    let allowed = match http_part(world, target) {
        None => part.is_some() && world.options.http_requires == HttpRequires::AnyRule,
        Some(matches) => {
            let usable = matches.iter().filter(|http_match| http::is_usable(http_match));
            let looks: Vec<_> =
                usable.map(|http_match| http::look(world, http_match, http)).collect();
            judgement.path_decided = looks.contains(&http::Look::OnlyThePathIsUnclean);
            looks.contains(&http::Look::Matches)
        }
    };
    if allowed {
        judgement = Judgement { verdict: Verdict::Allow, path_decided: false };
    }
    judgement
}

fn judge_tcp(world: &World, target: &TrafficTarget, port: u16) -> Verdict {
    if !tcp_condition(target, port) {
        return Verdict::Deny;
    }
    let tcp = tcp_part(world, target);
    match http_part(world, target) {
        None if tcp.as_ref().is_some_and(|ports| contains(ports, port)) => Verdict::Allow,
        None => Verdict::Deny,
        Some(matches) => {
            let http_may_pass = matches.iter().any(|http_match| http::is_usable(http_match))
                && tcp.as_ref().is_none_or(|ports| contains(ports, port));
            if http_may_pass { Verdict::HttpOnly } else { Verdict::Deny }
        }
    }
}

fn judge_udp(world: &World, target: &TrafficTarget, port: u16) -> Verdict {
    let allowed = udp_condition(target)
        && udp_part(world, target).is_some_and(|ports| contains(&ports, port));
    if allowed { Verdict::Allow } else { Verdict::Deny }
}

/// `destination.port` of v1alpha1 and v1alpha2: a further condition on the TCP port.
fn tcp_condition(target: &TrafficTarget, port: u16) -> bool {
    match target.port {
        PortCondition::Any => true,
        PortCondition::Only(only) => only == port,
        PortCondition::Unreadable => false,
    }
}

/// Over UDP there is no TCP port, so nothing satisfies a condition on it.
fn udp_condition(target: &TrafficTarget) -> bool {
    target.port == PortCondition::Any
}

/// Whether a target grants nothing to anybody.
fn is_void(world: &World, target: &TrafficTarget) -> bool {
    target.sources.is_empty()
        || target.rules.is_empty()
        || target.rules.iter().any(|rule| rule.kind == RuleKind::Unreadable)
        || target.port == PortCondition::Unreadable
        || !is_resolved(world, target, &target.destination)
        || (world.options.foreign_destination == ForeignDestination::Deny
            && namespace_of(target, &target.destination) != Some(target.name.namespace()))
}

/// Whether a destination can be read, and stands for somebody.
fn is_resolved(world: &World, target: &TrafficTarget, destination: &Subject) -> bool {
    match destination {
        Subject::Unreadable => false,
        Subject::ServiceAccount { name, .. } => !name.is_empty(),
        Subject::IdentityBinding { name, .. } => {
            let namespace = namespace_of(target, destination).unwrap_or_default();
            let binding = world.binding(namespace, name);
            binding.is_some_and(|binding| identity::speaks_for_anybody(world, binding))
        }
    }
}

/// Namespace of a subject: the one written, else the target's own.
fn namespace_of<'t>(target: &'t TrafficTarget, subject: &'t Subject) -> Option<&'t str> {
    match subject {
        Subject::ServiceAccount { namespace, .. } | Subject::IdentityBinding { namespace, .. } => {
            let written = namespace.as_deref().filter(|namespace| !namespace.is_empty());
            Some(written.unwrap_or(target.name.namespace()))
        }
        Subject::Unreadable => None,
    }
}

fn names_destination(world: &World, target: &TrafficTarget, peer: &Peer) -> bool {
    names(world, target, &target.destination, peer)
}

fn names_source(world: &World, target: &TrafficTarget, peer: &Peer) -> bool {
    target.sources.iter().any(|source| {
        let bare = match source {
            Subject::ServiceAccount { namespace, .. }
            | Subject::IdentityBinding { namespace, .. } => {
                namespace.as_deref().unwrap_or_default().is_empty()
            }
            Subject::Unreadable => false,
        };
        let nobody = bare && world.options.absent_source_namespace == AbsentSourceNamespace::Nobody;
        !nobody && names(world, target, source, peer)
    })
}

fn names(world: &World, target: &TrafficTarget, subject: &Subject, peer: &Peer) -> bool {
    let Some(namespace) = namespace_of(target, subject) else { return false };
    match subject {
        Subject::Unreadable => false,
        Subject::ServiceAccount { name, .. } => {
            !name.is_empty() && identity::is_account(world, &peer.id, namespace, name)
        }
        Subject::IdentityBinding { name, .. } => world
            .binding(namespace, name)
            .is_some_and(|binding| identity::speaks_for(world, binding, peer)),
    }
}

/// The HTTP part: the matches that all HTTPRouteGroup rules select. `None`: there is no such rule.
fn http_part<'w>(world: &'w World, target: &TrafficTarget) -> Option<Vec<&'w HttpMatch>> {
    let rules: Vec<_> = rules_of(target, RuleKind::HttpRouteGroup).collect();
    if rules.is_empty() {
        return None;
    }
    let mut selected = Vec::new();
    for rule in rules {
        let Some(group) = world.group(target.name.namespace(), &rule.name) else { continue };
        for http_match in group.matches.iter().flatten() {
            if is_selected_match(&world.options, rule, http_match) {
                selected.push(http_match);
            }
        }
    }
    Some(selected)
}

fn is_selected_match(semantics: &Semantics, rule: &Rule, http_match: &HttpMatch) -> bool {
    if rule.matches.is_empty() {
        return semantics.absent_matches == AbsentMatches::All;
    }
    http_match.name.as_ref().is_some_and(|name| rule.matches.contains(name))
}

/// The TCP part: the ports of all TCPRoute rules. `None`: there is no such rule.
fn tcp_part(world: &World, target: &TrafficTarget) -> Option<PortSet> {
    let namespace = target.name.namespace();
    ports::part(rules_of(target, RuleKind::TcpRoute), |name| world.tcp_route(namespace, name))
}

/// The UDP part: the ports of all UDPRoute rules. `None`: there is no such rule.
fn udp_part(world: &World, target: &TrafficTarget) -> Option<PortSet> {
    let namespace = target.name.namespace();
    ports::part(rules_of(target, RuleKind::UdpRoute), |name| world.udp_route(namespace, name))
}

fn rules_of(target: &TrafficTarget, kind: RuleKind) -> impl Iterator<Item = &Rule> {
    target.rules.iter().filter(move |rule| rule.kind == kind)
}
