use std::fmt;

use smi_policy::ObjectName;

/// An event to publish about a TrafficSplit, of type `Warning`.
///
/// The document on TrafficSplit (Ports) recommends to issue an event if a backend lacks a port of
/// the root service, "visible with `kubectl describe trafficsplit`". This is its content; whoever
/// has a connection to the cluster makes a Kubernetes Event of it.
///
/// ```
/// use smi_policy::Semantics;
/// use smi_split::{ObjectName, Port, Service, Splits, TargetPort, TrafficSplit};
///
/// let service = |name, port| {
///     Service::new(ObjectName::new("default", name)).port(Port::tcp(port), TargetPort::Number(80))
/// };
/// let splits = Splits::builder(Semantics::default())
///     .service(service("birds", 8080))
///     .service(service("blue-birds", 1024))
///     .traffic_split(
///         TrafficSplit::new(ObjectName::new("default", "s"), "birds").backend("blue-birds", 1),
///     )
///     .compile();
///
/// assert_eq!(
///     splits.events()[0].to_string(),
///     "Warning  BackendPortMismatch  traffic to 8080/TCP of `default/birds` will not be split to \
///      `default/blue-birds`: its Service has 1024/TCP only",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    split: ObjectName,
    reason: &'static str,
    message: String,
}

impl Event {
    pub(crate) fn new(split: &ObjectName, reason: &'static str, message: String) -> Self {
        Self { split: split.clone(), reason, message }
    }

    /// The TrafficSplit that the event is about.
    pub fn split(&self) -> &ObjectName {
        &self.split
    }

    /// A stable word for machines, in the form that Kubernetes demands: `BackendPortMismatch`,
    /// `BackendServiceMissing` or `RootServiceMissing`.
    pub fn reason(&self) -> &'static str {
        self.reason
    }

    /// What is wrong, and what follows, for people: one line.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// As `kubectl describe` prints it: type, reason, message.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Warning  {}  {}", self.reason, self.message)
    }
}
