//! What a document is: an SMI object, a list, something foreign, or a mistake.

use super::node::{Node, Value};
use super::syntax::excerpt;
use crate::api::{Group, Kind, Version};
use crate::lift::wrong_type;
use crate::path::Place;
use crate::problem::{Code, Report};
use crate::suggest;

/// The group of TrafficMetrics, whose objects are answers of an API server extension.
const METRICS: &str = "metrics.smi-spec.io";

/// What a document is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Class<'d> {
    /// An SMI object of this version; `None` if `apiVersion` is missing.
    Smi(Kind, Option<Version>),
    /// A list: its items, and what they inherit.
    List(Option<Node<'d>>, Option<Inherited<'d>>),
    /// None of SMI's business.
    Foreign,
    /// The report says what is wrong.
    Undecodable,
}

/// What the items of a list of one kind need not repeat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inherited<'d> {
    api_version: &'d str,
    kind: &'d str,
}

/// What a document says that it is, before it is judged.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Claim<'d> {
    api_version: Option<&'d str>,
    kind: Option<&'d str>,
}

impl<'d> Claim<'d> {
    pub(super) fn of(root: Node<'d>, inherited: Option<Inherited<'d>>) -> Self {
        let text = |key| root.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
        Self {
            api_version: text("apiVersion").or(inherited.map(|list| list.api_version)),
            kind: text("kind").or(inherited.map(|list| list.kind)),
        }
    }

    /// The SMI kind that is named, and whether the object is certainly one of it: the group says so,
    /// whatever the version is.
    pub(super) fn smi_kind(self) -> Option<(Kind, bool)> {
        let kind = Kind::parse(self.kind?)?;
        match self.api_version {
            None => Some((kind, false)),
            Some(api_version) => {
                let group = api_version.split_once('/').map_or("", |(group, _)| group);
                let certain = group == kind.group().as_str();
                (certain || group.is_empty() || is_near(group)).then_some((kind, certain))
            }
        }
    }

    /// Whether anything says that the document is one of SMI.
    fn is_ours(self, root: Node<'_>) -> bool {
        let group = self.api_version.and_then(|version| version.split_once('/'));
        group.is_some_and(|(group, _)| is_near(group))
            || self.kind.and_then(Kind::parse).is_some()
            || guess(root).is_some()
    }

    /// Judges the claim.
    pub(super) fn class(self, root: Node<'d>, report: &mut Report) -> Class<'d> {
        let Some(mapping) = root.as_mapping() else {
            return not_an_object(root, report);
        };
        if mapping.is_empty() {
            return Class::Foreign;
        }
        for key in ["apiVersion", "kind"] {
            let wrong = root.get(key).filter(|node| !node.is_null() && node.as_str().is_none());
            if let Some(node) = wrong.filter(|_| self.is_ours(root)) {
                wrong_type(node, &Place::ROOT.key(key), "text", report);
                return Class::Undecodable;
            }
        }
        match self {
            Self { api_version: Some(version), kind: Some(kind) } => {
                both(version, kind, root, report)
            }
            Self { api_version: None, kind: Some(kind) } => kind_only(kind, root, report),
            Self { api_version: Some(version), kind: None } => version_only(version, root, report),
            Self { api_version: None, kind: None } => neither(root, report),
        }
    }
}

/// Whether a text holds the braces of a template.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("${")
}

fn not_an_object<'d>(root: Node<'d>, report: &mut Report) -> Class<'d> {
    let found = match root.value() {
        Value::Sequence(_) => "a list",
        Value::String(_) => "a text",
        _ => "a single value",
    };
    let message = format!("expected an object with `apiVersion` and `kind`, found {found}");
    let reported = report.error(Code::NotAnObject, &Place::ROOT, root, message);
    if matches!(root.value(), Value::Sequence(_)) {
        reported
            .help("separate objects with `---`, or put them into the `items` of a `kind: List`");
    }
    Class::Undecodable
}

fn both<'d>(api_version: &'d str, kind: &'d str, root: Node<'d>, report: &mut Report) -> Class<'d> {
    if (api_version, kind) == ("v1", "List") {
        return Class::List(root.get("items"), None);
    }
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    match Group::parse(group) {
        Some(group) => of_group(group, version, kind, root, report),
        None if group == METRICS => metrics(kind, root, report),
        None if is_template(api_version) || is_template(kind) => template(root, report),
        None if group.is_empty() && Kind::parse(kind).is_some() => {
            no_group(api_version, kind, root, report)
        }
        None if is_near(group) => unknown_group(group, kind, root, report),
        None => Class::Foreign,
    }
}

