use std::collections::BTreeSet;
use std::fmt;

use crate::headers::{FieldVisitor, Headers};
use crate::language::{Budget, Language};
use crate::name::ObjectName;
use crate::pattern::Pattern;
use crate::request::{HttpRequest, Request, Traffic};
use crate::semantics::Anchor;

use super::Audit;
use super::model::Target;
use super::party::{Key, Party, Peer};
use super::side::port_groups;

/// One change to a denied request that would make it allowed: see [`Audit::near_misses`].
///
/// Prints as `would be allowed with method GET`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NearMiss {
    /// What to change.
    pub remedy: Remedy,
    /// The TrafficTarget that would allow it then.
    pub target: Option<ObjectName>,
}

/// A change to a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Remedy {
    /// Another method.
    Method(String),
    /// Another path, such as this.
    Path(Vec<u8>),
    /// A header field such as this, in place of those of this name.
    Header(String, Vec<u8>),
    /// Another authority, such as this.
    Authority(Vec<u8>),
    /// Another port.
    Port(u16),
    /// Another source.
    Source(Party),
    /// The same source, proven by a certificate.
    Proof,
}

impl fmt::Display for NearMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("would be allowed ")?;
        match &self.remedy {
            Remedy::Method(method) => write!(f, "with method {method}"),
            Remedy::Path(path) => write!(f, "with a path such as `{}`", path.escape_ascii()),
            Remedy::Header(name, value) => {
                write!(f, "with a header such as `{name}: {}`", value.escape_ascii())
            }
            Remedy::Authority(authority) => {
                write!(f, "with an authority such as `{}`", authority.escape_ascii())
            }
            Remedy::Port(port) => write!(f, "on port {port}"),
            Remedy::Source(party) => write!(f, "from {party}"),
            Remedy::Proof => f.write_str("if the source were proven by a certificate"),
        }
    }
}

impl Audit {
    /// Single changes to a denied request that would make it allowed: another method, path, header,
    /// port or source. Each was decided by the policy. Empty if the request is allowed as it is, or
    /// if one change does not suffice. Of paths and values as many patterns are looked at as
    /// [`AnalysisLimits::total_steps`](crate::AnalysisLimits::total_steps) suffice for.
    ///
    /// ```
    /// use smi_policy::{Audit, HttpMatch, HttpRequest, HttpRouteGroup, Identity, ObjectName};
    /// use smi_policy::{Policy, Request, Rule, Semantics, Subject, TrafficTarget};
    ///
    /// let target = TrafficTarget::new(ObjectName::new("shop", "web-to-cart"), "cart")
    ///     .source(Subject::service_account("shop", "web"))
    ///     .rule(Rule::http_route_group("api"));
    /// let group = HttpRouteGroup::new(ObjectName::new("shop", "api"))
    ///     .with(HttpMatch::new("read").path_regex("/items").method("GET"));
    /// let builder = Policy::builder(Semantics::spec()).http_route_group(group);
    /// let audit = Audit::new(builder.traffic_target(target));
    ///
    /// let (web, cart) =
    ///     (Identity::service_account("shop", "web"), Identity::service_account("shop", "cart"));
    /// let put = Request::http(Some(&web), &cart, 8080, HttpRequest::new("PUT", "/items/7"));
    /// let misses: Vec<String> = audit.near_misses(&put).iter().map(ToString::to_string).collect();
    /// assert_eq!(misses, ["would be allowed with method GET"]);
    /// ```
    pub fn near_misses<H: Headers + ?Sized>(&self, request: &Request<'_, H>) -> Vec<NearMiss> {
        if self.policy().authorize(request).is_allowed() {
            return Vec::new();
        }
        let keys = self.model.keys(request.destination);
        let names_it = |target: &&Target| {
            target.void.is_none() && keys.iter().any(|key| target.destinations.contains(key))
        };
        let targets: Vec<&Target> = self.model.targets.iter().filter(names_it).collect();
        let budget = Budget::new(&self.limits);
        let mut trial = Trial { audit: self, budget, found: Vec::new() };
        if let Traffic::Http(http) = &request.traffic {
            trial.http(request, http, &targets);
        }
        for group in port_groups(targets.iter().copied()) {
            for port in group.listed.iter().copied().take(MAX_PORTS) {
                trial.ask(&Request { port, ..*request }, || Remedy::Port(port));
            }
        }
        let sources: BTreeSet<&Key> = targets.iter().flat_map(|target| &target.sources).collect();
        for peer in sources.into_iter().take(MAX_SOURCES).filter_map(|key| self.peer(key)) {
            let source = peer.identity.as_ref();
            trial.ask(&Request { source, ..*request }, || Remedy::Source(peer.party.clone()));
        }
        if let Some(source) = request.source {
            let proven = source.clone().proven_by(crate::Proof::Certificate);
            trial.ask(&Request { source: Some(&proven), ..*request }, || Remedy::Proof);
        }
        trial.found
    }

