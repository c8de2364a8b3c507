//! The document on TrafficSplit, section Ports, and what follows where it is silent.

use smi_policy::{AllZero, Semantics};
use smi_split::{Call, Outcome, Port, Service, Splits, SplitsBuilder, TargetPort};

use crate::shares::{answer, name, outcome, split};

fn service(own_name: &str, ports: &[(u16, u16)]) -> Service {
    ports.iter().fold(Service::new(name(own_name)), |service, (port, target)| {
        service.port(Port::tcp(*port), TargetPort::Number(*target))
    })
}

fn birds(services: &[(&str, &[(u16, u16)])]) -> SplitsBuilder {
    let builder = Splits::builder(Semantics::default())
        .traffic_split(split("s", "birds").backend("blue-birds", 2).backend("green-birds", 1));
    services
        .iter()
        .fold(builder, |builder, (own_name, ports)| builder.service(service(own_name, ports)))
}

#[track_caller]
fn assert_answers(splits: &Splits, apex: &str, expected: &[(u16, &str)]) {
    for (port, expected) in expected {
        let apex = name(apex);
        assert_eq!(answer(splits, &Call::to(&apex).port(Port::tcp(*port))), *expected, "{port}");
    }
}

/// "Traffic destined for `birds:8080` will select between 8080 on either … the `targetPort` is used
/// and goes to 8081 on the destination pod."
#[test]
fn each_backend_maps_the_port_itself() {
    let splits = birds(&[
        ("birds", &[(8080, 8080), (9090, 9090)]),
        ("blue-birds", &[(8080, 8080), (9090, 9090)]),
        ("green-birds", &[(8080, 8081), (9090, 9090)]),
    ])
    .compile();
    assert_eq!(splits.events(), []);
    assert_eq!(splits.diagnostics(), []);

    let birds = name("birds");
    let call = Call::to(&birds).port(Port::tcp(8080));
    let Outcome::Backends(backends) = splits.select(&call).outcome() else { panic!("no backends") };
    let targets: Vec<_> = backends.leaves().iter().map(|leaf| leaf.target_port()).collect();
    assert_eq!(targets, [Some(&TargetPort::Number(8080)), Some(&TargetPort::Number(8081))]);
}

/// "Traffic destined for `birds:8080` will only ever be forwarded to port 8080 on `green-birds`. …
/// implementations are recommended to issue an event".
#[test]
fn a_backend_without_the_port_is_out_for_that_port_only() {
    let splits = birds(&[
        ("birds", &[(8080, 8080), (9090, 9090)]),
        ("blue-birds", &[(1024, 8080), (9090, 9090)]),
        ("green-birds", &[(8080, 8080), (9090, 9090)]),
    ])
    .compile();
    assert_answers(
        &splits,
        "birds",
        &[
            (8080, "default/s: green-birds 1/1"),
            (9090, "default/s: blue-birds 2/3, green-birds 1/3"),
            // The apex has no such port, though a backend has.
            (1024, "default/s: no backend"),
        ],
    );
    // Without port, ports are not considered.
    let apex = name("birds");
    let call = Call::to(&apex);
    assert_eq!(answer(&splits, &call), "default/s: blue-birds 2/3, green-birds 1/3");

    let [event] = splits.events() else { panic!("one event: {:?}", splits.events()) };
    assert_eq!(event.split(), &name("s"));
    assert_eq!(event.reason(), "BackendPortMismatch");
    assert_eq!(
        event.message(),
        "traffic to 8080/TCP of `default/birds` will not be split to `default/blue-birds`: its \
         Service has 1024/TCP, 9090/TCP only"
    );
    let [diagnostic] = splits.diagnostics() else { panic!("{:?}", splits.diagnostics()) };
    assert_eq!(
        (diagnostic.code, &*diagnostic.field),
        ("backend-port-mismatch", "spec.backends[0].service")
    );
}

#[test]
fn ports_compare_by_number_and_protocol() {
    let dns = |own_name, port| Service::new(name(own_name)).port(port, TargetPort::Number(53));
    let splits = Splits::builder(Semantics::default())
        .service(dns("dns", Port::tcp(53)).port(Port::udp(53), TargetPort::Number(53)))
        .service(dns("tcp-only", Port::tcp(53)))
        .service(dns("udp-only", Port::udp(53)))
        .traffic_split(split("s", "dns").backend("tcp-only", 1).backend("udp-only", 1))
        .compile();
    let dns = name("dns");
    let answer_for = |port| answer(&splits, &Call::to(&dns).port(port));
    assert_eq!(answer_for(Port::tcp(53)), "default/s: tcp-only 1/1");
    assert_eq!(answer_for(Port::udp(53)), "default/s: udp-only 1/1");
    let found: Vec<Port> = splits.iter().flat_map(|split| split.ports().unwrap()).collect();
    assert_eq!(found, [Port::tcp(53), Port::udp(53)]);
}

#[test]
fn services_that_are_not_there_have_no_ports() {
    let splits = birds(&[("birds", &[(80, 80)]), ("green-birds", &[(80, 80)])]).compile();
    assert_answers(&splits, "birds", &[(80, "default/s: green-birds 1/1")]);
    assert_eq!(splits.events()[0].reason(), "BackendServiceMissing");

    let splits = birds(&[("blue-birds", &[(80, 80)]), ("green-birds", &[(80, 80)])]).compile();
    assert_answers(&splits, "birds", &[(80, "default/s: no backend")]);
    assert_eq!(splits.events()[0].reason(), "RootServiceMissing");

    let splits = birds(&[]).services_known().compile();
    assert_answers(&splits, "birds", &[(80, "default/s: no backend")]);
    let of_other_namespace = Service::new(smi_split::ObjectName::new("other", "birds"))
        .port(Port::tcp(80), TargetPort::Number(80));
    let splits = birds(&[]).service(of_other_namespace).compile();
    assert_answers(&splits, "birds", &[(80, "default/s: no backend")]);
}

