use std::fmt;

use crate::name::ObjectName;
use crate::ports::PortSet;
use crate::resource::{HttpMatch, Ports, Subject, TrafficTarget};
use crate::target::{PortPart, Target};

/// A TrafficTarget as a policy understood it, for tables and reports.
#[derive(Clone, Copy, Debug)]
pub struct TargetView<'p> {
    target: &'p Target,
}

impl<'p> TargetView<'p> {
    pub(crate) fn new(target: &'p Target) -> Self {
        Self { target }
    }

    /// Namespace and name.
    pub fn name(&self) -> &'p ObjectName {
        &self.target.name
    }

    /// The resource that the policy was given, which keeps it in another form.
    pub fn resource(&self) -> TrafficTarget {
        self.target.record.target(&self.target.name)
    }

    /// Why the target grants nothing, whatever is asked.
    pub fn void(&self) -> Option<&'p str> {
        self.target.void.as_deref()
    }

    /// The sources that name somebody.
    pub fn sources(&self) -> impl Iterator<Item = Subject> {
        let sources = (0_u32..).zip(self.resource().sources);
        let usable = &self.target.sources;
        sources.filter_map(|(at, source)| usable.binary_search(&at).is_ok().then_some(source))
    }

    /// The one TCP port of a target of v1alpha1 or v1alpha2 that has a `port`.
    pub fn only_port(&self) -> Option<u16> {
        self.target.port
    }

    /// The TCP ports that the target is restricted to; `None` if it has no TCPRoute rule.
    pub fn tcp_ports(&self) -> Option<PortsView<'p>> {
        self.target.tcp.as_ref().map(|part| PortsView { part })
    }

    /// The UDP ports that the target is restricted to; `None` if it has no UDPRoute rule.
    pub fn udp_ports(&self) -> Option<PortsView<'p>> {
        self.target.udp.as_ref().map(|part| PortsView { part })
    }

    /// The usable HTTP matches that the target selects; `None` if it has no HTTPRouteGroup rule.
    pub fn http_matches(&self) -> Option<impl Iterator<Item = (&'p ObjectName, HttpMatch)>> {
        let http = self.target.http.as_ref()?;
        Some(http.rules.iter().flat_map(|rule| {
            let mut selected = rule.matches().peekable();
            let resources = (0_u32..).zip(rule.group.resources());
            resources.filter_map(move |(index, resource)| {
                selected.next_if_eq(&index)?;
                Some((rule.group.name(), resource?))
            })
        }))
    }
}

/// The ports of a part of a target. Prints as `80, 443`, `all` or `none`.
#[derive(Clone, Copy, Debug)]
pub struct PortsView<'p> {
    part: &'p PortPart,
}

impl PortsView<'_> {
    /// The ports, ascending.
    pub fn to_ports(&self) -> Ports {
        match self.part.union() {
            PortSet::All => Ports::All,
            PortSet::Only(ports) => Ports::Only(ports),
        }
    }
}

impl fmt::Display for PortsView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.part.union().fmt(f)
    }
}