    /// Somebody who is found by this key and, as far as possible, by no other.
    fn peer(&self, key: &Key) -> Option<Peer> {
        match key {
            Key::Account(name) => Some(Peer::account(name)),
            Key::Spiffe(id) => Some(Peer::spiffe(id)),
            // Labels that a selector selects are not known off-hand.
            Key::Selector(_) => None,
        }
    }
}

/// Ports that are tried of each group that no target tells apart.
const MAX_PORTS: usize = 16;

/// Sources that are tried.
const MAX_SOURCES: usize = 256;

/// Changes that were tried, and those that suffice.
struct Trial<'t> {
    audit: &'t Audit,
    /// For examples of paths and values.
    budget: Budget,
    found: Vec<NearMiss>,
}

impl Trial<'_> {
    fn http<H: Headers + ?Sized>(
        &mut self,
        request: &Request<'_, H>,
        http: &HttpRequest<'_, H>,
        targets: &[&Target],
    ) {
        let (request, http) = (*request, *http);
        let semantics = self.audit.model.semantics().http;
        let paths = Language::paths(semantics.path_mode);
        let mut tried = BTreeSet::new();
        for selected in targets.iter().filter_map(|target| target.http.as_ref()).flatten() {
            for method in &selected.http_match.methods {
                let http = HttpRequest { method, ..http };
                self.ask(&again(&request, http), || Remedy::Method(method.clone()));
            }
            let regex = selected.http_match.path_regex.as_deref().filter(|r| !r.is_empty());
            if let Some(regex) = regex.filter(|regex| tried.insert(regex.to_string()))
                && let Some(path) = self.example(regex, semantics.path_anchor, Some(&paths))
            {
                let http = HttpRequest { target: &path, ..http };
                self.ask(&again(&request, http), || Remedy::Path(path.clone()));
            }
            for (name, regex) in &selected.http_match.headers {
                if !tried.insert(format!("{name}: {regex}")) {
                    continue;
                }
                let name = name.to_ascii_lowercase();
                let Some(value) = self.example(regex, semantics.header_anchor, None) else {
                    continue;
                };
                if matches!(&*name, "host" | ":authority") {
                    let http = HttpRequest { authority: Some(&value), ..http };
                    self.ask(&again(&request, http), || Remedy::Authority(value.clone()));
                } else {
                    let headers = With { others: http.headers, name: &name, value: &value };
                    let traffic = Traffic::Http(http.headers(&headers));
                    let Request { source, destination, port, .. } = request;
                    let request = Request { source, destination, port, traffic };
                    self.ask(&request, || Remedy::Header(name.clone(), value.clone()));
                }
            }
        }
    }

    /// Notes a change if it suffices.
    fn ask<H: Headers + ?Sized>(
        &mut self,
        request: &Request<'_, H>,
        remedy: impl FnOnce() -> Remedy,
    ) {
        let decision = self.audit.policy().authorize(request);
        if decision.is_allowed() {
            let miss = NearMiss { remedy: remedy(), target: decision.target().cloned() };
            if !self.found.iter().any(|known| known.remedy == miss.remedy) {
                self.found.push(miss);
            }
        }
    }

    /// A short text that a pattern accepts.
    fn example(&self, regex: &str, anchor: Anchor, domain: Option<&Language>) -> Option<Vec<u8>> {
        self.budget.check().ok()?;
        let limits = &self.audit.limits;
        let pattern = Pattern::parse(regex, &self.audit.policy().inner().limits).ok()?;
        let (language, steps) = match domain {
            Some(_) => pattern.analyse_path(anchor, limits),
            None => pattern.analyse(anchor, limits),
        };
        // If that was too much, it is the last.
        let _ = self.budget.spend(steps);
        match domain {
            Some(paths) => language.ok()?.intersection(paths, limits).ok()?.example(),
            None => language.ok()?.example(),
        }
    }
}

/// The same for another HTTP request.
fn again<'r, H: ?Sized>(request: &Request<'r, H>, http: HttpRequest<'r, H>) -> Request<'r, H> {
    Request { traffic: Traffic::Http(http), ..*request }
}

/// Header fields with one of them replaced.
struct With<'w, H: ?Sized> {
    others: &'w H,
    name: &'w str,
    value: &'w [u8],
}

impl<H: Headers + ?Sized> Headers for With<'_, H> {
    fn visit(&self, name: &str, visitor: &mut FieldVisitor<'_>) {
        if name.eq_ignore_ascii_case(self.name) {
            visitor(self.value);
        } else {
            self.others.visit(name, visitor);
        }
    }
}
