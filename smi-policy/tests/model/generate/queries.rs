//! Questions that a world suggests: most are near to what some target admits.

use std::collections::BTreeMap;

use proptest::prelude::*;
use smi_policy::{
    Connect, HttpMatch, LabelSelector, Ports, RuleKind, Subject, TrafficTarget, Transport,
};

use super::digits::Digits;
use super::peers::{Presentation, stranger};
use super::{ACCOUNTS, PORTS, near_miss, targets};
use crate::reference::{self, header_accepts, looks_at_authority, path_accepts};
use crate::world::{Bytes, Http, Peer, PeerId, Query, Traffic, Verdict, World};

/// A question before it knows its world.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    general: u64,
    source: u64,
    destination: u64,
    http: u64,
    headers: u64,
    /// The first path that a match accepts is taken.
    paths: [u64; 4],
}

/// Plans for questions.
pub(super) fn plan() -> impl Strategy<Value = Plan> {
    let number = any::<u64>;
    (number(), number(), number(), number(), number(), proptest::array::uniform4(number()))
        .prop_map(|(general, source, destination, http, headers, paths)| Plan {
            general,
            source,
            destination,
            http,
            headers,
            paths,
        })
}

impl Plan {
    /// The question, made for a world. Most plans insist on being allowed: they look at one target
    /// after the other for a question that the model allows.
    pub(super) fn carry_out(&self, world: &World) -> Query {
        let targets: Vec<_> = world.targets().collect();
        let mut digits = Digits(self.general);
        let drafts = if digits.usually(90) { 8 } else { 1 };
        let first = digits.below(12);
        let mut query = self.draft(world, &targets, first, digits.clone());
        for draft in 1..drafts {
            if reference::answer(world, &query).verdict == Verdict::Allow {
                break;
            }
            query = self.draft(world, &targets, first + draft, digits.clone());
        }
        let mut digits = Digits(self.general.rotate_left(32));
        if digits.rarely(12) {
            near_miss::alter(&mut query, digits);
        }
        query
    }

    fn draft(
        &self,
        world: &World,
        targets: &[&TrafficTarget],
        draft: usize,
        mut digits: Digits,
    ) -> Query {
        // One target after the other, and of each another part each time.
        let target = nth(targets, draft).copied();
        let part = draft / targets.len().max(1);
        let source = target.and_then(|target| nth(&target.sources, part));
        let destination = target.map(|target| &target.destination);
        let authenticated = digits.usually(97);
        let port = target
            .filter(|_| digits.usually(85))
            .and_then(|target| port_of(world, target, part))
            .unwrap_or_else(|| *digits.pick(&PORTS));
        Query {
            source: authenticated.then(|| peer(world, target, source, Digits(self.source))),
            destination: peer(world, target, destination, Digits(self.destination)),
            port,
            traffic: match digits.below(10) {
                0..7 => Traffic::Http(self.http(world, target, part)),
                7..9 => Traffic::Tcp,
                _ => Traffic::Udp,
            },
        }
    }

    fn http(&self, world: &World, target: Option<&TrafficTarget>, part: usize) -> Http {
        let mut digits = Digits(self.http);
        let mut headers = Digits(self.headers);
        let mut http = Http {
            method: method(&mut digits),
            target: targets::target(Digits(self.paths[0])),
            authority: digits.usually(60).then(|| Bytes(digits.pick(&AUTHORITIES).to_vec())),
            headers: Vec::new(),
            transport: if digits.rarely(12) { Transport::Udp } else { Transport::Tcp },
            connect: if digits.rarely(20) { Connect::Extended } else { Connect::Authority },
        };
        if headers.rarely(25) {
            for _ in 0..=headers.below(3) {
                let field = (headers.text(&FIELDS), Bytes(headers.pick(&VALUES).to_vec()));
                http.headers.push(field);
            }
        }
        let matches = target.map_or_else(Vec::new, |target| matches_of(world, target));
        let Some(http_match) = nth(&matches, part) else { return http };

        if digits.usually(85)
            && let Some(method) = http_match.methods.first()
        {
            http.method = method.clone();
        }
        let special = ["OPTIONS", "CONNECT"].contains(&&*http.method) && digits.usually(60);
        let draw = if special { targets::special } else { targets::target };
        http.target = draw(Digits(self.paths[0]));
        if digits.usually(90) {
            let paths = self.paths.iter().map(|path| draw(Digits(*path)));
            let mut tried = paths.map(|target| Http { target, ..http.clone() });
            if let Some(found) = tried.find(|http| path_accepts(world, http_match, http)) {
                http = found;
            }
        }
        if digits.usually(90) {
            for (name, regex) in &http_match.headers {
                satisfy(world, &mut http, name, regex);
            }
        }
        http
    }
}

/// The element at `index`, counted around. `None`: there are none.
fn nth<T>(values: &[T], index: usize) -> Option<&T> {
    values.get(index % values.len().max(1))
}

