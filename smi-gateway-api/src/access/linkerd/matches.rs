use std::collections::BTreeMap;

use smi_policy::{HttpMatch, HttpSemantics, ObjectName, PathMode, PathShape, RepeatedHeaders};

use crate::access::grant::Grant;
use crate::access::headers::Refusal;
use crate::access::{Memo, match_name, narrowed_path};
use crate::condition::{Condition, Distinct, HeaderMatch, PathMatch, Regex};
use crate::migration::World;
use crate::path::{PathPattern, Tail, dialect};
use crate::route::matches::{METHODS, header, is_valid_header_name, is_valid_path};

/// The longest path and header value that Linkerd's definitions let pass.
const LONGEST_PATH: usize = 1024;

/// The conditions of a target that can be said, none wider than SMI's.
pub(super) fn translate(
    world: &mut World<'_>,
    known: &mut Memo<Paths>,
    grant: &Grant,
    selected: &[(ObjectName, HttpMatch)],
) -> Vec<Condition> {
    let mut conditions = Distinct::default();
    for (group, http_match) in selected {
        let place = format!("match `{group}#{}`", match_name(http_match));
        match of_match(http_match, &world.semantics.http, known) {
            Ok(translated) => {
                if !translated.is_exact {
                    narrowed_path(world, &grant.origin, &place);
                }
                for method in translated.refused {
                    let reason = format!("{place}: Linkerd has no method `{method}`");
                    let by_hand = Some("there is none");
                    let (origin, field) = (&grant.origin, "spec.rules");
                    world.report.refused(origin, field, "unknown-method", reason, by_hand);
                }
                translated.conditions.into_iter().for_each(|own| conditions.insert(own));
            }
            Err((field, code, reason)) => {
                let reason = format!("{place}, {field}: {reason}");
                let by_hand = match code {
                    "repeated-header" => {
                        "if no server behind cares about repeated fields, migrate with repeated \
                         headers read one by one"
                    }
                    _ => "write the condition so that the mesh can say it",
                };
                let origin = &grant.origin;
                world.report.refused(origin, "spec.rules", code, reason, Some(by_hand));
            }
        }
    }
    conditions.into_vec()
}

/// What an expression became, or why nothing.
pub(super) type Paths = Result<(Vec<PathMatch>, bool), (&'static str, &'static str)>;

struct Translated {
    conditions: Vec<Condition>,
    is_exact: bool,
    /// Methods that can't be said.
    refused: Vec<String>,
}

fn of_match(
    http_match: &HttpMatch,
    http: &HttpSemantics,
    known: &mut Memo<Paths>,
) -> Result<Translated, Refusal> {
    let (paths, is_exact) = match http_match.path_regex.as_deref().filter(|text| !text.is_empty()) {
        None => (vec![PathMatch::Any], true),
        Some(text) => known
            .get(text, || paths(text, http))
            .map_err(|(code, reason)| ("pathRegex".to_owned(), code, reason))?,
    };
    let headers = headers(http_match, http)?;
    let listed = &http_match.methods;
    let mut refused = Vec::new();
    let mut methods = Vec::new();
    if listed.is_empty() || listed.iter().any(|method| method == "*") {
        methods.push(None);
    } else {
        for method in listed {
            match METHODS.contains(&method.as_str()) {
                true => methods.push(Some(method.clone())),
                false => refused.push(method.escape_debug().to_string()),
            }
        }
    }
    let mut conditions = Vec::new();
    for path in paths {
        let condition = |method: &Option<String>| Condition {
            path: path.clone(),
            method: method.clone(),
            headers: headers.clone(),
        };
        conditions.extend(methods.iter().map(condition));
    }
    Ok(Translated { conditions, is_exact, refused })
}

/// The paths, and whether they are all that SMI lets pass.
fn paths(text: &str, http: &HttpSemantics) -> Paths {
    let complex = ("too-complex", "the expression is too complex to be analysed");
    let pattern = PathPattern::new(text, http).map_err(|_| complex)?.ok_or(complex)?;
    if pattern.shape == PathShape::Nothing {
        return Err(("matches-nothing", "no path matches it"));
    }
    // Prefixes let paths pass that servers read in several ways.
    let is_normal = http.path_mode == PathMode::AsIs && !pattern.is_utf8;
    let simple = |shape: &PathShape| match shape {
        PathShape::Exact(path) if is_valid_path(path) => Some(PathMatch::Exact(path.clone())),
        PathShape::SegmentPrefix(prefix) if is_normal && is_valid_path(prefix) => {
            Some(PathMatch::Prefix(prefix.clone()))
        }
        _ => None,
    };
    let alone = simple(&pattern.shape).map(|path| vec![path]);
    let paths = alone.or_else(|| pattern.alternatives()?.iter().map(simple).collect());
    if let Some(paths) = paths {
        return Ok((paths, true));
    }
    let clean = pattern.clean_regex(Tail::Nothing).ok_or((
        "unclean-path",
        "the expression can't be kept to paths that every server reads the same way",
    ))?;
    let regex = dialect::anchored(&clean.text);
    if regex.chars().count() > LONGEST_PATH {
        return Err((
            "too-long",
            "kept to unambiguous paths, the expression takes too many characters",
        ));
    }
    Ok((vec![PathMatch::Regex(Regex::new(regex))], clean.is_exact))
}

fn headers(
    http_match: &HttpMatch,
    http: &HttpSemantics,
) -> Result<BTreeMap<String, HeaderMatch>, Refusal> {
    let mut headers = BTreeMap::new();
    for (name, regex) in &http_match.headers {
        let name = name.to_ascii_lowercase();
        let refused = |code, reason| (format!("headers.{name}"), code, reason);
        if name == "host" || name.starts_with(':') {
            return Err(refused("authority", "the mesh has no condition on the authority as sent"));
        }
        if !is_valid_header_name(&name) {
            return Err(refused("header-name", "this is no name of a header"));
        }
        if http.repeated_headers != RepeatedHeaders::Any {
            return Err(refused(
                "repeated-header",
                "Linkerd lets pass if any field of this name matches, SMI looks at all of them \
                 joined",
            ));
        }
        let header = header(regex, http)
            .ok_or(refused("too-complex", "the expression is too long or too complex"))?;
        let is_foreign = match &header {
            HeaderMatch::Exact(_) => false,
            HeaderMatch::Regex(regex) => dialect::portable(regex.as_str()).is_none(),
        };
        if is_foreign {
            return Err(refused("dialect", "Linkerd would read the expression differently"));
        }
        headers.insert(name, header);
    }
    Ok(headers)
}
