//! Ports: the union of what port routes list.

use smi_policy::{PortRoute, Ports, Rule};

/// What each rule of one kind contributes; their union is the part.
pub(super) type PortSet = Vec<Ports>;

/// The ports of `rules`, or `None` if there is no rule.
pub(super) fn part<'r, 'w>(
    rules: impl Iterator<Item = &'r Rule>,
    find: impl Fn(&str) -> Option<&'w PortRoute>,
) -> Option<PortSet> {
    let contributions: Vec<_> = rules.map(|rule| contribution(rule, find(&rule.name))).collect();
    (!contributions.is_empty()).then_some(contributions)
}

/// Whether a part contains a port.
pub(super) fn contains(part: &PortSet, port: u16) -> bool {
    part.iter().any(|ports| match ports {
        Ports::All => true,
        Ports::Only(list) => list.contains(&port),
    })
}

fn contribution(rule: &Rule, route: Option<&PortRoute>) -> Ports {
    let nothing = Ports::Only(Vec::new());
    let Some(route) = route else { return nothing };
    if !rule.matches.is_empty() {
        return nothing;
    }
    match &route.ports {
        // One entry that is no port spoils the whole list.
        Ports::Only(list) if list.contains(&0) => nothing,
        ports => ports.clone(),
    }
}
