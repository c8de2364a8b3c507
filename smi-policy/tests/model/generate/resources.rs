//! Resources of every kind, readable or broken.

use proptest::collection::{btree_map, vec};
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use smi_policy::{
    HttpMatch, HttpRouteGroup, IdentityBinding, LabelRequirement, LabelSelector, ObjectName,
    PortCondition, PortRoute, Ports, Rule, RuleKind, Schemes, Subject, TrafficTarget,
};

use super::{
    ACCOUNTS, Breakage, LABEL_VALUES, LABELS, MATCHES, NAMESPACES, PORTS, ROUTES, one_of, patterns,
    peers::{NO_SPIFFE, SPIFFE},
};
use crate::world::Resource;

/// A set of resources in any order. Nearly every name that a reference can hold is taken, and some
/// are taken twice.
pub(super) fn resources(breakage: Breakage) -> impl Strategy<Value = Vec<Resource>> {
    let often = |kind: fn(Breakage, ObjectName) -> BoxedStrategy<Resource>| {
        [(0, "r"), (0, "s"), (1, "r")].map(|(namespace, name)| {
            let name = ObjectName::new(NAMESPACES[namespace], name);
            weighted(0.85, kind(breakage, name))
        })
    };
    let routes = (often(group), often(tcp_route), often(udp_route), often(binding)).boxed();
    let again = prop_oneof![
        3 => object().prop_flat_map(move |name| group(breakage, name)),
        3 => object().prop_flat_map(move |name| tcp_route(breakage, name)),
        2 => object().prop_flat_map(move |name| udp_route(breakage, name)),
        2 => object().prop_flat_map(move |name| binding(breakage, name)),
    ];
    (targets(breakage).boxed(), routes, vec(again, 0..2).boxed())
        .prop_map(|(targets, (groups, tcp, udp, bindings), again)| {
            let targets = targets.into_iter().map(Resource::Target);
            let often = [groups, tcp, udp, bindings].into_iter().flatten().flatten();
            targets.chain(often).chain(again).collect::<Vec<_>>()
        })
        .prop_shuffle()
}

/// TrafficTargets. Many have something in common with the first, so that several allow the same.
fn targets(breakage: Breakage) -> impl Strategy<Value = Vec<TrafficTarget>> {
    let in_common = select(
        &[
            InCommon::Nothing,
            InCommon::Destination,
            InCommon::Subjects,
            InCommon::Subjects,
            InCommon::Rules,
            InCommon::SubjectsAndRules,
        ][..],
    );
    (target(breakage), vec((target(breakage), in_common), 0..4)).prop_map(|(first, others)| {
        let others = others.into_iter().map(|(other, in_common)| in_common.between(&first, other));
        others.chain([first.clone()]).collect()
    })
}

/// What a target has in common with another.
#[derive(Clone, Copy, Debug)]
enum InCommon {
    Nothing,
    Destination,
    Subjects,
    Rules,
    SubjectsAndRules,
}

impl InCommon {
    fn between(self, first: &TrafficTarget, mut other: TrafficTarget) -> TrafficTarget {
        if !matches!(self, Self::Nothing) {
            other.name = ObjectName::new(first.name.namespace(), other.name.name());
        }
        if matches!(self, Self::Destination | Self::Subjects | Self::SubjectsAndRules) {
            other.destination = first.destination.clone();
        }
        if matches!(self, Self::Subjects | Self::SubjectsAndRules) {
            other.sources.extend_from_slice(&first.sources);
        }
        if matches!(self, Self::Rules | Self::SubjectsAndRules) {
            other.rules = first.rules.clone();
        }
        other
    }
}

/// `usual`, or now and then `broken`.
pub(super) fn or<T: Clone + std::fmt::Debug + 'static>(
    breakage: Breakage,
    usual: impl Strategy<Value = T> + 'static,
    broken: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<T> {
    match breakage {
        Breakage::None => usual.boxed(),
        Breakage::Some => prop_oneof![29 => usual, 1 => broken].boxed(),
    }
}

fn object() -> impl Strategy<Value = ObjectName> {
    (namespace(), select(&ROUTES[..]))
        .prop_map(|(namespace, name)| ObjectName::new(namespace, name))
}

/// One namespace has most of the objects, so that they have to do with each other.
fn namespace() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just(NAMESPACES[0]), 1 => Just(NAMESPACES[1])]
}

