use super::{Referent, Set};
use crate::api::Kind;
use crate::hub::{HttpRouteGroup, Object, Rule, RuleKind, Subject, TrafficTarget};
use crate::manifest::excerpt;
use crate::problem::Code;
use crate::suggest;
use crate::validate::collect::Findings;
use crate::validate::validator::named;

/// Checks what a TrafficTarget refers to.
pub(super) fn check(set: &Set<'_>, target: &TrafficTarget, findings: &mut Findings<'_>) {
    subject(set, &target.destination, "spec.destination", "the target grants nothing", findings);
    for (index, source) in target.sources.iter().enumerate() {
        let field = format!("spec.sources[{index}]");
        subject(set, source, &field, "the source names nobody", findings);
    }
    for (index, rule) in target.rules.iter().enumerate() {
        let field = format!("spec.rules[{index}]");
        match rule.kind {
            RuleKind::HttpRouteGroup => group(set, rule, &field, findings),
            RuleKind::TcpRoute => route(set, Kind::TcpRoute, rule, &field, findings),
            RuleKind::UdpRoute => route(set, Kind::UdpRoute, rule, &field, findings),
            RuleKind::Unreadable => {}
        }
    }
}

fn subject(
    set: &Set<'_>,
    subject: &Subject,
    field: &str,
    consequence: &str,
    findings: &mut Findings<'_>,
) {
    let Subject::IdentityBinding { namespace, name } = subject else { return };
    let namespace = namespace.as_deref().unwrap_or(findings.namespace());
    let kind = Kind::IdentityBinding;
    if let Some(why) = set.missing(kind, namespace, name) {
        let (message, help) =
            (format!("{why}, so {consequence}"), set.suggestion(kind, namespace, name));
        findings.report(Code::DanglingReference, &format!("{field}.name"), message, help);
    }
}

fn group(set: &Set<'_>, rule: &Rule, field: &str, findings: &mut Findings<'_>) {
    let (kind, namespace) = (Kind::HttpRouteGroup, findings.namespace());
    match set.find(kind, namespace, &rule.name) {
        Referent::Object(Object::HttpRouteGroup(group)) => matches(group, rule, field, findings),
        _ => dangling(set, kind, rule, field, findings),
    }
}

/// Checks the names of matches that a rule selects.
fn matches(group: &HttpRouteGroup, rule: &Rule, field: &str, findings: &mut Findings<'_>) {
    let names: Vec<&str> =
        group.matches.iter().flatten().filter_map(|found| found.name.as_deref()).collect();
    // One that could not be read may have the name.
    let is_whole = group.matches.iter().all(Option::is_some);
    let readable = if is_whole { "" } else { " that could be read" };
    for (index, name) in rule.matches.iter().enumerate() {
        if names.contains(&name.as_str()) {
            continue;
        }
        let owner = named(Kind::HttpRouteGroup, findings.namespace(), &group.meta.name);
        let message =
            format!("{owner} has no match {}{readable}, so none is selected", excerpt(name));
        let help = match suggest::nearest(name, names.iter().copied()) {
            Some(meant) => format!("did you mean {}?", excerpt(meant)),
            None => format!("the group has {}", list(&names)),
        };
        let field = format!("{field}.matches[{index}]");
        findings.report(Code::DanglingReference, &field, message, help);
    }
}

fn list(names: &[&str]) -> String {
    const MOST: usize = 8;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| excerpt(name)).collect();
    match (shown.as_slice(), names.len().saturating_sub(MOST)) {
        ([], _) => "no matches with names".to_owned(),
        (shown, 0) => shown.join(", "),
        (shown, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

fn route(set: &Set<'_>, kind: Kind, rule: &Rule, field: &str, findings: &mut Findings<'_>) {
    if !rule.matches.is_empty() {
        let message = format!("a {kind} has no named matches, so the rule contributes no port");
        let field = format!("{field}.matches");
        findings.report(Code::DanglingReference, &field, message, "drop `matches`");
        return;
    }
    if set.missing(kind, findings.namespace(), &rule.name).is_some() {
        dangling(set, kind, rule, field, findings);
    }
}

fn dangling(set: &Set<'_>, kind: Kind, rule: &Rule, field: &str, findings: &mut Findings<'_>) {
    let namespace = findings.namespace();
    let Some(why) = set.missing(kind, namespace, &rule.name) else { return };
    let message = format!("{why}, so the rule adds nothing");
    let help = set.suggestion(kind, namespace, &rule.name);
    findings.report(Code::DanglingReference, &format!("{field}.name"), message, help);
}
