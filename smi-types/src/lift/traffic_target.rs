use super::fields::{fields, no_remark};
use super::preserved::Annotation;
use super::shape::{list, mapping, required_text, texts};
use super::subject::{self, Side};
use super::{Lifted, Source, Void, layout, number};
use crate::api::Version;
use crate::convert::preserved::{Spot, SubjectField};
use crate::hub::{Meta, PortCondition, Rule, RuleKind, Subject, TrafficTarget};
use crate::manifest::{Node, excerpt};
use crate::path::Place;
use crate::problem::{Code, Report};
use crate::suggest;

const RULE_KINDS: [(&str, RuleKind); 3] = [
    ("HTTPRouteGroup", RuleKind::HttpRouteGroup),
    ("TCPRoute", RuleKind::TcpRoute),
    ("UDPRoute", RuleKind::UdpRoute),
];

/// Reads a TrafficTarget.
pub(super) fn lift(
    object: Source<'_>,
    meta: Lifted<Meta>,
    kept: Option<&Annotation<'_>>,
    report: &mut Report,
) -> Lifted<TrafficTarget> {
    let mut target = as_written(object, meta, kept, report)?;
    if let Some(annotation) = kept {
        restore(&mut target, annotation, object.version, report);
    }
    Ok(target)
}

/// Puts back what the annotation keeps.
fn restore(
    target: &mut TrafficTarget,
    annotation: &Annotation<'_>,
    version: Version,
    report: &mut Report,
) {
    for (spot, kept) in annotation.fields() {
        let version = kept.read_in.unwrap_or(version);
        match spot {
            Spot::Destination => {
                let lift = |node: Node<'_>, place: &Place<'_>, report: &mut Report| {
                    subject::lift(node, place, Side::Destination, version, report)
                };
                (target.destination, target.port) = annotation.lift(&kept.value, report, lift);
            }
            Spot::DestinationField(SubjectField::Port) => {
                target.port = annotation.lift(&kept.value, report, number::port);
            }
            Spot::Source(index) => {
                let lift = |node: Node<'_>, place: &Place<'_>, report: &mut Report| {
                    subject::lift(node, place, Side::Source, version, report).0
                };
                let source = annotation.lift(&kept.value, report, lift);
                target.sources.insert(index.min(target.sources.len()), source);
            }
            Spot::Rule(index) => {
                let lift = |node: Node<'_>, place: &Place<'_>, report: &mut Report| {
                    rule(node, place, version, report).unwrap_or_else(|Void| unreadable_rule())
                };
                let rule = annotation.lift(&kept.value, report, lift);
                target.rules.insert(index.min(target.rules.len()), rule);
            }
            // An empty group and the port of a source restrict nothing.
            _ => {}
        }
    }
}

fn as_written(
    object: Source<'_>,
    meta: Lifted<Meta>,
    kept: Option<&Annotation<'_>>,
    report: &mut Report,
) -> Lifted<TrafficTarget> {
    let Source { kind, version, node: parent, root } = object;
    let remark = |field: &str| layout::top_level(kind, version, field);
    if version == Version::V1alpha1 {
        let known = ["apiVersion", "kind", "metadata", "destination", "specs", "sources"];
        let [_, _, _, destination, rules, sources] =
            fields(root, &Place::ROOT, known, report, remark);
        let body = Body { place: Place::ROOT, parent, destination, rules, sources };
        return body.lift("specs", version, meta, kept, report);
    }
    let known = ["apiVersion", "kind", "metadata", "spec"];
    let [_, _, _, spec] = fields(root, &Place::ROOT, known, report, remark);
    let place = Place::ROOT.key("spec");
    let mut body = Body { place, parent, destination: None, rules: None, sources: None };
    if let Some(node) = spec {
        let spec = mapping(node, &place, report)?;
        let remark = |field: &str| layout::spec(kind, version, field);
        let known = ["destination", "rules", "sources"];
        let [destination, rules, sources] = fields(spec, &place, known, report, remark);
        body = Body { place, parent: node, destination, rules, sources };
    }
    body.lift("rules", version, meta, kept, report)
}

/// The fields of a TrafficTarget, wherever they stand.
struct Body<'d, 'p> {
    place: Place<'p>,
    parent: Node<'d>,
    destination: Option<Node<'d>>,
    rules: Option<Node<'d>>,
    sources: Option<Node<'d>>,
}