#[test]
fn without_services_ports_are_not_checked() {
    let splits = birds(&[]).compile();
    assert_answers(&splits, "birds", &[(80, "default/s: blue-birds 2/3, green-birds 1/3")]);
    assert!(splits.iter().all(|split| split.ports().is_none()));
    let apex = name("birds");
    let call = Call::to(&apex).port(Port::tcp(80));
    let Outcome::Backends(backends) = splits.select(&call).outcome() else { panic!("no backends") };
    assert!(backends.leaves().iter().all(|leaf| leaf.target_port().is_none()));
}

#[test]
fn the_apex_as_a_leaf_has_its_own_ports() {
    let splits = Splits::builder(Semantics::default())
        .service(service("self", &[(80, 80)]))
        .service(service("next", &[(81, 81)]))
        .traffic_split(split("t", "self").backend("self", 1).backend("next", 3))
        .compile();
    assert_answers(&splits, "self", &[(80, "default/t: self 1/1"), (81, "default/t: no backend")]);
}

#[test]
fn a_port_that_no_backend_has_ends_at_no_backend() {
    let splits =
        birds(&[("birds", &[(80, 80)]), ("blue-birds", &[(81, 81)]), ("green-birds", &[])])
            .compile();
    assert_answers(&splits, "birds", &[(80, "default/s: no backend")]);
    let messages: Vec<&str> = splits.events().iter().map(|event| event.message()).collect();
    assert!(messages[1].ends_with("its Service has no ports"), "{messages:?}");
}

#[test]
fn traffic_without_split_goes_to_the_apex_whatever_the_port() {
    let splits = birds(&[("birds", &[(80, 80)])]).compile();
    assert_answers(&splits, "other", &[(80, "none: apex"), (81, "none: apex")]);
}

/// The workflow has a split mention the next version, with weight 0, before its Service exists.
#[test]
fn a_backend_of_weight_zero_may_lack_its_service() {
    let canary = || split("s", "web").backend("v1", 100).backend("v2", 0);
    let builder = || {
        Splits::builder(Semantics::default())
            .service(service("web", &[(80, 80)]))
            .service(service("v1", &[(80, 80)]))
    };
    assert_eq!(builder().traffic_split(canary()).compile().events(), []);
    // Once it is there with another port, that is worth knowing before it gets traffic.
    let wrong_port = builder().traffic_split(canary()).service(service("v2", &[(8080, 80)]));
    assert_eq!(wrong_port.compile().events()[0].reason(), "BackendPortMismatch");
}

#[test]
fn all_zero_goes_to_the_apex_only_on_ports_that_it_has() {
    let semantics = Semantics::default().with_all_zero(AllZero::Apex);
    let splits = Splits::builder(semantics)
        .service(service("web", &[(80, 80)]))
        .traffic_split(split("s", "web").backend("v1", 0))
        .compile();
    assert_answers(&splits, "web", &[(80, "default/s: apex"), (81, "default/s: no backend")]);
    let [split] = splits.of_apex(&name("web")) else { panic!("one split") };
    assert_eq!(outcome(split.outcome(None)), "apex");
}

#[test]
fn each_port_has_a_rotation_of_its_own() {
    let ports: &[(u16, u16)] = &[(80, 80), (81, 81)];
    let splits =
        birds(&[("birds", ports), ("blue-birds", ports), ("green-birds", ports)]).compile();
    let first = |port| {
        let apex = name("birds");
        let call = Call::to(&apex).port(Port::tcp(port));
        let Outcome::Backends(backends) = splits.select(&call).outcome() else {
            panic!("no backends")
        };
        backends.pick_smooth().service().name().to_owned()
    };
    assert_eq!([first(80), first(80)], ["blue-birds", "green-birds"]);
    assert_eq!(first(81), "blue-birds");
}

/// An API server takes no event whose note is longer than 1 KiB.
#[test]
fn an_event_fits_an_event_however_many_ports_are_missing() {
    let long = |letter: &str| letter.repeat(63);
    let ports = |number, from: u16| {
        let service = Service::new(smi_split::ObjectName::new(long("n"), long(number)));
        (0..300).fold(service, |service, port| {
            service.port(Port::udp(from + port), TargetPort::Number(80))
        })
    };
    let own_name = smi_split::ObjectName::new(long("n"), "s");
    let split = smi_split::TrafficSplit::new(own_name, long("a")).backend(long("b"), 1);
    let splits = Splits::builder(Semantics::default())
        .service(ports("a", 10_000))
        .service(ports("b", 20_000))
        .traffic_split(split)
        .compile();
    let [event] = splits.events() else { panic!("{:?}", splits.events()) };
    assert!(event.message().len() <= 1024, "{} bytes", event.message().len());
    assert!(event.message().contains("10019/UDP and 280 more of"), "{}", event.message());
    assert!(event.message().ends_with("20019/UDP and 280 more only"), "{}", event.message());
}
