//! The one place where Services as typed objects of the Kubernetes API enter the splitter.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use smi_policy::ObjectName;

use crate::service::{PortFault, unreadable};
use crate::{Port, Protocol, Service, ServicePort, SplitsBuilder, TargetPort};

impl SplitsBuilder {
    /// Adds a Service as a Kubernetes client has it: see [`service`](Self::service).
    ///
    /// What an API server would refuse is left out and reported: a port that can't be read, and a
    /// Service without name. Without namespace, it is in the default one of the semantics.
    ///
    /// ```
    /// use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
    /// use smi_policy::Semantics;
    /// use smi_split::Splits;
    ///
    /// let mut service = Service::default();
    /// service.metadata.name = Some("website".into());
    /// let http = ServicePort { port: 80, ..ServicePort::default() };
    /// let wrong = ServicePort { port: 80_000, ..ServicePort::default() };
    /// service.spec = Some(ServiceSpec { ports: Some(vec![http, wrong]), ..ServiceSpec::default() });
    ///
    /// let splits = Splits::builder(Semantics::default()).kubernetes_service(&service).compile();
    /// assert_eq!(splits.diagnostics()[0].field, "spec.ports[1].port");
    /// ```
    pub fn kubernetes_service(mut self, service: &core::Service) -> Self {
        let metadata = &service.metadata;
        let namespace = metadata.namespace.as_deref().filter(|namespace| !namespace.is_empty());
        let namespace = namespace.unwrap_or(&self.semantics.default_namespace);
        let name = ObjectName::new(namespace, metadata.name.as_deref().unwrap_or_default());
        if name.name().is_empty() {
            let message = "expected a text; the Service is ignored";
            self.diagnostics.push(unreadable(&name, "metadata.name", message));
            return self.services_known();
        }
        let ports = service.spec.iter().flat_map(|spec| &spec.ports).flatten();
        let mut read = Service::new(name);
        for (index, port) in ports.enumerate() {
            match service_port(port) {
                Ok(port) => read.ports.push(port),
                Err(fault) => self.diagnostics.push(fault.report(&read.name, index)),
            }
        }
        self.service(read)
    }
}

fn service_port(entry: &core::ServicePort) -> Result<ServicePort, PortFault> {
    let number = port_number(entry.port).ok_or(PortFault::NUMBER)?;
    let protocol = Protocol::parse(entry.protocol.as_deref().unwrap_or_default());
    let protocol = protocol.ok_or(PortFault::PROTOCOL)?;
    let target = match &entry.target_port {
        // Kubernetes takes 0 and the empty name for absent.
        None | Some(IntOrString::Int(0)) => TargetPort::Number(number),
        Some(IntOrString::String(name)) if name.is_empty() => TargetPort::Number(number),
        Some(IntOrString::String(name)) => TargetPort::Name(name.clone()),
        Some(IntOrString::Int(target)) => {
            TargetPort::Number(port_number(*target).ok_or(PortFault::TARGET)?)
        }
    };
    Ok(ServicePort { port: Port { number, protocol }, target })
}

fn port_number(number: i32) -> Option<u16> {
    u16::try_from(number).ok().filter(|number| *number > 0)
}