impl Body<'_, '_> {
    fn lift(
        self,
        rules: &'static str,
        version: Version,
        meta: Lifted<Meta>,
        kept: Option<&Annotation<'_>>,
        report: &mut Report,
    ) -> Lifted<TrafficTarget> {
        let (destination, port) = self.destination(version, kept, report);
        let sources = self.sources(version, report);
        let rules = self.rules(rules, version, report);
        let sources = report.or(sources, Vec::new)?;
        let rules = report.or(rules, Vec::new)?;
        Ok(TrafficTarget { meta: meta?, destination, port, sources, rules })
    }

    fn destination(
        &self,
        version: Version,
        kept: Option<&Annotation<'_>>,
        report: &mut Report,
    ) -> (Subject, PortCondition) {
        let is_kept = |annotation: &Annotation<'_>| {
            annotation.fields().any(|(spot, _)| spot == Spot::Destination)
        };
        if kept.is_some_and(is_kept) {
            // What stands here is a placeholder, and no problem.
            return (Subject::Unreadable, PortCondition::Any);
        }
        let place = self.place.key("destination");
        let Some(node) = self.destination else {
            let message = "the destination is missing; the target grants nothing";
            report.error(Code::MissingField, &place, self.parent, message);
            return (Subject::Unreadable, PortCondition::Any);
        };
        subject::lift(node, &place, Side::Destination, version, report)
    }

    fn sources(&self, version: Version, report: &mut Report) -> Lifted<Vec<Subject>> {
        let Some(node) = self.sources else { return Ok(Vec::new()) };
        let place = self.place.key("sources");
        let sources = list(node, &place, report)?.iter().enumerate().map(|(index, source)| {
            subject::lift(source, &place.index(index), Side::Source, version, report).0
        });
        Ok(sources.collect())
    }

    fn rules(&self, key: &str, version: Version, report: &mut Report) -> Lifted<Vec<Rule>> {
        let Some(node) = self.rules else { return Ok(Vec::new()) };
        let place = self.place.key(key);
        let rules = list(node, &place, report)?.iter().enumerate().map(|(index, node)| {
            let rule = rule(node, &place.index(index), version, report);
            rule.unwrap_or_else(|Void| unreadable_rule())
        });
        Ok(rules.collect())
    }
}

fn unreadable_rule() -> Rule {
    Rule { kind: RuleKind::Unreadable, name: String::new(), matches: Vec::new() }
}

fn rule(node: Node<'_>, place: &Place<'_>, version: Version, report: &mut Report) -> Lifted<Rule> {
    let mapping = mapping(node, place, report)?;
    let known = ["kind", "name", "matches"];
    let [kind, name, matches] = fields(mapping, place, known, report, no_remark);
    let kind = required_text(kind, node, &place.key("kind"), report)
        .and_then(|kind| rule_kind(kind, version, node, place, report));
    let name = required_text(name, node, &place.key("name"), report).map(str::to_owned);
    let matches = texts(matches, &place.key("matches"), report);
    Ok(Rule {
        kind: report.or(kind, || RuleKind::Unreadable)?,
        name: report.or(name, String::new)?,
        matches: matches?,
    })
}

fn rule_kind(
    kind: &str,
    version: Version,
    rule: Node<'_>,
    place: &Place<'_>,
    report: &mut Report,
) -> Lifted<RuleKind> {
    let known = RULE_KINDS.iter().find(|(name, _)| *name == kind).map(|(_, kind)| *kind);
    let message = match known {
        Some(RuleKind::UdpRoute) if version < Version::V1alpha3 => {
            format!(
                "a UDPRoute is a rule since v1alpha3, not in {version}; the target grants nothing"
            )
        }
        Some(known) => return Ok(known),
        None => format!(
            "expected HTTPRouteGroup, TCPRoute or UDPRoute, found {}; the target grants nothing",
            excerpt(kind)
        ),
    };
    let node = rule.get("kind").unwrap_or(rule);
    let reported = report.error(Code::UnknownRuleKind, &place.key("kind"), node, message);
    if let (None, Some(meant)) = (known, suggest::nearest(kind, RULE_KINDS.map(|(name, _)| name))) {
        reported.help(format!("did you mean `{meant}`?"));
    }
    Err(Void)
}
