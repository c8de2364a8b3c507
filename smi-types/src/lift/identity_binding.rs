use std::collections::BTreeMap;

use super::fields::{fields, no_remark};
use super::shape::{list, mapping, optional_text, required_text, text, texts};
use super::{Lifted, Source, layout};
use crate::hub::{IdentityBinding, LabelRequirement, LabelSelector, Meta};
use crate::manifest::Node;
use crate::path::Place;
use crate::problem::Report;

/// Reads an IdentityBinding.
pub(super) fn lift(
    object: Source<'_>,
    meta: Lifted<Meta>,
    report: &mut Report,
) -> Lifted<IdentityBinding> {
    let Source { kind, version, root, .. } = object;
    let remark = |field: &str| layout::top_level(kind, version, field);
    let known = ["apiVersion", "kind", "metadata", "spec"];
    let [_, _, _, spec] = fields(root, &Place::ROOT, known, report, remark);
    let place = Place::ROOT.key("spec");
    let mut schemes = None;
    if let Some(node) = spec {
        let spec = mapping(node, &place, report)?;
        let remark = |field: &str| layout::spec(kind, version, field);
        [schemes] = fields(spec, &place, ["schemes"], report, remark);
    }
    let place = place.key("schemes");
    let mut found = [None; 3];
    if let Some(node) = schemes {
        let schemes = mapping(node, &place, report)?;
        let known = ["serviceAccount", "spiffeIdentities", "podLabelSelector"];
        found = fields(schemes, &place, known, report, no_remark);
    }
    let [account, identities, labels] = found;
    let account = optional_text(account, &place.key("serviceAccount"), report);
    let identities = texts(identities, &place.key("spiffeIdentities"), report);
    let place = place.key("podLabelSelector");
    let labels = labels.map(|node| selector(node, &place, report)).transpose();
    Ok(IdentityBinding {
        meta: meta?,
        service_account: report.or(account, || None)?,
        spiffe_identities: identities?,
        pod_label_selector: report.or(labels, || None)?,
    })
}

fn selector(node: Node<'_>, place: &Place<'_>, report: &mut Report) -> Lifted<LabelSelector> {
    let selector = mapping(node, place, report)?;
    let known = ["matchLabels", "matchExpressions"];
    let [labels, expressions] = fields(selector, place, known, report, no_remark);
    let labels = match_labels(labels, &place.key("matchLabels"), report);
    let expressions = match_expressions(expressions, &place.key("matchExpressions"), report);
    Ok(LabelSelector { match_labels: labels?, match_expressions: expressions? })
}

fn match_labels(
    node: Option<Node<'_>>,
    place: &Place<'_>,
    report: &mut Report,
) -> Lifted<BTreeMap<String, String>> {
    let Some(node) = node else { return Ok(BTreeMap::new()) };
    let mut labels = Ok(BTreeMap::new());
    for (key, value) in mapping(node, place, report)?.iter() {
        match (text(value, &place.key(key), report), &mut labels) {
            (Ok(value), Ok(labels)) => drop(labels.insert(key.to_owned(), value.to_owned())),
            (Ok(_), Err(_)) => {}
            (Err(void), _) => labels = Err(void),
        }
    }
    labels
}

fn match_expressions(
    node: Option<Node<'_>>,
    place: &Place<'_>,
    report: &mut Report,
) -> Lifted<Vec<LabelRequirement>> {
    let Some(node) = node else { return Ok(Vec::new()) };
    let list = list(node, place, report)?;
    let expressions: Vec<_> = list
        .iter()
        .enumerate()
        .map(|(index, node)| requirement(node, &place.index(index), report))
        .collect();
    expressions.into_iter().collect()
}

fn requirement(node: Node<'_>, place: &Place<'_>, report: &mut Report) -> Lifted<LabelRequirement> {
    let requirement = mapping(node, place, report)?;
    let known = ["key", "operator", "values"];
    let [key, operator, values] = fields(requirement, place, known, report, no_remark);
    let key = required_text(key, node, &place.key("key"), report).map(str::to_owned);
    let operator = required_text(operator, node, &place.key("operator"), report);
    let values = texts(values, &place.key("values"), report);
    Ok(LabelRequirement { key: key?, operator: operator?.to_owned(), values: values? })
}
