use super::fields::{fields, no_remark};
use super::shape::{list, mapping, optional_text, texts};
use super::{Lifted, Source, headers, layout};
use crate::api::Version;
use crate::hub::{HttpMatch, HttpRouteGroup, Meta};
use crate::manifest::Node;
use crate::path::Place;
use crate::problem::Report;

/// Reads an HTTPRouteGroup.
pub(super) fn lift(
    object: Source<'_>,
    meta: Lifted<Meta>,
    report: &mut Report,
) -> Lifted<HttpRouteGroup> {
    let Source { kind, version, root, .. } = object;
    let remark = |field: &str| layout::top_level(kind, version, field);
    let (place, found) = if version <= Version::V1alpha2 {
        let known = ["apiVersion", "kind", "metadata", "matches"];
        let [_, _, _, found] = fields(root, &Place::ROOT, known, report, remark);
        (Place::ROOT, found)
    } else {
        let known = ["apiVersion", "kind", "metadata", "spec"];
        let [_, _, _, spec] = fields(root, &Place::ROOT, known, report, remark);
        let place = Place::ROOT.key("spec");
        let found = match spec {
            None => None,
            Some(spec) => {
                let spec = mapping(spec, &place, report)?;
                let remark = |field: &str| layout::spec(kind, version, field);
                let [found] = fields(spec, &place, ["matches"], report, remark);
                found
            }
        };
        (place, found)
    };
    let place = place.key("matches");
    let matches = match found {
        None => Vec::new(),
        Some(node) => list(node, &place, report)?
            .iter()
            .enumerate()
            .map(|(index, node)| http_match(node, &place.index(index), report).ok())
            .collect(),
    };
    Ok(HttpRouteGroup { meta: meta?, matches })
}

fn http_match(node: Node<'_>, place: &Place<'_>, report: &mut Report) -> Lifted<HttpMatch> {
    let mapping = mapping(node, place, report)?;
    let known = ["name", "pathRegex", "methods", "headers"];
    let [name, path_regex, methods, headers] = fields(mapping, place, known, report, no_remark);
    let name = optional_text(name, &place.key("name"), report);
    let path_regex = optional_text(path_regex, &place.key("pathRegex"), report);
    let methods = texts(methods, &place.key("methods"), report);
    let headers = headers::lift(headers, &place.key("headers"), report);
    Ok(HttpMatch {
        name: report.or(name, || None)?,
        path_regex: report.or(path_regex, || None)?,
        methods: methods?,
        headers: headers?,
    })
}
