//! The splitter against a slow and obvious model of it, on generated worlds.

use std::collections::BTreeMap;

use proptest::prelude::*;
use smi_policy::{AllZero, HttpMatch, HttpRequest, HttpRouteGroup, Semantics};
use smi_split::{
    Call, MatchRef, ObjectName, Outcome, Port, Service, Splits, TargetPort, TrafficSplit,
};

const NAMESPACES: [&str; 2] = ["default", "other"];
const SERVICES: [&str; 4] = ["web", "v1", "v2", "v3"];
const PORTS: [Port; 3] = [Port::tcp(80), Port::udp(80), Port::tcp(81)];
/// In order of age. The first three are one moment.
const TIMESTAMPS: [&str; 5] = [
    "2024-01-01T00:00:00Z",
    "2024-01-01T01:00:00+01:00",
    "2023-12-31T23:30:00.000-00:30",
    "2024-01-01T00:00:00.001Z",
    "2024-01-01T00:00:01Z",
];
const MOMENTS: [u8; 5] = [0, 0, 0, 1, 2];

/// A group in these worlds matches requests with a header of its name.
const GROUPS: [&str; 3] = ["a", "b", "c"];

#[derive(Clone, Debug)]
struct World {
    splits: Vec<ModelSplit>,
    /// Which of `GROUPS` are there, by namespace.
    groups: [[bool; 3]; 2],
    services: Option<BTreeMap<(usize, usize), Vec<usize>>>,
    all_zero: AllZero,
}

#[derive(Clone, Debug)]
struct ModelSplit {
    namespace: usize,
    apex: Name,
    created: Option<usize>,
    backends: Vec<(Name, u64)>,
    matches: Vec<Option<usize>>,
}

/// A service name, and how it is spelled.
#[derive(Clone, Debug)]
struct Name {
    service: usize,
    /// `None`: not written, so the split's own.
    namespace: Option<usize>,
    spelling: usize,
}

impl Name {
    fn text(&self) -> String {
        let service = SERVICES[self.service];
        let long = match self.namespace {
            None => service.to_owned(),
            Some(namespace) => {
                let tail = ["", ".svc", ".svc.cluster.local", ".svc.Cluster.local."][self.spelling];
                format!("{service}.{}{tail}", NAMESPACES[namespace])
            }
        };
        if self.spelling % 2 == 1 { long.to_uppercase() + ":80" } else { long }
    }

    /// `None` in another namespace than `own`.
    fn resolve(&self, own: usize) -> Option<usize> {
        (self.namespace.unwrap_or(own) == own).then_some(self.service)
    }
}

#[derive(Clone, Debug)]
struct Question {
    namespace: usize,
    apex: usize,
    /// Which headers the HTTP request has; `None`: no HTTP.
    headers: Option<[bool; 3]>,
    port: Option<usize>,
}

/// Which split, by position, and where to: shares as weights over their sum, `Err` the other two.
type Answer = (Option<usize>, Result<BTreeMap<usize, (u64, u64)>, &'static str>);

fn model(world: &World, question: &Question) -> Answer {
    let mut best: Option<(bool, bool, Option<u8>, String, usize)> = None;
    for (index, split) in world.splits.iter().enumerate() {
        if split.namespace != question.namespace
            || split.apex.resolve(split.namespace) != Some(question.apex)
        {
            continue;
        }
        let applies = split.matches.is_empty()
            || question.headers.is_some_and(|headers| {
                let met = |group: &Option<usize>| {
                    group
                        .is_some_and(|group| world.groups[split.namespace][group] && headers[group])
                };
                split.matches.iter().any(met)
            });
        if applies {
            let moment = split.created.map(|created| MOMENTS[created]);
            let rank =
                (split.matches.is_empty(), moment.is_none(), moment, split_name(index), index);
            best = best.into_iter().chain([rank]).min();
        }
    }
    let Some((.., index)) = best else { return (None, Err("apex")) };
    (Some(index), model_outcome(world, &world.splits[index], question))
}

fn model_outcome(
    world: &World,
    split: &ModelSplit,
    question: &Question,
) -> Result<BTreeMap<usize, (u64, u64)>, &'static str> {
    let has = |service: usize, port: usize| match &world.services {
        None => true,
        Some(services) => {
            services.get(&(split.namespace, service)).is_some_and(|ports| ports.contains(&port))
        }
    };
    if question.port.is_some_and(|port| !has(question.apex, port)) {
        return Err("no backend");
    }
    if split.backends.iter().all(|(_, weight)| *weight == 0) {
        let is_apex = world.all_zero == AllZero::Apex;
        return Err(if is_apex { "apex" } else { "no backend" });
    }
    let mut shares = BTreeMap::new();
    for (name, weight) in &split.backends {
        let Some(service) = name.resolve(split.namespace) else { continue };
        if *weight > 0 && question.port.is_none_or(|port| has(service, port)) {
            shares.entry(service).or_insert((0, 0)).0 += weight;
        }
    }
    let sum = shares.values().map(|(weight, _)| weight).sum();
    shares.values_mut().for_each(|share| share.1 = sum);
    if shares.is_empty() { Err("no backend") } else { Ok(shares) }
}

