use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::headers::Headers;
use crate::name::ObjectName;
use crate::pattern::Limits;
use crate::ports::PortSet;
use crate::principal::Principal;
use crate::record::Record;
use crate::request::Transport;
use crate::route::{Failure, HttpSubject, RouteGroup};
use crate::semantics::{HttpRequires, HttpSemantics};

/// A TrafficTarget, compiled. It is judged alone, as a unit: nothing of another target ever enters.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: ObjectName,
    pub(crate) record: Record,
    /// Why the target grants nothing, whatever is asked.
    pub(crate) void: Option<Box<str>>,
    /// Whom it names as its destination, also where it grants nothing.
    pub(crate) destinations: Box<[Principal]>,
    /// Whether it selects what it names: not where that is not its own to open.
    pub(crate) selects: bool,
    /// Positions of the sources that name somebody, ascending.
    pub(crate) sources: Box<[u32]>,
    /// Whom they name.
    pub(crate) admits: Box<[Principal]>,
    /// `destination.port` of old versions.
    pub(crate) port: Option<u16>,
    /// Each part is absent if the target has no rule of its kind, and restricts if it has.
    pub(crate) http: Option<HttpPart>,
    pub(crate) tcp: Option<PortPart>,
    pub(crate) udp: Option<PortPart>,
    pub(crate) diagnostics: Box<[Diagnostic]>,
}

/// The selected matches of all HTTPRouteGroup rules, OR-ed.
#[derive(Debug, Default)]
pub(crate) struct HttpPart {
    pub(crate) rules: Box<[HttpRule]>,
}

#[derive(Debug)]
pub(crate) struct HttpRule {
    /// Position of the rule in the target.
    pub(crate) rule: u32,
    pub(crate) group: RouteGroup,
    pub(crate) selection: Selection,
}

/// Which of a group's usable matches a rule selects.
#[derive(Debug)]
pub(crate) enum Selection {
    All,
    /// Those at these positions, ascending.
    Only(Box<[u32]>),
}

/// The ports of all rules of one kind, OR-ed.
#[derive(Debug, Default)]
pub(crate) struct PortPart {
    pub(crate) rules: Box<[(u32, Arc<PortSet>)]>,
}

/// What of a target admits something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Admission {
    /// Position of the rule.
    pub(crate) rule: usize,
    /// For an HTTP match: position of its rule within the HTTP part, and of the match in its group.
    pub(crate) http: Option<(usize, u32)>,
}

/// The first condition of a target that something fails, in the order in which they are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Void,
    /// No rule of the target speaks of this kind of traffic.
    NoRule,
    Port,
    /// Opaque TCP, but the target has HTTP conditions that no request could meet here.
    HttpUnusable,
    /// No match holds; the one that comes closest, if any can be used.
    Http(Option<Nearest>),
}

/// The match that comes closest, and the condition that it fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Nearest {
    pub(crate) admission: Admission,
    pub(crate) failure: Failure,
}

/// The answer of one target to an opaque TCP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TcpAnswer {
    Allow(Admission),
    HttpOnly,
    Deny,
}

impl Target {
    /// Judges an HTTP request by this target alone, for explanations: decisions come from
    /// [`Destination`](crate::destination::Destination), which asks all targets at once.
    pub(crate) fn http<H: Headers + ?Sized>(
        &self,
        subject: &HttpSubject<'_, H>,
        port: u16,
        requires: HttpRequires,
        compiling: (&HttpSemantics, &Limits),
    ) -> Result<Admission, Refusal> {
        if self.void.is_some() {
            return Err(Refusal::Void);
        }
        let transport = subject.request.transport;
        let needs_group =
            self.port_part(transport).is_none() || requires == HttpRequires::RouteGroup;
        if self.http.is_none() && needs_group {
            return Err(Refusal::NoRule);
        }
        match (self.port_admission(transport, port), &self.http) {
            (Err(()), _) => Err(Refusal::Port),
            (Ok(_), Some(http)) => http.judge(subject, compiling).map_err(Refusal::Http),
            (Ok(Some(admission)), None) => Ok(admission),
            (Ok(None), None) => Err(Refusal::NoRule),
        }
    }

