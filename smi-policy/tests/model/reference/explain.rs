//! What the model says beside the answer, to compare explanations with.

use std::collections::BTreeMap;

use smi_policy::{ObjectName, PathMode, RuleKind, Transport};

use super::{http, is_identity, is_selected_match, is_void, judge, names_destination, path, ports};
use crate::world::{Http, Query, Traffic, Verdict, World};

/// Every target that names the destination, with its own verdict and whether it is void.
pub(crate) fn candidates(world: &World, query: &Query) -> BTreeMap<ObjectName, (Verdict, bool)> {
    let source = query.source.as_ref();
    let source =
        source.filter(|source| is_identity(&source.id) && source.proof >= world.options.min_proof);
    let named =
        world.targets().filter(|target| names_destination(world, target, &query.destination));
    named
        .map(|target| {
            let verdict =
                source.map_or(Verdict::Deny, |source| judge(world, target, source, query).verdict);
            (target.name.clone(), (verdict, is_void(world, target)))
        })
        .collect()
}

/// Whether this rule of this target, with this match of a group, allows a request. No rule: the
/// target may let HTTP requests pass.
pub(crate) fn grants(
    world: &World,
    query: &Query,
    target: &ObjectName,
    rule: Option<usize>,
    http_match: Option<&(ObjectName, usize)>,
) -> bool {
    let verdict = candidates(world, query).get(target).map(|(verdict, _)| *verdict);
    let Some(target) = world.targets().find(|other| other.name == *target) else { return false };
    let Some(rule) = rule else {
        return verdict == Some(Verdict::HttpOnly) && http_match.is_none();
    };
    let Some(rule) = target.rules.get(rule) else { return false };
    let namespace = target.name.namespace();
    let reasonable = match (&query.traffic, http_match) {
        (Traffic::Http(http), Some((group, index))) => {
            let found = world.group(namespace, &rule.name).filter(|found| found.name == *group);
            let http_match = found.and_then(|group| group.matches.get(*index)?.as_ref());
            rule.kind == RuleKind::HttpRouteGroup
                && http_match.is_some_and(|http_match| {
                    http::is_usable(http_match)
                        && is_selected_match(&world.options, rule, http_match)
                        && http::look(world, http_match, http) == http::Look::Matches
                })
        }
        (_, Some(_)) => false,
        (traffic, None) => {
            let over_udp = match traffic {
                Traffic::Http(http) => http.transport == Transport::Udp,
                Traffic::Tcp => false,
                Traffic::Udp => true,
            };
            let (kind, route) = if over_udp {
                (RuleKind::UdpRoute, world.udp_route(namespace, &rule.name))
            } else {
                (RuleKind::TcpRoute, world.tcp_route(namespace, &rule.name))
            };
            let own = ports::part(std::iter::once(rule), |_| route);
            rule.kind == kind && own.is_some_and(|ports| ports::contains(&ports, query.port))
        }
    };
    verdict == Some(Verdict::Allow) && reasonable
}

/// Under [`PathMode::Normalize`], the path to forward in place of the one sent, if it is another.
pub(crate) fn path_to_forward(http: &Http) -> Option<Vec<u8>> {
    let sent = path::subject(PathMode::AsIs, http).into_text()?;
    let normal = path::subject(PathMode::Normalize, http).into_text()?;
    (normal != sent).then_some(normal)
}