/// A TrafficTarget.
pub(crate) fn target(breakage: Breakage) -> BoxedStrategy<TrafficTarget> {
    let port = prop_oneof![
        9 => Just(PortCondition::Any),
        1 => select(&PORTS[..]).prop_map(PortCondition::Only),
    ];
    (
        (namespace(), select(&["t1", "t2", "t3", "t4", "t5"][..])),
        destination(breakage),
        or(breakage, port, Just(PortCondition::Unreadable)),
        prop_oneof![1 => Just(0_usize), 29 => 1..4_usize],
        vec(source(breakage), 3),
        rules(breakage),
    )
        .prop_map(|(name, destination, port, count, mut sources, rules)| {
            sources.truncate(count);
            let name = ObjectName::new(name.0, name.1);
            TrafficTarget { name, destination, port, sources, rules }
        })
        .boxed()
}

fn destination(breakage: Breakage) -> impl Strategy<Value = Subject> {
    let namespace = prop_oneof![
        12 => Just(None),
        3 => Just(Some(NAMESPACES[0].to_owned())),
        1 => Just(Some(NAMESPACES[1].to_owned())),
        1 => Just(Some(String::new())),
    ];
    // Few destinations, so that targets share them.
    let account = prop_oneof![3 => Just(ACCOUNTS[0]), 1 => Just(ACCOUNTS[1])];
    let subject = subject(namespace, account.prop_map(str::to_owned), 5);
    or(breakage, subject, unreadable_subject())
}

fn source(breakage: Breakage) -> impl Strategy<Value = Subject> {
    let namespace = prop_oneof![
        4 => Just(None),
        5 => Just(Some(NAMESPACES[0].to_owned())),
        1 => Just(Some(NAMESPACES[1].to_owned())),
        1 => Just(Some(String::new())),
    ];
    or(breakage, subject(namespace, one_of(&ACCOUNTS), 3), unreadable_subject())
}

fn subject(
    namespace: impl Strategy<Value = Option<String>>,
    account: impl Strategy<Value = String>,
    accounts_to_one_binding: u32,
) -> impl Strategy<Value = Subject> {
    let kind = prop_oneof![accounts_to_one_binding => Just(true), 1 => Just(false)];
    (namespace, account, one_of(&ROUTES), kind).prop_map(
        |(namespace, account, binding, is_account)| {
            if is_account {
                Subject::ServiceAccount { namespace, name: account }
            } else {
                Subject::IdentityBinding { namespace, name: binding }
            }
        },
    )
}

fn unreadable_subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        3 => Just(Subject::Unreadable),
        1 => Just(Subject::ServiceAccount { namespace: None, name: String::new() }),
    ]
}

/// Rules; most often of one shape of a policy that somebody would write.
fn rules(breakage: Breakage) -> BoxedStrategy<Vec<Rule>> {
    let http = || http_rule();
    let tcp = || port_rule(RuleKind::TcpRoute);
    let udp = || port_rule(RuleKind::UdpRoute);
    let unreadable = one_of(&ROUTES).prop_map(|name| Rule {
        kind: RuleKind::Unreadable,
        name,
        matches: Vec::new(),
    });
    let any = or(breakage, prop_oneof![3 => http(), 2 => tcp(), 2 => udp()], unreadable);
    prop_oneof![
        6 => vec(http(), 1..3),
        4 => (tcp(), http()).prop_map(|(tcp, http)| vec![tcp, http]),
        3 => vec(tcp(), 1..3),
        2 => (udp(), http()).prop_map(|(udp, http)| vec![http, udp]),
        1 => udp().prop_map(|udp| vec![udp]),
        4 => vec(any, 0..5),
    ]
    .boxed()
}

fn http_rule() -> impl Strategy<Value = Rule> {
    let matches = prop_oneof![
        1 => Just(Vec::new()),
        1 => vec(prop_oneof![9 => match_name(), 1 => Just("dangling".to_owned())], 1..3),
    ];
    (route_name(), matches).prop_map(|(name, matches)| Rule {
        kind: RuleKind::HttpRouteGroup,
        name,
        matches,
    })
}

fn match_name() -> impl Strategy<Value = String> {
    prop_oneof![2 => Just(MATCHES[0]), 1 => Just(MATCHES[1])].prop_map(str::to_owned)
}

fn port_rule(kind: RuleKind) -> impl Strategy<Value = Rule> {
    let matches = prop_oneof![14 => Just(Vec::new()), 1 => Just(vec![MATCHES[0].to_owned()])];
    (route_name(), matches).prop_map(move |(name, matches)| Rule { kind, name, matches })
}

fn route_name() -> impl Strategy<Value = String> {
    prop_oneof![20 => one_of(&ROUTES), 1 => Just("dangling".to_owned())]
}

fn group(breakage: Breakage, name: ObjectName) -> BoxedStrategy<Resource> {
    let some = http_match(breakage).prop_map(Some);
    let matches = vec(or(breakage, some, Just(None)), 1..4);
    or(breakage, matches, Just(Vec::new()))
        .prop_map(move |matches| Resource::Group(HttpRouteGroup { name: name.clone(), matches }))
        .boxed()
}

