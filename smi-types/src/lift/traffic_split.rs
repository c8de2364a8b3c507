use super::fields::{fields, no_remark};
use super::number::{quantity, weight_of, whole};
use super::preserved::Annotation;
use super::shape::{list, mapping, optional_text, required_text};
use super::{Lifted, Source, Void, layout};
use crate::api::{Group, Version};
use crate::convert::preserved::Spot;
use crate::hub::{Backend, MatchRef, Meta, TrafficSplit};
use crate::manifest::{Node, excerpt};
use crate::path::Place;
use crate::problem::{Code, Report};
use crate::quantity::Quantity;

/// Reads a TrafficSplit.
pub(super) fn lift(
    object: Source<'_>,
    meta: Lifted<Meta>,
    kept: Option<&Annotation<'_>>,
    report: &mut Report,
) -> Lifted<TrafficSplit> {
    let mut split = as_written(object, meta, report)?;
    let Some(annotation) = kept else { return Ok(split) };
    for (spot, kept) in annotation.fields() {
        match spot {
            Spot::Matches => {
                let lift = |node: Node<'_>, place: &Place<'_>, report: &mut Report| {
                    matches(Some(node), place, report)
                };
                split.matches = annotation.lift(&kept.value, report, lift)?;
            }
            Spot::Weights => annotation.lift(&kept.value, report, |node, place, report| {
                weights(&mut split.backends, node, place, report)
            })?,
            _ => {}
        }
    }
    Ok(split)
}

/// Replaces whole weights by the quantities that they were.
fn weights(
    backends: &mut [Backend],
    node: Node<'_>,
    place: &Place<'_>,
    report: &mut Report,
) -> Lifted<()> {
    for (backend, node) in backends.iter_mut().zip(list(node, place, report)?.iter()) {
        backend.weight = quantity(node, place, Some(&backend.service), report)?;
    }
    Ok(())
}

fn as_written(object: Source<'_>, meta: Lifted<Meta>, report: &mut Report) -> Lifted<TrafficSplit> {
    let Source { kind, version, node: parent, root } = object;
    let remark = |field: &str| layout::top_level(kind, version, field);
    let known = ["apiVersion", "kind", "metadata", "spec"];
    let [_, _, _, spec] = fields(root, &Place::ROOT, known, report, remark);
    let place = Place::ROOT.key("spec");
    let Some(parent) = spec else {
        report.error(Code::MissingField, &place, parent, "`spec` is missing");
        return Err(Void);
    };
    let spec = mapping(parent, &place, report)?;
    let remark = |field: &str| layout::spec(kind, version, field);
    let ([service, backends], matches) = if version >= Version::V1alpha3 {
        let known = ["service", "backends", "matches"];
        let [service, backends, matches] = fields(spec, &place, known, report, remark);
        ([service, backends], matches)
    } else {
        (fields(spec, &place, ["service", "backends"], report, remark), None)
    };
    let service = required_text(service, parent, &place.key("service"), report);
    let backends = self::backends(backends, &place.key("backends"), version, report);
    let matches = self::matches(matches, &place.key("matches"), report);
    Ok(TrafficSplit {
        meta: meta?,
        service: report.or(service, || "")?.to_owned(),
        backends: report.or(backends, Vec::new)?,
        matches: report.or(matches, Vec::new)?,
    })
}

fn backends(
    node: Option<Node<'_>>,
    place: &Place<'_>,
    version: Version,
    report: &mut Report,
) -> Lifted<Vec<Backend>> {
    let Some(node) = node else { return Ok(Vec::new()) };
    let list = list(node, place, report)?;
    let backends: Vec<_> = list
        .iter()
        .enumerate()
        .map(|(index, node)| {
            let read = backend(node, &place.index(index), version, report);
            report.or(read, || Backend { service: String::new(), weight: Quantity::from(1) })
        })
        .collect();
    backends.into_iter().collect()
}

fn backend(
    node: Node<'_>,
    place: &Place<'_>,
    version: Version,
    report: &mut Report,
) -> Lifted<Backend> {
    let backend = mapping(node, place, report)?;
    let [service, weight] = fields(backend, place, ["service", "weight"], report, no_remark);
    let service = required_text(service, node, &place.key("service"), report);
    let name = service.ok();
    let place = place.key("weight");
    let weight = match weight {
        Some(node) if version == Version::V1alpha1 => quantity(node, &place, name, report),
        Some(node) => whole(node, &place, name, report),
        None => {
            let message = format!("{} is missing, so the split is void", weight_of(name));
            let reported = report.error(Code::InvalidWeight, &place, node, message);
            reported.help("write `weight: 0` for a backend that gets no traffic");
            Err(Void)
        }
    };
    Ok(Backend {
        service: report.or(service, || "")?.to_owned(),
        weight: report.or(weight, || Quantity::from(1))?,
    })
}

fn matches(
    node: Option<Node<'_>>,
    place: &Place<'_>,
    report: &mut Report,
) -> Lifted<Vec<MatchRef>> {
    let Some(node) = node else { return Ok(Vec::new()) };
    let matches = list(node, place, report)?.iter().enumerate().map(|(index, node)| {
        let name = reference(node, &place.index(index), report);
        name.map_or(MatchRef::Unreadable, MatchRef::HttpRouteGroup)
    });
    Ok(matches.collect())
}

fn reference(node: Node<'_>, place: &Place<'_>, report: &mut Report) -> Lifted<String> {
    let reference = mapping(node, place, report)?;
    let known = ["apiGroup", "kind", "name"];
    let [group, kind, name] = fields(reference, place, known, report, no_remark);
    let group_place = place.key("apiGroup");
    let group = optional_text(group, &group_place, report).and_then(|found| match found {
        Some(found) if found != Group::Specs.as_str() => {
            let message = format!(
                "expected `specs.smi-spec.io`, found {}; the reference matches nothing",
                excerpt(&found)
            );
            let node = group.unwrap_or(node);
            report.error(Code::UnknownMatchKind, &group_place, node, message);
            Err(Void)
        }
        _ => Ok(()),
    });
    let kind_place = place.key("kind");
    let kind = required_text(kind, node, &kind_place, report).and_then(|found| {
        if found == "HTTPRouteGroup" {
            return Ok(());
        }
        let message = format!(
            "expected HTTPRouteGroup, found {}; the reference matches nothing",
            excerpt(found)
        );
        report.error(Code::UnknownMatchKind, &kind_place, kind.unwrap_or(node), message);
        Err(Void)
    });
    let name = required_text(name, node, &place.key("name"), report);
    group.and(kind).and(name).map(str::to_owned)
}