/// A document of an SMI group.
fn of_group<'d>(
    group: Group,
    version: &'d str,
    kind: &'d str,
    root: Node<'d>,
    report: &mut Report,
) -> Class<'d> {
    let found = Kind::parse(kind);
    if let Some(found) = found.filter(|found| found.group() == group) {
        let known = Version::parse(version).filter(|known| found.versions().contains(known));
        if known.is_some() {
            return Class::Smi(found, known);
        }
        let message = format!("unknown version {}: {}", excerpt(version), has_versions(found));
        let place = Place::ROOT.key("apiVersion");
        report.error(Code::UnknownVersion, &place, field(root, "apiVersion"), message);
        return Class::Undecodable;
    }
    let of_list = kind.strip_suffix("List").and_then(Kind::parse);
    if of_list.is_some_and(|kind| kind.group() == group) {
        let api_version = root.get("apiVersion").and_then(Node::as_str);
        let inherited = api_version.zip(kind.strip_suffix("List"));
        let inherited = inherited.map(|(api_version, kind)| Inherited { api_version, kind });
        return Class::List(root.get("items"), inherited);
    }
    let place = Place::ROOT.key("kind");
    let node = field(root, "kind");
    if let Some(found) = found {
        let message = format!("{kind} is a kind of {}, not of {group}", found.group());
        report
            .error(Code::UnknownKind, &place, node, message)
            .help(format!("write `apiVersion: {}/{version}`", found.group()));
    } else {
        let kinds = Kind::ALL.into_iter().filter(|kind| kind.group() == group).map(Kind::as_str);
        let kinds: Vec<_> = kinds.collect();
        let message = format!("unknown kind {}: {group} has {}", excerpt(kind), and(&kinds));
        let reported = report.error(Code::UnknownKind, &place, node, message);
        if let Some(meant) = suggest::nearest(kind, kinds.iter().copied()) {
            reported.help(format!("did you mean `{meant}`?"));
        }
    }
    Class::Undecodable
}

fn metrics<'d>(kind: &str, root: Node<'d>, report: &mut Report) -> Class<'d> {
    let place = Place::ROOT.key("kind");
    if matches!(kind, "TrafficMetrics" | "TrafficMetricsList") {
        let message = format!("{kind} is an answer of an API server, and nothing that is applied");
        report.warning(Code::NotACustomResource, &place, field(root, "kind"), message);
        return Class::Foreign;
    }
    let kind = excerpt(kind);
    let message =
        format!("unknown kind {kind}: {METRICS} has TrafficMetrics and TrafficMetricsList");
    report.error(Code::UnknownKind, &place, field(root, "kind"), message);
    Class::Undecodable
}

fn template<'d>(root: Node<'d>, report: &mut Report) -> Class<'d> {
    if root.get("kind").and_then(Node::as_str).and_then(Kind::parse).or(guess(root)).is_none() {
        return Class::Foreign;
    }
    let message = "this looks like a template that nobody has rendered";
    let spot = field(root, "apiVersion");
    report.error(Code::UnrenderedTemplate, &Place::ROOT.key("apiVersion"), spot, message);
    Class::Undecodable
}

fn no_group<'d>(version: &str, kind: &str, root: Node<'d>, report: &mut Report) -> Class<'d> {
    let group = Kind::parse(kind).map_or("", |kind| kind.group().as_str());
    let message = format!("{} has no group: {kind} is a kind of {group}", excerpt(version));
    let place = Place::ROOT.key("apiVersion");
    let reported = report.error(Code::UnknownGroup, &place, field(root, "apiVersion"), message);
    if Version::parse(version).is_some() {
        reported.help(format!("write `apiVersion: {group}/{version}`"));
    }
    Class::Undecodable
}

fn unknown_group<'d>(group: &str, kind: &str, root: Node<'d>, report: &mut Report) -> Class<'d> {
    let groups = Group::ALL.map(Group::as_str);
    let message =
        format!("unknown group {}: the groups of SMI are {}", excerpt(group), and(&groups));
    let place = Place::ROOT.key("apiVersion");
    let reported = report.error(Code::UnknownGroup, &place, field(root, "apiVersion"), message);
    let of_kind = Kind::parse(kind).map(|kind| kind.group().as_str());
    if let Some(meant) = of_kind.or_else(|| suggest::nearest(group, groups)) {
        reported.help(format!("did you mean `{meant}`?"));
    }
    Class::Undecodable
}