/// Names whose order is not that of the positions.
fn split_name(index: usize) -> String {
    format!("s{}", (index * 7 + 3) % 10)
}

fn resources(world: &World) -> Vec<TrafficSplit> {
    let resource = |(index, split): (usize, &ModelSplit)| {
        let name = ObjectName::new(NAMESPACES[split.namespace], split_name(index));
        let mut resource = TrafficSplit::new(name, split.apex.text());
        for (name, weight) in &split.backends {
            resource = resource.backend(name.text(), *weight);
        }
        resource.creation_timestamp = split.created.map(|created| TIMESTAMPS[created].to_owned());
        for group in &split.matches {
            resource.matches.push(match group {
                Some(group) => MatchRef::HttpRouteGroup(GROUPS[*group].to_owned()),
                None => MatchRef::Unreadable,
            });
        }
        resource
    };
    world.splits.iter().enumerate().map(resource).collect()
}

fn compile(world: &World, resources: impl IntoIterator<Item = TrafficSplit>) -> Splits {
    let mut builder = Splits::builder(Semantics::default().with_all_zero(world.all_zero));
    for (namespace, groups) in NAMESPACES.into_iter().zip(world.groups) {
        for (group, _) in GROUPS.iter().zip(groups).filter(|(_, there)| *there) {
            let http_match = HttpMatch::new("m").header(*group, ".*");
            let name = ObjectName::new(namespace, *group);
            builder = builder.http_route_group(HttpRouteGroup::new(name).with(http_match));
        }
    }
    if let Some(services) = &world.services {
        builder = builder.services_known();
        for ((namespace, service), ports) in services {
            let name = ObjectName::new(NAMESPACES[*namespace], SERVICES[*service]);
            let service = ports.iter().fold(Service::new(name), |service, port| {
                service.port(PORTS[*port], TargetPort::Name(port.to_string()))
            });
            builder = builder.service(service);
        }
    }
    resources.into_iter().fold(builder, |builder, split| builder.traffic_split(split)).compile()
}

fn ask(world: &World, splits: &Splits, question: &Question) -> Answer {
    let apex = ObjectName::new(NAMESPACES[question.namespace], SERVICES[question.apex]);
    let headers: Vec<(&str, &str)> = GROUPS
        .into_iter()
        .zip(question.headers.unwrap_or_default())
        .filter_map(|(name, there)| there.then_some((name, "x")))
        .collect();
    let mut call = Call::to(&apex);
    if let Some(port) = question.port {
        call = call.port(PORTS[port]);
    }
    let selection = match question.headers {
        None => splits.select(&call),
        Some(_) => splits.select(&call.http(HttpRequest::new("GET", "/").headers(&headers))),
    };
    let split = selection.split().map(|split| {
        let is_it = |index: &usize| {
            let name =
                ObjectName::new(NAMESPACES[world.splits[*index].namespace], split_name(*index));
            *split.name() == name
        };
        (0..world.splits.len()).find(is_it).unwrap()
    });
    let outcome = match selection.outcome() {
        Outcome::Apex => Err("apex"),
        Outcome::NoBackend => Err("no backend"),
        Outcome::Backends(backends) => Ok(backends
            .shares()
            .map(|(leaf, share)| {
                let name = leaf.service().name();
                let service = SERVICES.iter().position(|known| *known == name).unwrap();
                // Each leaf maps the port by its own Service.
                let target = question
                    .port
                    .filter(|_| world.services.is_some())
                    .map(|port| TargetPort::Name(port.to_string()));
                assert_eq!(leaf.target_port(), target.as_ref());
                (service, (share.numerator(), share.denominator()))
            })
            .collect()),
    };
    (split, outcome)
}

