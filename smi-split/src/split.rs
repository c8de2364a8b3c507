use smi_policy::{ObjectName, RouteGroup};

use crate::{Backends, Port};

/// A TrafficSplit, compiled.
///
/// Found with [`Splits::select`](crate::Splits::select) for one call, or listed by
/// [`Splits::iter`](crate::Splits::iter).
#[derive(Debug)]
pub struct Split {
    pub(crate) name: ObjectName,
    pub(crate) apex: ObjectName,
    pub(crate) condition: Condition,
    pub(crate) portless: Table,
    pub(crate) by_port: Option<ByPort>,
}

/// Which traffic a split is for.
#[derive(Debug)]
pub(crate) enum Condition {
    /// All of it: the split has no `matches`.
    Always,
    /// HTTP requests that meet a match of one of these groups. Without groups, none.
    AnyOf(Box<[RouteGroup]>),
}

/// Where a split sends traffic.
#[derive(Debug)]
pub(crate) enum Table {
    /// Boxed, as a picker is large: it keeps what threads write to apart.
    Backends(Box<Backends>),
    Apex,
    NoBackend,
}

impl Table {
    fn continue_from(&mut self, previous: &Self) {
        if let (Self::Backends(own), Self::Backends(previous)) = (self, previous) {
            own.continue_from(previous);
        }
    }
}

/// Tables for the ports of the apex's Service, in order; for other ports there is no backend.
pub(crate) type ByPort = Box<[(Port, Table)]>;

impl Split {
    /// Namespace and name of the TrafficSplit.
    pub fn name(&self) -> &ObjectName {
        &self.name
    }

    /// The service whose traffic is split.
    pub fn apex(&self) -> &ObjectName {
        &self.apex
    }

    /// Whether the split is only for HTTP requests that meet one of its matches.
    pub fn is_conditional(&self) -> bool {
        matches!(self.condition, Condition::AnyOf(_))
    }

    /// The HTTPRouteGroups whose requests the split is for. A conditional split without groups,
    /// whose references all lead nowhere, never applies.
    pub fn route_groups(&self) -> &[RouteGroup] {
        match &self.condition {
            Condition::Always => &[],
            Condition::AnyOf(groups) => groups,
        }
    }

    /// The ports of the apex's Service, in order; `None` if no Services are known, so that ports
    /// are not looked at.
    pub fn ports(&self) -> Option<impl Iterator<Item = Port>> {
        self.by_port.as_deref().map(|tables| tables.iter().map(|(port, _)| *port))
    }

    /// Lets rotations go on where those of `previous` are, port by port.
    pub(crate) fn continue_from(&mut self, previous: &Self) {
        self.portless.continue_from(&previous.portless);
        for (port, table) in self.by_port.iter_mut().flatten() {
            if let Some((_, previous)) =
                previous.by_port.iter().flatten().find(|(known, _)| known == port)
            {
                table.continue_from(previous);
            }
        }
    }

    /// Where traffic goes that the split applies to. Without port, ports are not considered.
    pub fn outcome(&self, port: Option<Port>) -> Outcome<'_> {
        let table = match (&self.by_port, port) {
            (Some(tables), Some(port)) => tables
                .binary_search_by_key(&port, |(port, _)| *port)
                .ok()
                .and_then(|place| tables.get(place))
                .map_or(&Table::NoBackend, |(_, table)| table),
            _ => &self.portless,
        };
        match table {
            Table::Backends(backends) => Outcome::Backends(backends),
            Table::Apex => Outcome::Apex,
            Table::NoBackend => Outcome::NoBackend,
        }
    }
}

/// Where the traffic of a call goes. There are exactly these three answers.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'s> {
    /// To one of these, by weight.
    Backends(&'s Backends),
    /// To the apex Service's own endpoints.
    Apex,
    /// Nowhere: a split applies, and has no backend for this traffic. The caller answers 503.
    NoBackend,
}
