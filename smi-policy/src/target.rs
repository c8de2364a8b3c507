use std::sync::Arc;

use crate::headers::Headers;
use crate::ports::PortSet;
use crate::request::Transport;
use crate::resource::TrafficTarget;
use crate::route::{Failure, HttpSubject, RouteGroup};
use crate::semantics::HttpRequires;

/// A TrafficTarget, compiled. It is judged alone, as a unit: nothing of another target ever enters.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) resource: Arc<TrafficTarget>,
    /// Why the target grants nothing, whatever is asked.
    pub(crate) void: Option<Box<str>>,
    /// Positions of the sources that name somebody, ascending.
    pub(crate) sources: Vec<usize>,
    /// `destination.port` of old versions.
    pub(crate) port: Option<u16>,
    /// Each part is absent if the target has no rule of its kind, and restricts if it has.
    pub(crate) http: Option<HttpPart>,
    pub(crate) tcp: Option<PortPart>,
    pub(crate) udp: Option<PortPart>,
}

/// The selected matches of all HTTPRouteGroup rules, OR-ed.
#[derive(Debug, Default)]
pub(crate) struct HttpPart {
    pub(crate) rules: Vec<HttpRule>,
}

#[derive(Debug)]
pub(crate) struct HttpRule {
    /// Position of the rule in the target.
    pub(crate) rule: usize,
    pub(crate) group: RouteGroup,
    /// Positions of the selected matches that can be used, ascending.
    pub(crate) matches: Vec<u32>,
}

/// The ports of all rules of one kind, OR-ed.
#[derive(Debug, Default)]
pub(crate) struct PortPart {
    pub(crate) rules: Vec<(usize, Arc<PortSet>)>,
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
    pub(crate) fn http<H: Headers + ?Sized>(
        &self,
        subject: &HttpSubject<'_, H>,
        port: u16,
        requires: HttpRequires,
    ) -> Option<Admission> {
        let by_port = self.port_admission(subject.request.transport, port).ok()?;
        match (&self.http, by_port) {
            (Some(http), _) => http.first_match(subject),
            (None, Some(admission)) if requires == HttpRequires::AnyRule => Some(admission),
            (None, _) => None,
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

    /// Whether some HTTP match would hold if only the path were clean.
    pub(crate) fn fails_only_by_unclean_path<H: Headers + ?Sized>(
        &self,
        subject: &HttpSubject<'_, H>,
        port: u16,
    ) -> bool {
        self.port_admission(subject.request.transport, port).is_ok()
            && self.http.as_ref().is_some_and(|http| {
                let mut selected = http.selected();
                selected
                    .any(|(_, rule, index)| rule.group.fails_only_by_unclean_path(index, subject))
            })
    }

    pub(crate) fn why_not_http<H: Headers + ?Sized>(
        &self,
        subject: &HttpSubject<'_, H>,
        port: u16,
        requires: HttpRequires,
    ) -> Refusal {
        if self.void.is_some() {
            return Refusal::Void;
        }
        let ports = self.port_part(subject.request.transport);
        let needs_group = ports.is_none() || requires == HttpRequires::RouteGroup;
        if self.http.is_none() && needs_group {
            return Refusal::NoRule;
        }
        if self.port_admission(subject.request.transport, port).is_err() {
            return Refusal::Port;
        }
        Refusal::Http(self.http.as_ref().and_then(|http| http.nearest(subject)))
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
    fn port_admission(&self, transport: Transport, port: u16) -> Result<Option<Admission>, ()> {
        // The port of old versions is a TCP port: nothing over UDP has it.
        let has_port = |only| transport == Transport::Tcp && only == port;
        if self.void.is_some() || self.port.is_some_and(|only| !has_port(only)) {
            return Err(());
        }
        let part = self.port_part(transport);
        match part {
            None => Ok(None),
            Some(part) => match part.rules.iter().find(|(_, ports)| ports.contains(port)) {
                Some((rule, _)) => Ok(Some(Admission { rule: *rule, http: None })),
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
        self.rules.iter().any(|rule| !rule.matches.is_empty())
    }

    fn first_match<H: Headers + ?Sized>(&self, subject: &HttpSubject<'_, H>) -> Option<Admission> {
        let mut selected = self.selected();
        let (at, rule, index) =
            selected.find(|(_, rule, index)| rule.group.is_match(*index, subject))?;
        Some(Admission { rule: rule.rule, http: Some((at, index)) })
    }

    /// The match whose first failing condition comes last; the first of equals.
    fn nearest<H: Headers + ?Sized>(&self, subject: &HttpSubject<'_, H>) -> Option<Nearest> {
        let mut nearest: Option<Nearest> = None;
        for (at, rule, index) in self.selected() {
            let Some(failure) = rule.group.failure(index, subject) else { continue };
            let is_nearer = nearest.as_ref().is_none_or(|n| failure.depth() > n.failure.depth());
            if is_nearer {
                let admission = Admission { rule: rule.rule, http: Some((at, index)) };
                nearest = Some(Nearest { admission, failure });
            }
        }
        nearest
    }

    fn selected(&self) -> impl Iterator<Item = (usize, &HttpRule, u32)> {
        let matches =
            |(at, rule): (usize, _)| rule_matches(rule).map(move |index| (at, rule, index));
        self.rules.iter().enumerate().flat_map(matches)
    }
}

fn rule_matches(rule: &HttpRule) -> impl Iterator<Item = u32> {
    rule.matches.iter().copied()
}