fn same_share((a, b): (u64, u64), (c, d): (u64, u64)) -> bool {
    a * d == c * b
}

fn name_strategy() -> impl Strategy<Value = Name> {
    let namespace = prop_oneof![4 => Just(None), 3 => Just(Some(0)), 1 => Just(Some(1))];
    (0..SERVICES.len(), namespace, 0..4_usize).prop_map(|(service, namespace, spelling)| Name {
        service,
        namespace,
        spelling,
    })
}

fn split_strategy() -> impl Strategy<Value = ModelSplit> {
    let apex = prop_oneof![3 => Just(0), 1 => 0..SERVICES.len()];
    let apex = (apex, name_strategy()).prop_map(|(service, name)| Name { service, ..name });
    let weight = prop_oneof![Just(0), 1..5_u64, Just(1000)];
    (
        prop_oneof![4 => Just(0_usize), 1 => Just(1)],
        apex,
        prop::option::of(0..TIMESTAMPS.len()),
        prop::collection::vec((name_strategy(), weight), 0..5),
        prop::collection::vec(prop::option::weighted(0.9, 0..GROUPS.len()), 0..3),
    )
        .prop_map(|(namespace, apex, created, backends, matches)| ModelSplit {
            namespace,
            apex,
            created,
            backends,
            matches,
        })
}

fn world_strategy() -> impl Strategy<Value = World> {
    let ports = prop::collection::vec(0..PORTS.len(), 0..4);
    let services = prop::collection::btree_map((0..2_usize, 0..SERVICES.len()), ports, 0..8);
    (
        prop::collection::vec(split_strategy(), 0..8),
        [[prop::bool::weighted(0.8); 3]; 2],
        prop::option::of(services),
        prop_oneof![Just(AllZero::NoBackend), Just(AllZero::Apex)],
    )
        .prop_map(|(splits, groups, services, all_zero)| World {
            splits,
            groups,
            services,
            all_zero,
        })
}

fn questions() -> impl Iterator<Item = Question> {
    let headers =
        (0..9).map(|bits: u8| (bits < 8).then(|| [0, 1, 2].map(|bit| bits >> bit & 1 == 1)));
    let ports = || (0..=PORTS.len()).map(|port| (port < PORTS.len()).then_some(port));
    let apexes =
        || (0..2).flat_map(|namespace| (0..SERVICES.len()).map(move |apex| (namespace, apex)));
    headers.flat_map(move |headers| {
        ports().flat_map(move |port| {
            apexes().map(move |(namespace, apex)| Question { namespace, apex, headers, port })
        })
    })
}

proptest! {
    #[test]
    fn selection_and_shares_are_those_of_the_model(world in world_strategy()) {
        let splits = compile(&world, resources(&world));
        for question in questions() {
            let (expected_split, expected) = model(&world, &question);
            let (split, outcome) = ask(&world, &splits, &question);
            prop_assert_eq!(split, expected_split, "{:?}", question);
            match (&outcome, &expected) {
                (Ok(got), Ok(expected)) => {
                    prop_assert!(got.keys().eq(expected.keys()), "{:?}: {:?}", question, got);
                    for (got, expected) in got.values().zip(expected.values()) {
                        prop_assert!(same_share(*got, *expected), "{:?}", question);
                    }
                }
                _ => prop_assert_eq!(outcome, expected, "{:?}", question),
            }
        }
    }

    #[test]
    fn the_order_of_resources_does_not_matter(world in world_strategy()) {
        let one = compile(&world, resources(&world));
        let other = compile(&world, resources(&world).into_iter().rev());
        prop_assert_eq!(one.diagnostics(), other.diagnostics());
        prop_assert_eq!(one.events(), other.events());
        prop_assert!(one.iter().map(|s| s.name()).eq(other.iter().map(|s| s.name())));
    }
}