const AUTHORITIES: [&[u8]; 7] = [b"api", b"api:80", b"API", b"1", b"", b"12", b"1\xff"];
const FIELDS: [&str; 8] = ["x", "X", "y", "cookie", "COOKIE", "Host", "host", "z"];
const VALUES: [&[u8]; 12] = [
    b"1",
    b"2",
    b"",
    b"1, 2",
    b"ab",
    b"a",
    b"api:80",
    b"\xc3\xa9",
    b"1\xff",
    b"\xff",
    b" 1",
    b"1 ",
];

fn method(digits: &mut Digits) -> String {
    let methods = ["GET", "POST", "PUT", "GET", "POST", "PUT", "GET", "OPTIONS", "CONNECT"];
    match digits.below(10) {
        9 => digits.text(&["get", "*", "PURGE", "", "connect", "options"]),
        _ => digits.text(&methods),
    }
}

/// A port that some rule of the target admits.
fn port_of(world: &World, target: &TrafficTarget, part: usize) -> Option<u16> {
    let namespace = target.name.namespace();
    let routes = target.rules.iter().filter_map(|rule| match rule.kind {
        RuleKind::TcpRoute => world.tcp_route(namespace, &rule.name),
        RuleKind::UdpRoute => world.udp_route(namespace, &rule.name),
        _ => None,
    });
    let mut ports = Vec::new();
    for route in routes {
        if let Ports::Only(list) = &route.ports {
            ports.extend(list.iter().copied().filter(|port| *port != 0));
        }
    }
    nth(&ports, part).copied()
}

/// Whom a subject means, or a stranger.
fn peer(
    world: &World,
    target: Option<&TrafficTarget>,
    subject: Option<&Subject>,
    mut digits: Digits,
) -> Peer {
    let suggested = digits.usually(95);
    let presentation = Presentation::draw(&mut digits);
    let meant = target.zip(subject).filter(|_| suggested).and_then(|(target, subject)| {
        meant_by(world, target.name.namespace(), subject, &presentation)
    });
    meant.unwrap_or_else(|| presentation.of(stranger(&mut digits)))
}

fn meant_by(
    world: &World,
    own: &str,
    subject: &Subject,
    presentation: &Presentation,
) -> Option<Peer> {
    let place = |namespace: &Option<String>| match namespace.as_deref() {
        None | Some("") => own.to_owned(),
        Some(namespace) => namespace.to_owned(),
    };
    match subject {
        Subject::Unreadable => None,
        Subject::ServiceAccount { namespace, name } => {
            Some(presentation.of_account(world, &place(namespace), name))
        }
        Subject::IdentityBinding { namespace, name } => {
            let namespace = place(namespace);
            let schemes = world.binding(&namespace, name)?.schemes.as_ref()?;
            if let Some(selector) = &schemes.pod_label_selector {
                let presentation = presentation.labelled(&namespace, labels_for(selector));
                return Some(presentation.of_account(world, &namespace, ACCOUNTS[1]));
            }
            if let Some(id) = schemes.spiffe_identities.first() {
                let id = id.strip_prefix("spiffe://").unwrap_or(id);
                return Some(presentation.of(PeerId::Spiffe(format!("spiffe://{id}"))));
            }
            let account = schemes.service_account.as_ref()?;
            Some(presentation.of_account(world, &namespace, account))
        }
    }
}

/// Labels that a selector probably selects.
fn labels_for(selector: &LabelSelector) -> BTreeMap<String, String> {
    let mut labels = selector.match_labels.clone();
    for requirement in &selector.match_expressions {
        if matches!(requirement.operator.as_str(), "In" | "Exists") {
            let value = requirement.values.first().cloned().unwrap_or_default();
            labels.insert(requirement.key.clone(), value);
        }
    }
    labels
}

/// The matches that the rules of a target select.
fn matches_of<'w>(world: &'w World, target: &TrafficTarget) -> Vec<&'w HttpMatch> {
    let rules = target.rules.iter().filter(|rule| rule.kind == RuleKind::HttpRouteGroup);
    rules
        .filter_map(|rule| Some((rule, world.group(target.name.namespace(), &rule.name)?)))
        .flat_map(|(rule, group)| {
            let matches = group.matches.iter().flatten();
            matches.filter(|http_match| {
                rule.matches.is_empty()
                    || http_match.name.as_ref().is_some_and(|name| rule.matches.contains(name))
            })
        })
        .collect()
}

/// Adds a header that satisfies a condition, if one of a few values does.
fn satisfy(world: &World, http: &mut Http, name: &str, regex: &str) {
    let values = ["1", "2", "ab", "", "1, 2", "api:80", "a", "1; 2", "12"];
    let Some(value) =
        values.into_iter().find(|value| header_accepts(world, regex, value.as_bytes()))
    else {
        return;
    };
    if looks_at_authority(name) {
        if http.authority.is_some() {
            http.authority = Some(Bytes::from(value));
        } else {
            http.headers.push(("Host".to_owned(), Bytes::from(value)));
        }
        return;
    }
    // A list may come in several fields.
    let separator = if name.eq_ignore_ascii_case("cookie") { "; " } else { ", " };
    for part in value.split(separator) {
        http.headers.push((name.to_owned(), Bytes::from(part)));
    }
}