    pub(crate) fn tcp(&self, port: u16) -> TcpAnswer {
        match (self.port_admission(Transport::Tcp, port), &self.http) {
            (Ok(Some(admission)), None) => TcpAnswer::Allow(admission),
            (Ok(_), Some(http)) if http.is_usable() => TcpAnswer::HttpOnly,
            _ => TcpAnswer::Deny,
        }
    }

    pub(crate) fn udp(&self, port: u16) -> Option<Admission> {
        self.port_admission(Transport::Udp, port).ok()?
    }

    pub(crate) fn why_not_port(&self, transport: Transport, port: u16) -> Refusal {
        let part = self.port_part(transport);
        match (self.port_admission(transport, port), &self.http) {
            _ if self.void.is_some() => Refusal::Void,
            (Err(()), _) => Refusal::Port,
            (Ok(_), Some(_)) if transport == Transport::Tcp => Refusal::HttpUnusable,
            _ if part.is_none() => Refusal::NoRule,
            _ => Refusal::Port,
        }
    }

    /// The ports that the target has for this transport.
    pub(crate) fn ports_text(&self, transport: Transport) -> String {
        match (self.port, self.port_part(transport)) {
            (Some(port), _) => format!("TCP {port}"),
            (None, Some(part)) => part.union().to_string(),
            (None, None) => PortSet::All.to_string(),
        }
    }

    fn port_part(&self, transport: Transport) -> Option<&PortPart> {
        match transport {
            Transport::Tcp => self.tcp.as_ref(),
            Transport::Udp => self.udp.as_ref(),
        }
    }

    /// What the port conditions say: `Err` if they refuse, `Ok(None)` if there is none that admits
    /// by itself.
    pub(crate) fn port_admission(
        &self,
        transport: Transport,
        port: u16,
    ) -> Result<Option<Admission>, ()> {
        // The port of old versions is a TCP port: nothing over UDP has it.
        let has_port = |only| transport == Transport::Tcp && only == port;
        if self.void.is_some() || self.port.is_some_and(|only| !has_port(only)) {
            return Err(());
        }
        let part = self.port_part(transport);
        match part {
            None => Ok(None),
            Some(part) => match part.rules.iter().find(|(_, ports)| ports.contains(port)) {
                Some((rule, _)) => Ok(Some(Admission { rule: *rule as usize, http: None })),
                None => Err(()),
            },
        }
    }
}

impl PortPart {
    pub(crate) fn union(&self) -> PortSet {
        let mut union = PortSet::NONE;
        self.rules.iter().for_each(|(_, ports)| union.unite(ports));
        union
    }
}

impl HttpPart {
    fn is_usable(&self) -> bool {
        self.rules.iter().any(|rule| rule.matches().next().is_some())
    }

    /// The first match that holds; or else the match whose first failing condition comes last, and
    /// the first of such.
    fn judge<H: Headers + ?Sized>(
        &self,
        subject: &HttpSubject<'_, H>,
        (semantics, limits): (&HttpSemantics, &Limits),
    ) -> Result<Admission, Option<Nearest>> {
        let mut nearest: Option<Nearest> = None;
        for (at, rule) in self.rules.iter().enumerate() {
            let table = rule.group.table();
            let mut hits = vec![false; table.pattern_count() as usize];
            if let Some(path) = subject.path.clean() {
                table.routes(semantics, limits).set.scan(path, |pattern| {
                    if let Some(hit) = hits.get_mut(pattern as usize) {
                        *hit = true;
                    }
                });
            }
            for index in rule.matches() {
                let Some(conditions) = table.conditions(index) else { continue };
                let hit = |pattern: u32| hits.get(pattern as usize).is_some_and(|hit| *hit);
                let admission = Admission { rule: rule.rule as usize, http: Some((at, index)) };
                let Some(failure) = table.failure(index, conditions, subject, hit) else {
                    return Ok(admission);
                };
                if nearest.as_ref().is_none_or(|n| failure.depth() > n.failure.depth()) {
                    nearest = Some(Nearest { admission, failure });
                }
            }
        }
        Err(nearest)
    }
}

impl HttpRule {
    /// Positions of the usable matches that the rule selects, ascending.
    pub(crate) fn matches(&self) -> impl Iterator<Item = u32> {
        let (all, only): (_, &[u32]) = match &self.selection {
            Selection::All => (Some(self.group.usable()), &[]),
            Selection::Only(only) => (None, only),
        };
        all.into_iter().flatten().chain(only.iter().copied())
    }
}
