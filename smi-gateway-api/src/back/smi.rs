use std::collections::BTreeMap;

use serde::Serialize;
use smi_policy::{Anchor, Limits, ObjectName, Pattern};

use super::entry::{Entry, Refusal};
use crate::condition::{Condition, HeaderMatch, PathMatch};
use crate::finding::{Level, Verdict};
use crate::migration::World;
use crate::object::{Metadata, Object, Other};
use crate::path::dialect;

#[derive(Serialize)]
struct GroupSpec {
    matches: Vec<Match>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Match {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_regex: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    methods: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers: Vec<BTreeMap<String, String>>,
}

#[derive(Serialize)]
struct SplitSpec {
    service: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    matches: Vec<GroupRef>,
    backends: Vec<Backend>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupRef {
    api_group: &'static str,
    kind: &'static str,
    name: String,
}

#[derive(Serialize)]
struct Backend {
    service: String,
    weight: u64,
}

/// The objects of a service: a split and a group for each run of matches that go to the same
/// backends, in an order that both creation time and name keep.
///
/// # Errors
///
/// The first thing that SMI can't say.
pub(super) fn objects(
    world: &mut World<'_>,
    service: &ObjectName,
    entries: &[Entry],
) -> Result<Vec<Object>, Refusal> {
    let mut objects = Vec::new();
    let runs: Vec<&[Entry]> = entries.chunk_by(|a, b| a.backends == b.backends).collect();
    for (number, run) in runs.iter().enumerate() {
        let Some(first) = run.first() else { continue };
        let is_rest = run.iter().any(|entry| entry.condition == Condition::default());
        let backends = &first.backends;
        let is_apex = matches!(backends.as_slice(), [(name, weight)] if name == service.name() && *weight > 0);
        if is_rest && is_apex {
            // What SMI does by itself.
            continue;
        }
        let origins: Vec<_> = run.iter().map(|entry| entry.origin.clone()).collect();
        let name = match runs.len() {
            1 => service.name().to_owned(),
            _ => format!("{}.{number:03}", service.name()),
        };
        let metadata = || Metadata::new(service.namespace(), name.clone(), &origins);
        let mut matches = Vec::new();
        if !is_rest {
            let of_group = run.iter().enumerate().map(|(index, entry)| one(world, index, entry));
            let spec = GroupSpec { matches: of_group.collect::<Result<_, _>>()? };
            objects.push(object("specs.smi-spec.io/v1alpha4", "HTTPRouteGroup", metadata(), &spec));
            matches.push(GroupRef {
                api_group: "specs.smi-spec.io",
                kind: "HTTPRouteGroup",
                name: name.clone(),
            });
        }
        let backend = |(service, weight): &(String, u64)| Backend {
            service: service.clone(),
            weight: *weight,
        };
        let spec = SplitSpec {
            service: service.name().to_owned(),
            matches,
            backends: backends.iter().map(backend).collect(),
        };
        objects.push(object("split.smi-spec.io/v1alpha4", "TrafficSplit", metadata(), &spec));
    }
    Ok(objects)
}

fn object<S: Serialize>(
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata,
    spec: &S,
) -> Object {
    Object::Other(Other::new(api_version, kind, metadata, serde_json::to_value(spec).ok()))
}

fn one(world: &mut World<'_>, index: usize, entry: &Entry) -> Result<Match, Refusal> {
    let http = world.semantics.http;
    let begin = if http.path_anchor == Anchor::Search { "^" } else { "" };
    let path_regex = match &entry.condition.path {
        PathMatch::Any => None,
        PathMatch::Exact(path) => Some(format!("{begin}{}$", dialect::literal(path))),
        PathMatch::Prefix(path) => Some(format!("{begin}{}(/.*)?$", dialect::literal(path))),
        PathMatch::Regex(regex) => Some(format!("{begin}{}", to_the_end(regex.as_str())?)),
    };
    if path_regex.is_some() {
        let reason = "SMI takes no path that servers may read in several ways (`//`, `..`, `%2f`), \
                      a gateway may";
        let (verdict, level) = (Verdict::Caveat, Level::Info);
        let (origin, field, code) = (&entry.origin, "spec.rules", "unclean-path");
        world.report.add(origin, field, verdict, level, code, reason, None);
    }
    let mut headers = Vec::new();
    for (name, header) in &entry.condition.headers {
        let regex = match header {
            HeaderMatch::Exact(value) => dialect::literal(value),
            HeaderMatch::Regex(regex) => valid(regex.as_str())?.to_owned(),
        };
        let regex = match http.header_anchor {
            Anchor::Full => regex,
            _ => format!("^(?:{regex})$"),
        };
        headers.push(BTreeMap::from([(name.clone(), regex)]));
        let reason = "the Gateway API leaves to implementations how several fields of one name are \
                      matched; SMI joins them";
        let (verdict, level) = (Verdict::Caveat, Level::Info);
        let (origin, field, code) = (&entry.origin, "spec.rules", "repeated-header");
        world.report.add(origin, field, verdict, level, code, reason, None);
    }
    Ok(Match {
        name: format!("match-{index:03}"),
        path_regex,
        methods: entry.condition.method.iter().cloned().collect(),
        headers,
    })
}

fn to_the_end(regex: &str) -> Result<String, Refusal> {
    let regex = valid(regex)?;
    Ok(match regex.ends_with('$') && !dialect::is_alternation(regex) {
        true => regex.to_owned(),
        false => format!("(?:{regex})$"),
    })
}

/// A regular expression that SMI reads.
fn valid(regex: &str) -> Result<&str, Refusal> {
    match Pattern::parse(regex, &Limits::default()) {
        Ok(_) => Ok(regex),
        Err(error) => Err(("spec.rules".to_owned(), "regex", error.to_string())),
    }
}
