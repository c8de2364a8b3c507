//! Changes one small thing of a world, which may or may not change what it allows.

use smi_policy::{
    Anchor, HttpMatch, HttpRequires, PathMode, Ports, Proof, RuleKind, Subject, Unselected,
};

use crate::world::{Resource, World};

/// A world with one change, and what the change was.
pub(crate) fn mutated(world: &World, seed: u64) -> (World, &'static str) {
    let mut changed = world.clone();
    let mut seed = Seed(seed);
    let what = match seed.below(12) {
        0..4 => path(&mut changed, &mut seed),
        4 => method(&mut changed, &mut seed),
        5 => header(&mut changed, &mut seed),
        6 => source(&mut changed, &mut seed),
        7 => port(&mut changed, &mut seed),
        8 => selection(&mut changed, &mut seed),
        9 => wrapped(&mut changed),
        10 => semantics(&mut changed, &mut seed),
        _ => {
            let at = seed.below(changed.resources.len().max(1));
            if at < changed.resources.len() {
                changed.resources.remove(at);
            }
            "resource"
        }
    };
    (changed, what)
}

/// One character of one path.
fn path(world: &mut World, seed: &mut Seed) -> &'static str {
    let mut paths: Vec<&mut String> = matches(world)
        .into_iter()
        .filter_map(|http_match| http_match.path_regex.as_mut())
        .collect();
    if let Some(path) = seed.pick(&mut paths) {
        character(path, seed);
    }
    "path"
}

fn header(world: &mut World, seed: &mut Seed) -> &'static str {
    let mut headers: Vec<&mut String> = matches(world)
        .into_iter()
        .flat_map(|http_match| http_match.headers.iter_mut().map(|(_, regex)| regex))
        .collect();
    if let Some(regex) = seed.pick(&mut headers) {
        character(regex, seed);
    }
    "header"
}

fn character(text: &mut String, seed: &mut Seed) {
    let mut chars: Vec<char> = text.chars().collect();
    let new = ['a', 'b', '1', '2', '/', '.', '*', '?', '+'][seed.below(9)];
    let at = seed.below(chars.len() + 1);
    match seed.below(3) {
        0 => chars.insert(at, new),
        1 if at < chars.len() => {
            chars.remove(at);
        }
        _ if at < chars.len() => chars[at] = new,
        _ => chars.push(new),
    }
    *text = chars.into_iter().collect();
}

fn method(world: &mut World, seed: &mut Seed) -> &'static str {
    if let Some(http_match) = seed.pick(&mut matches(world)) {
        let method = ["GET", "POST", "OPTIONS", "CONNECT", "*"][seed.below(5)];
        match http_match.methods.iter().position(|known| known == method) {
            Some(at) => drop(http_match.methods.remove(at)),
            None => http_match.methods.push(method.to_owned()),
        }
    }
    "method"
}

fn source(world: &mut World, seed: &mut Seed) -> &'static str {
    for resource in &mut world.resources {
        let Resource::Target(target) = resource else { continue };
        if seed.below(2) == 0 {
            let source = Subject::ServiceAccount { namespace: None, name: "cart".to_owned() };
            match target.sources.pop() {
                Some(_) if seed.below(2) == 0 => {}
                _ => target.sources.push(source),
            }
            break;
        }
    }
    "source"
}

fn port(world: &mut World, seed: &mut Seed) -> &'static str {
    for resource in &mut world.resources {
        if let (Resource::Tcp(route) | Resource::Udp(route), 0) = (resource, seed.below(2)) {
            let port = [80, 81, 443, 444][seed.below(4)];
            route.ports = match &route.ports {
                Ports::All => Ports::Only(vec![port]),
                Ports::Only(ports) if ports.contains(&port) => {
                    Ports::Only(ports.iter().copied().filter(|known| *known != port).collect())
                }
                Ports::Only(ports) => Ports::Only([ports.as_slice(), &[port]].concat()),
            };
            break;
        }
    }
    "port"
}

fn selection(world: &mut World, seed: &mut Seed) -> &'static str {
    for resource in &mut world.resources {
        let Resource::Target(target) = resource else { continue };
        let groups = target.rules.iter_mut().filter(|rule| rule.kind == RuleKind::HttpRouteGroup);
        if let Some(rule) = seed.pick(&mut groups.collect::<Vec<_>>()) {
            match rule.matches.pop() {
                Some(_) => {}
                None => rule.matches.push("m".to_owned()),
            }
            break;
        }
    }
    "selection"
}

/// The same written another way, for nearly all patterns.
fn wrapped(world: &mut World) -> &'static str {
    for http_match in matches(world) {
        for (_, regex) in &mut http_match.headers {
            *regex = format!("(?:{regex})");
        }
        http_match.methods.extend(http_match.methods.first().cloned());
    }
    "wrapped"
}

fn semantics(world: &mut World, seed: &mut Seed) -> &'static str {
    let options = &mut world.options;
    match seed.below(6) {
        0 => {
            options.unselected = match options.unselected {
                Unselected::Allow => Unselected::Deny,
                _ => Unselected::Allow,
            }
        }
        1 => options.min_proof = Proof::Certificate,
        2 => options.http.path_anchor = Anchor::Full,
        3 => options.http_requires = HttpRequires::RouteGroup,
        4 => options.http.path_mode = PathMode::Normalize,
        _ => options.http.header_anchor = Anchor::Search,
    }
    "semantics"
}

fn matches(world: &mut World) -> Vec<&mut HttpMatch> {
    let groups = world.resources.iter_mut().filter_map(|resource| match resource {
        Resource::Group(group) => Some(group),
        _ => None,
    });
    groups.flat_map(|group| group.matches.iter_mut().flatten()).collect()
}

struct Seed(u64);

impl Seed {
    fn below(&mut self, base: usize) -> usize {
        let digit = self.0 % base as u64;
        self.0 /= base as u64;
        digit as usize
    }

    fn pick<'t, T>(&mut self, values: &'t mut [T]) -> Option<&'t mut T> {
        let at = self.below(values.len().max(1));
        values.get_mut(at)
    }
}
