//! Documents as lines of text, short enough to be compared by eye.

use std::fmt::Write;

use smi_types::Manifest;
use smi_types::hub::{
    HttpMatch, IdentityBinding, LabelSelector, MatchRef, Object, PortCondition, Ports, Rule,
    RuleKind, Subject,
};
use smi_types::manifest::{Content, Document};

/// One line for each document, and one for each of its problems.
pub(crate) fn manifest(manifest: &Manifest) -> String {
    let mut outline = String::new();
    for document in manifest.documents() {
        let number = match document.item() {
            Some(item) => format!("{}.items[{item}]", document.number()),
            None => document.number().to_string(),
        };
        let _ = writeln!(outline, "{number}: {}", content(document));
        for problem in document.problems() {
            let _ = write!(outline, "  {}[{}]: ", problem.severity(), problem.code());
            if let Some(location) = problem.location() {
                let _ = write!(outline, "{}:{}: ", location.line, location.column);
            }
            if !problem.path().is_root() {
                let _ = write!(outline, "{}: ", problem.path());
            }
            let _ = writeln!(outline, "{}", problem.message());
            if let Some(help) = problem.help() {
                let _ = writeln!(outline, "    help: {help}");
            }
        }
    }
    outline
}

fn content(document: &Document) -> String {
    match document.content() {
        Content::Foreign => "foreign".to_owned(),
        Content::Undecodable => match (document.key(), document.kind()) {
            (Some(key), _) => format!("undecodable {key}"),
            (None, Some(kind)) => format!("undecodable, perhaps a {kind}"),
            (None, None) => "undecodable".to_owned(),
        },
        Content::Smi(object) => {
            let meta = object.meta();
            let namespace = meta.namespace.as_ref().map_or(String::new(), |ns| format!("{ns}/"));
            let created = meta.creation_timestamp.as_ref();
            let created = created.map_or(String::new(), |time| format!(" created {time}"));
            let (kind, version) = (object.kind(), meta.version);
            format!("{kind} {version} {namespace}{}{created}: {}", meta.name, body(object))
        }
    }
}

fn body(object: &Object) -> String {
    match object {
        Object::TrafficTarget(target) => {
            let port = match target.port {
                PortCondition::Any => String::new(),
                PortCondition::Only(port) => format!(":{port}"),
                PortCondition::Unreadable => ":?".to_owned(),
            };
            let destination = subject(&target.destination);
            let sources = list(&target.sources, subject);
            format!("to {destination}{port} from {sources} rules {}", list(&target.rules, rule))
        }
        Object::IdentityBinding(binding) => identity_binding(binding),
        Object::HttpRouteGroup(group) => list(&group.matches, http_match),
        Object::TcpRoute(route) | Object::UdpRoute(route) => match &route.ports {
            Ports::All => "all ports".to_owned(),
            Ports::Only(ports) => format!("{ports:?}"),
            Ports::Unreadable => "?".to_owned(),
        },
        Object::TrafficSplit(split) => {
            let backends =
                list(&split.backends, |backend| format!("{} {}", backend.service, backend.weight));
            let matches = list(&split.matches, |reference| match reference {
                MatchRef::HttpRouteGroup(name) => name.clone(),
                MatchRef::Unreadable => "?".to_owned(),
            });
            format!("{} {backends} matches {matches}", split.service)
        }
    }
}

fn subject(subject: &Subject) -> String {
    let (mark, namespace, name) = match subject {
        Subject::ServiceAccount { namespace, name } => ("", namespace, name),
        Subject::IdentityBinding { namespace, name } => ("binding ", namespace, name),
        Subject::Unreadable => return "?".to_owned(),
    };
    let namespace = namespace.as_ref().map_or(String::new(), |namespace| format!("{namespace}/"));
    format!("{mark}{namespace}{name}")
}

fn rule(rule: &Rule) -> String {
    let kind = match rule.kind {
        RuleKind::HttpRouteGroup => "http",
        RuleKind::TcpRoute => "tcp",
        RuleKind::UdpRoute => "udp",
        RuleKind::Unreadable => return "?".to_owned(),
    };
    format!("{kind} {}{}", rule.name, list(&rule.matches, String::clone))
}

fn http_match(http_match: &Option<HttpMatch>) -> String {
    let Some(HttpMatch { name, path_regex, methods, headers }) = http_match else {
        return "?".to_owned();
    };
    let path = path_regex.as_ref().map_or(String::new(), |path| format!(" path {path:?}"));
    let methods = if methods.is_empty() { String::new() } else { format!(" {methods:?}") };
    let headers = if headers.is_empty() { String::new() } else { format!(" {headers:?}") };
    format!("{}{path}{methods}{headers}", name.as_deref().unwrap_or("-"))
}

fn identity_binding(binding: &IdentityBinding) -> String {
    let account =
        binding.service_account.as_ref().map_or(String::new(), |name| format!("sa {name} "));
    let ids = list(&binding.spiffe_identities, String::clone);
    let labels = binding.pod_label_selector.as_ref().map_or(String::new(), |selector| {
        let LabelSelector { match_labels, match_expressions } = selector;
        let expressions = list(match_expressions, |expression| {
            format!("{} {} {:?}", expression.key, expression.operator, expression.values)
        });
        format!(" labels {match_labels:?} {expressions}")
    });
    format!("{account}spiffe {ids}{labels}")
}

fn list<T>(entries: &[T], print: impl Fn(&T) -> String) -> String {
    format!("[{}]", entries.iter().map(print).collect::<Vec<_>>().join(", "))
}
