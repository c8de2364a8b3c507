//! Kubernetes Services, as far as splits look at them: their ports.

use std::fmt;

use smi_policy::ObjectName;
#[cfg(any(feature = "k8s-openapi", feature = "smi-types"))]
use smi_policy::{Diagnostic, ObjectKind};

/// A Service and its ports.
///
/// ```
/// use smi_split::{ObjectName, Port, Service, TargetPort};
///
/// let service = Service::new(ObjectName::new("default", "green-birds"))
///     .port(Port::tcp(8080), TargetPort::Number(8081))
///     .port(Port::tcp(9090), TargetPort::Name("rest".into()));
/// assert_eq!(service.target(Port::tcp(8080)), Some(&TargetPort::Number(8081)));
/// assert_eq!(service.target(Port::udp(8080)), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its namespace and name.
    pub name: ObjectName,
    /// `spec.ports`.
    pub ports: Vec<ServicePort>,
}

impl Service {
    /// A Service without ports.
    pub fn new(name: ObjectName) -> Self {
        Self { name, ports: Vec::new() }
    }

    /// Adds a port.
    #[must_use]
    pub fn port(mut self, port: Port, target: TargetPort) -> Self {
        self.ports.push(ServicePort { port, target });
        self
    }

    /// Where on its pods the Service sends the traffic of `port`; `None` if it has no such port.
    pub fn target(&self, port: Port) -> Option<&TargetPort> {
        self.ports.iter().find(|own| own.port == port).map(|own| &own.target)
    }
}

/// A port of a [`Service`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// The port that clients address.
    pub port: Port,
    /// `targetPort`: where on the pods its traffic goes.
    pub target: TargetPort,
}

/// What is wrong in an entry of a Service's `spec.ports`: the key, and what is expected there.
#[cfg(any(feature = "k8s-openapi", feature = "smi-types"))]
pub(crate) struct PortFault {
    key: &'static str,
    expected: &'static str,
}

#[cfg(any(feature = "k8s-openapi", feature = "smi-types"))]
impl PortFault {
    pub(crate) const NUMBER: Self =
        Self { key: ".port", expected: "a whole number from 1 to 65535" };
    pub(crate) const PROTOCOL: Self = Self { key: ".protocol", expected: "`TCP`, `UDP` or `SCTP`" };
    pub(crate) const TARGET: Self =
        Self { key: ".targetPort", expected: "a port number or the name of a container port" };

    pub(crate) fn report(&self, service: &ObjectName, index: usize) -> Diagnostic {
        let message = format!("expected {}; the Service lacks this port", self.expected);
        unreadable(service, format!("spec.ports[{index}]{}", self.key), message)
    }
}

/// Something of a Service that is ignored.
#[cfg(any(feature = "k8s-openapi", feature = "smi-types"))]
pub(crate) fn unreadable(
    service: &ObjectName,
    field: impl Into<String>,
    message: impl Into<String>,
) -> Diagnostic {
    Diagnostic::error(ObjectKind::Service, service, field, "unreadable", message)
}

/// A port number and its protocol, printed `8080/TCP`.
///
/// ```
/// use smi_split::Port;
///
/// assert_eq!(Port::tcp(8080).to_string(), "8080/TCP");
/// assert_ne!(Port::tcp(53), Port::udp(53));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    /// The number.
    pub number: u16,
    /// The protocol.
    pub protocol: Protocol,
}

impl Port {
    /// A TCP port.
    pub const fn tcp(number: u16) -> Self {
        Self { number, protocol: Protocol::Tcp }
    }

    /// A UDP port.
    pub const fn udp(number: u16) -> Self {
        Self { number, protocol: Protocol::Udp }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.protocol)
    }
}

/// The protocol of a [`Port`]. Kubernetes has these three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// `TCP`, also where a Service doesn't say.
    #[default]
    Tcp,
    /// `UDP`.
    Udp,
    /// `SCTP`.
    Sctp,
}

#[cfg(any(feature = "k8s-openapi", feature = "smi-types"))]
impl Protocol {
    /// Reads it as an API server does, which takes the empty name for absent.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "" | "TCP" => Some(Self::Tcp),
            "UDP" => Some(Self::Udp),
            "SCTP" => Some(Self::Sctp),
            _ => None,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        })
    }
}

/// Where on its pods a Service sends a port's traffic, printed as a manifest has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetPort {
    /// A port number.
    Number(u16),
    /// The name of a container port, which each pod maps to a number by itself.
    Name(String),
}

impl fmt::Display for TargetPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}
