//! Services as typed objects of the Kubernetes API.

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use smi_policy::Semantics;
use smi_split::{Call, Outcome, Port, Splits, TargetPort};

use crate::shares::{answer, name, split};

fn service(own_name: &str, ports: Vec<ServicePort>) -> Service {
    let mut service = Service::default();
    service.metadata.name = Some(own_name.to_owned());
    service.spec = Some(ServiceSpec { ports: Some(ports), ..ServiceSpec::default() });
    service
}

fn port(number: i32, protocol: Option<&str>, target_port: Option<IntOrString>) -> ServicePort {
    let protocol = protocol.map(str::to_owned);
    ServicePort { port: number, protocol, target_port, ..ServicePort::default() }
}

fn splits(services: &[Service]) -> Splits {
    let splits = Splits::builder(Semantics::default())
        .traffic_split(split("s", "web").backend("v1", 1).backend("v2", 1));
    services.iter().fold(splits, |splits, service| splits.kubernetes_service(service)).compile()
}

#[test]
fn ports_map_to_target_ports_as_kubernetes_defaults_them() {
    let number = |number| Some(IntOrString::Int(number));
    let text = |text: &str| Some(IntOrString::String(text.to_owned()));
    for (protocol, target, expected) in [
        (None, None, TargetPort::Number(80)),
        (Some(""), number(0), TargetPort::Number(80)),
        (Some("TCP"), text(""), TargetPort::Number(80)),
        (Some("TCP"), number(8080), TargetPort::Number(8080)),
        (None, text("http"), TargetPort::Name("http".to_owned())),
    ] {
        let web = service("web", vec![port(80, None, None)]);
        let splits = splits(&[web, service("v1", vec![port(80, protocol, target)])]);
        let web = name("web");
        let call = Call::to(&web).port(Port::tcp(80));
        let Outcome::Backends(backends) = splits.select(&call).outcome() else { panic!() };
        assert_eq!(backends.leaves()[0].target_port(), Some(&expected));
    }
}

#[test]
fn what_an_api_server_refuses_opens_no_port() {
    let int = |number| Some(IntOrString::Int(number));
    for (wrong, field) in [
        (port(0, None, None), "spec.ports[0].port"),
        (port(-80, None, None), "spec.ports[0].port"),
        (port(65_616, None, None), "spec.ports[0].port"),
        (port(80, Some("tcp"), None), "spec.ports[0].protocol"),
        (port(80, None, int(65_616)), "spec.ports[0].targetPort"),
        (port(80, None, int(-1)), "spec.ports[0].targetPort"),
    ] {
        let splits =
            splits(&[service("web", vec![wrong]), service("v1", vec![port(80, None, None)])]);
        let web = name("web");
        let call = Call::to(&web).port(Port::tcp(80));
        assert_eq!(answer(&splits, &call), "default/s: no backend", "{field}");
        let found: Vec<&str> =
            splits.diagnostics().iter().map(|diagnostic| &*diagnostic.field).collect();
        assert!(found.contains(&field), "{found:?}");
    }
}

#[test]
fn a_service_without_name_makes_ports_count() {
    let splits = splits(&[service("", vec![port(80, None, None)])]);
    let web = name("web");
    let call = Call::to(&web).port(Port::tcp(80));
    assert_eq!(answer(&splits, &call), "default/s: no backend");
    assert!(splits.diagnostics().iter().any(|diagnostic| diagnostic.field == "metadata.name"));
}
