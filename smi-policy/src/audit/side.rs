use std::collections::{BTreeMap, BTreeSet};

use crate::decision::Verdict;
use crate::name::ObjectName;
use crate::request::Transport;
use crate::semantics::HttpRequires;

use super::clause::{ClauseId, Clauses};
use super::model::{Model, Target};

/// A model whose matches are numbered.
#[derive(Debug)]
pub(super) struct Numbered<'m> {
    pub(super) model: &'m Model,
    /// Of each target the numbers of its matches.
    numbers: Vec<Vec<ClauseId>>,
    always: ClauseId,
}

impl<'m> Numbered<'m> {
    pub(super) fn new(model: &'m Model, clauses: &mut Clauses) -> Self {
        let semantics = &model.semantics().http;
        let mut of = |target: &Target| {
            let matches = target.http.iter().flatten();
            matches.map(|selected| clauses.of(&selected.http_match, semantics)).collect()
        };
        let numbers = model.targets.iter().map(&mut of).collect();
        Self { model, numbers, always: clauses.always() }
    }

    /// The target at this position, if it grants anything at all, with the numbers of its matches.
    pub(super) fn target(&self, at: usize) -> Option<(&'m Target, &[ClauseId])> {
        let target = self.model.targets.get(at).filter(|target| target.void.is_none())?;
        Some((target, self.numbers.get(at)?.as_slice()))
    }
}

/// What one policy grants one party at another.
#[derive(Clone, Debug)]
pub(super) struct Side<'m> {
    numbered: &'m Numbered<'m>,
    /// Everything is allowed, for no target names the destination.
    is_open: bool,
    /// Positions of the targets that concern the two.
    targets: Vec<usize>,
}

/// How much a side says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    pub(super) targets: usize,
    pub(super) matches: usize,
    pub(super) ports: usize,
}

/// What grants something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) target: Option<ObjectName>,
    pub(super) http_match: Option<String>,
}

impl<'m> Side<'m> {
    pub(super) fn new(numbered: &'m Numbered<'m>, is_open: bool, targets: Vec<usize>) -> Self {
        Self { numbered, is_open, targets }
    }

    pub(super) fn targets(&self) -> impl Iterator<Item = (&'m Target, &'m [ClauseId])> {
        let numbered = self.numbered;
        self.targets.iter().filter_map(|&at| numbered.target(at))
    }

    /// How many targets and matches there are, and how many ports these list.
    pub(super) fn size(&self) -> Size {
        self.targets().fold(Size::default(), |size, (target, numbers)| {
            let ports = [&target.tcp, &target.udp].into_iter().flatten();
            Size {
                targets: size.targets + 1,
                matches: size.matches + numbers.len(),
                ports: size.ports
                    + usize::from(target.port.is_some())
                    + ports.map(|ports| ports.listed().len()).sum::<usize>(),
            }
        })
    }

    /// The clauses that admit HTTP requests on this port, each with what it first comes from.
    pub(super) fn http(&self, transport: Transport, port: u16) -> BTreeMap<ClauseId, Origin> {
        let mut granted = BTreeMap::new();
        if self.is_open {
            granted.insert(self.numbered.always, Origin::default());
            return granted;
        }
        let requires = self.numbered.model.semantics().http_requires;
        for (target, numbers) in self.targets() {
            let Some(by_port) = target.admits_port(transport, port) else { continue };
            let name = Some(target.name.clone());
            match &target.http {
                Some(matches) => {
                    for (selected, &number) in matches.iter().zip(numbers) {
                        let http_match = Some(selected.text());
                        granted
                            .entry(number)
                            .or_insert_with(|| Origin { target: name.clone(), http_match });
                    }
                }
                None if by_port && requires == HttpRequires::AnyRule => {
                    granted
                        .entry(self.numbered.always)
                        .or_insert(Origin { target: name, http_match: None });
                }
                None => {}
            }
        }
        granted
    }

    /// The answer to an opaque connection or flow.
    pub(super) fn opaque(&self, transport: Transport, port: u16) -> (Verdict, Origin) {
        if self.is_open {
            return (Verdict::Allow, Origin::default());
        }
        let mut best = (Verdict::Deny, Origin::default());
        for (target, _) in self.targets() {
            let verdict = target.opaque(transport, port);
            if rank(verdict) > rank(best.0) {
                best = (verdict, Origin { target: Some(target.name.clone()), http_match: None });
            }
        }
        best
    }
}

/// How much a verdict grants.
pub(super) fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Deny => 0,
        Verdict::HttpOnly => 1,
        Verdict::Allow => 2,
    }
}

/// Ports that no target of either side tells apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PortGroup {
    /// The least of them.
    pub(super) example: u16,
    pub(super) listed: Vec<u16>,
    /// Whether all ports that are not listed anywhere belong to it.
    pub(super) has_others: bool,
}

/// The ports that these targets tell apart.
pub(super) fn port_groups<'t>(targets: impl Iterator<Item = &'t Target>) -> Vec<PortGroup> {
    let targets: Vec<&Target> = targets.collect();
    let mut listed: BTreeSet<u16> = BTreeSet::new();
    for target in &targets {
        listed.extend(target.port);
        for ports in [&target.tcp, &target.udp].into_iter().flatten() {
            listed.extend(ports.listed());
        }
    }
    let answers = |port: u16| {
        let answer = |target: &&Target| {
            [Transport::Tcp, Transport::Udp].map(|transport| target.admits_port(transport, port))
        };
        targets.iter().map(answer).collect::<Vec<_>>()
    };
    let mut groups: BTreeMap<Vec<[Option<bool>; 2]>, PortGroup> = BTreeMap::new();
    let other = (1..=u16::MAX).find(|port| !listed.contains(port));
    for port in listed.iter().copied().chain(other) {
        let group = groups.entry(answers(port)).or_default();
        if group.example == 0 {
            group.example = port;
        }
        if Some(port) == other {
            group.has_others = true;
        } else {
            group.listed.push(port);
        }
    }
    let mut groups: Vec<PortGroup> = groups.into_values().collect();
    groups.sort_by_key(|group| group.example);
    groups
}

/// Ports as text: `80, 443`, `all`, `all others`.
pub(super) fn ports_text(groups: &[&PortGroup], all: usize) -> String {
    let mut listed: Vec<u16> = groups.iter().flat_map(|group| group.listed.clone()).collect();
    listed.sort_unstable();
    if groups.len() == all {
        return "all".to_owned();
    }
    let mut parts: Vec<String> = listed.iter().map(ToString::to_string).collect();
    if groups.iter().any(|group| group.has_others) {
        parts.push("all others".to_owned());
    }
    parts.join(", ")
}
