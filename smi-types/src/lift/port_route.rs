use super::fields::{fields, no_remark};
use super::number::route_port;
use super::preserved::Annotation;
use super::shape::{mapping, optional_text, wrong_type};
use super::{Lifted, Source, layout};
use crate::api::Version;
use crate::convert::preserved::Spot;
use crate::hub::{Meta, PortRoute, Ports};
use crate::manifest::{Key, Mapping, Node};
use crate::path::Place;
use crate::problem::Report;

/// Reads a TCPRoute or UDPRoute.
pub(super) fn lift(
    object: Source<'_>,
    meta: Lifted<Meta>,
    kept: Option<&Annotation<'_>>,
    report: &mut Report,
) -> Lifted<PortRoute> {
    let mut route = as_written(object, meta, report)?;
    if let Some(annotation) = kept {
        for (spot, kept) in annotation.fields() {
            if spot == Spot::Matches {
                let ports = annotation.lift(&kept.value, report, conditions)?;
                // Misplaced ports are unreadable whatever else there is.
                if route.ports != Ports::Unreadable {
                    route.ports = ports;
                }
            }
        }
    }
    Ok(route)
}

fn as_written(object: Source<'_>, meta: Lifted<Meta>, report: &mut Report) -> Lifted<PortRoute> {
    let Source { kind, version, root, .. } = object;
    let remark = |field: &str| layout::top_level(kind, version, field);
    if version <= Version::V1alpha2 {
        fields(root, &Place::ROOT, ["apiVersion", "kind", "metadata"], report, remark);
        // There is no `spec` in these versions, and yet nobody who wrote ports meant all of them.
        let spec = root.get("spec").and_then(Node::as_mapping);
        let misplaced = spec.and_then(misplaced_ports);
        if let Some(key) = misplaced {
            let place = Place::ROOT.key("spec");
            layout::misplaced_ports().report(&place.key("ports"), key, report);
        }
        let ports = if misplaced.is_some() { Ports::Unreadable } else { Ports::All };
        return Ok(PortRoute { meta: meta?, ports });
    }
    let known = ["apiVersion", "kind", "metadata", "spec"];
    let [_, _, _, spec] = fields(root, &Place::ROOT, known, report, remark);
    let place = Place::ROOT.key("spec");
    let Some(spec) = spec.map(|node| mapping(node, &place, report)).transpose()? else {
        return Ok(PortRoute { meta: meta?, ports: Ports::All });
    };
    let misplaced = misplaced_ports(spec).is_some();
    let remark = |field: &str| {
        let ports = (misplaced && field == "ports").then(layout::misplaced_ports);
        ports.or_else(|| layout::spec(kind, version, field))
    };
    let matches = if version == Version::V1alpha3 {
        let [] = fields(spec, &place, [], report, remark);
        None
    } else {
        let [matches] = fields(spec, &place, ["matches"], report, remark);
        matches
    };
    let ports = matches.map(|node| conditions(node, &place.key("matches"), report)).transpose()?;
    let ports = match ports {
        _ if misplaced => Ports::Unreadable,
        ports => ports.unwrap_or(Ports::All),
    };
    Ok(PortRoute { meta: meta?, ports })
}

/// The key `spec.ports`, if it holds something and `spec.matches.ports` does not.
fn misplaced_ports(spec: Mapping<'_>) -> Option<Key<'_>> {
    let right = spec.get("matches").and_then(|matches| matches.get("ports"));
    if right.is_some_and(|ports| !ports.is_null()) {
        return None;
    }
    let wrong = spec.entries().find(|(key, value)| key.text() == "ports" && !value.is_null());
    wrong.map(|(key, _)| key)
}

/// Reads `spec.matches`.
fn conditions(node: Node<'_>, place: &Place<'_>, report: &mut Report) -> Lifted<Ports> {
    let matches = mapping(node, place, report)?;
    let [name, ports] = fields(matches, place, ["name", "ports"], report, no_remark);
    let name = optional_text(name, &place.key("name"), report);
    let ports = ports.map_or(Ports::All, |node| list_of_ports(node, &place.key("ports"), report));
    name.map(|_| ports)
}

fn list_of_ports(node: Node<'_>, place: &Place<'_>, report: &mut Report) -> Ports {
    let Some(list) = node.as_sequence() else {
        wrong_type(node, place, "a list of ports", report);
        return Ports::Unreadable;
    };
    if list.is_empty() {
        return Ports::All;
    }
    let mut ports = Ok(Vec::with_capacity(list.len()));
    for (index, entry) in list.iter().enumerate() {
        let read = route_port(entry, &place.index(index), report);
        match (report.or(read, || 0), &mut ports) {
            (Ok(port), Ok(ports)) => ports.push(port),
            (Ok(_), Err(_)) => {}
            (Err(void), _) => ports = Err(void),
        }
    }
    ports.map_or(Ports::Unreadable, Ports::Only)
}