fn http_match(breakage: Breakage) -> impl Strategy<Value = HttpMatch> {
    let method = prop_oneof![
        8 => select(&["GET", "POST", "OPTIONS", "CONNECT"][..]),
        1 => Just("*"),
        1 => Just("get"),
    ];
    (
        weighted(0.85, match_name()),
        weighted(0.75, or(breakage, patterns::path(), patterns::invalid())),
        prop_oneof![2 => Just(Vec::new()), 1 => vec(method.prop_map(str::to_owned), 1..3)],
        prop_oneof![2 => Just(Vec::new()), 1 => vec(header(breakage), 1..3)],
    )
        .prop_map(|(name, path_regex, methods, headers)| HttpMatch {
            name,
            path_regex,
            methods,
            headers,
        })
}

fn header(breakage: Breakage) -> impl Strategy<Value = (String, String)> {
    let name = select(&["x", "X", "y", "x", "cookie", "Cookie", "host", "Host", ":authority"][..]);
    let good = (name.prop_map(str::to_owned), patterns::header());
    let odd = prop_oneof![
        (Just(":path".to_owned()), patterns::header()),
        (Just("x".to_owned()), patterns::invalid()),
    ];
    or(breakage, good, odd)
}

fn tcp_route(breakage: Breakage, name: ObjectName) -> BoxedStrategy<Resource> {
    port_route(breakage, name).prop_map(Resource::Tcp).boxed()
}

fn udp_route(breakage: Breakage, name: ObjectName) -> BoxedStrategy<Resource> {
    port_route(breakage, name).prop_map(Resource::Udp).boxed()
}

fn port_route(breakage: Breakage, name: ObjectName) -> impl Strategy<Value = PortRoute> {
    let ports = prop_oneof![
        1 => Just(Ports::All),
        4 => vec(select(&PORTS[..]), 1..3).prop_map(Ports::Only),
    ];
    let odd = prop_oneof![
        Just(Ports::Only(Vec::new())),
        vec(select(&[0, 80, 81][..]), 1..3).prop_map(Ports::Only),
    ];
    or(breakage, ports, odd).prop_map(move |ports| PortRoute { name: name.clone(), ports })
}

fn binding(breakage: Breakage, name: ObjectName) -> BoxedStrategy<Resource> {
    let schemes = (
        weighted(0.7, one_of(&ACCOUNTS)),
        vec(written_spiffe(), 0..3),
        weighted(0.4, selector(breakage)),
        // Account and selector exclude each other; most bindings know that.
        prop_oneof![6 => Just(false), 1 => Just(true)],
    )
        .prop_map(|(service_account, spiffe_identities, selector, both)| {
            let pod_label_selector = selector.filter(|_| both || service_account.is_none());
            Some(Schemes { service_account, spiffe_identities, pod_label_selector })
        });
    or(breakage, schemes, Just(None))
        .prop_map(move |schemes| Resource::Binding(IdentityBinding { name: name.clone(), schemes }))
        .boxed()
}

/// SPIFFE ids as people write them: the scheme may be left out.
fn written_spiffe() -> impl Strategy<Value = String> {
    let id = prop_oneof![4 => select(&SPIFFE[..]), 1 => select(&NO_SPIFFE[..])];
    (id, any::<bool>()).prop_map(|(id, bare)| {
        let rest = id.strip_prefix("spiffe://").filter(|_| bare);
        rest.unwrap_or(id).to_owned()
    })
}

fn selector(breakage: Breakage) -> impl Strategy<Value = LabelSelector> {
    let valued = (one_of(&LABELS), select(&["In", "NotIn"][..]), vec(one_of(&LABEL_VALUES), 1..3));
    let valueless = (one_of(&LABELS), select(&["Exists", "DoesNotExist"][..]), Just(Vec::new()));
    let odd = (
        one_of(&LABELS),
        select(&["In", "NotIn", "Exists", "DoesNotExist", "Gt", "in", ""][..]),
        vec(one_of(&LABEL_VALUES), 0..2),
    );
    let requirement =
        or(breakage, prop_oneof![valued, valueless], odd).prop_map(|(key, operator, values)| {
            LabelRequirement { key, operator: operator.to_owned(), values }
        });
    let labels = btree_map(one_of(&LABELS), one_of(&LABEL_VALUES), 0..3);
    (labels, prop_oneof![2 => Just(Vec::new()), 1 => vec(requirement, 1..3)]).prop_map(
        |(match_labels, match_expressions)| LabelSelector { match_labels, match_expressions },
    )
}