fn kind_only<'d>(kind: &'d str, root: Node<'d>, report: &mut Report) -> Class<'d> {
    if kind == "List" {
        return Class::List(root.get("items"), None);
    }
    if let Some(kind) = Kind::parse(kind) {
        return Class::Smi(kind, None);
    }
    let place = Place::ROOT.key("apiVersion");
    let meant = match kind.strip_suffix("List").and_then(Kind::parse) {
        Some(kind) => Some(kind),
        None => guess(root),
    };
    let Some(meant) = meant else { return Class::Foreign };
    let message = format!("`apiVersion` is missing, and the fields are those of {meant}");
    let reported = report.error(Code::MissingApiVersion, &place, root, message);
    reported.help(format!("write {}", newest(meant)));
    Class::Undecodable
}

fn version_only<'d>(api_version: &str, root: Node<'d>, report: &mut Report) -> Class<'d> {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let Some(group) = Group::parse(group) else {
        if group == METRICS || is_near(group) {
            return missing_kind(None, root, report);
        }
        return Class::Foreign;
    };
    let guess = guess(root).filter(|kind| kind.group() == group);
    missing_kind(guess, root, report)
}

fn neither<'d>(root: Node<'d>, report: &mut Report) -> Class<'d> {
    match guess(root) {
        Some(kind) => missing_kind(Some(kind), root, report),
        None => Class::Foreign,
    }
}

fn missing_kind<'d>(guess: Option<Kind>, root: Node<'d>, report: &mut Report) -> Class<'d> {
    let place = Place::ROOT.key("kind");
    let message = match guess {
        Some(kind) => format!("`kind` is missing, and the fields are those of {kind}"),
        None => "`kind` is missing".to_owned(),
    };
    let reported = report.error(Code::MissingKind, &place, root, message);
    if let Some(kind) = guess {
        reported.help(format!("write `kind: {kind}` and {}", newest(kind)));
    }
    Class::Undecodable
}

/// The kind that the fields of a document are those of.
fn guess(root: Node<'_>) -> Option<Kind> {
    let body = root.get("spec").filter(|spec| spec.as_mapping().is_some()).unwrap_or(root);
    let has = |key| body.get(key).is_some();
    if has("destination") && (has("sources") || has("rules") || has("specs")) {
        return Some(Kind::TrafficTarget);
    }
    if has("service") && has("backends") {
        return Some(Kind::TrafficSplit);
    }
    let first = body.get("matches").and_then(Node::as_sequence).and_then(|list| list.get(0));
    let route =
        |first: Node<'_>| ["pathRegex", "methods"].iter().any(|key| first.get(key).is_some());
    first.is_some_and(route).then_some(Kind::HttpRouteGroup)
}

/// Whether a group is one of SMI's but for some letters.
fn is_near(group: &str) -> bool {
    const NEAR: usize = 2;
    let groups = Group::ALL.map(Group::as_str);
    group.len() <= 64
        && (group.ends_with("smi-spec.io")
            || groups.iter().any(|known| suggest::distance(group, known) <= NEAR))
}

fn has_versions(kind: Kind) -> String {
    let versions: Vec<_> = kind.versions().iter().map(|version| version.as_str()).collect();
    let group = kind.group();
    let elsewhere = Kind::ALL
        .into_iter()
        .any(|other| other.group() == group && other.versions().len() != kind.versions().len());
    if elsewhere {
        return format!("{kind} has {}", and(&versions));
    }
    format!("{group} has {}", and(&versions))
}

fn newest(kind: Kind) -> String {
    let version = kind.versions().last().copied().unwrap_or(Version::V1alpha4);
    format!("`apiVersion: {}/{version}`", kind.group())
}

fn and(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [word] => (*word).to_owned(),
        [words @ .., last] => format!("{} and {last}", words.join(", ")),
    }
}

/// The node of a field, for its place; the object itself where the field is inherited.
fn field<'d>(root: Node<'d>, key: &str) -> Node<'d> {
    root.get(key).unwrap_or(root)
}
