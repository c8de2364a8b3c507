//! From a match of an HTTPRouteGroup to conditions of a route.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use smi_policy::{HttpMatch, HttpSemantics, Language, Limits, PathMode, PathShape, Pattern};

use crate::condition::{Condition, HeaderMatch, PathMatch, Regex};
use crate::finding::{Level, Origin, Report, Verdict};
use crate::path::{PathPattern, dialect, language_of, limits};

/// The methods that HTTPRouteMatch has.
pub(crate) const METHODS: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
const LONGEST_PATH: usize = 1024;
const LONGEST_HEADER_NAME: usize = 256;
const LONGEST_HEADER_VALUE: usize = 4096;
const MOST_HEADERS: usize = 16;

/// What one match became.
pub(crate) struct Translated {
    /// OR-ed; empty if nothing is left.
    pub(crate) conditions: Vec<Condition>,
    /// The worst of its findings.
    pub(crate) verdict: Verdict,
}

/// Translates a usable match, which stands at `place` in `group`.
pub(crate) fn translate(
    http_match: &HttpMatch,
    http: &HttpSemantics,
    group: &Origin,
    place: usize,
    report: &mut Report,
) -> Translated {
    let field = format!("spec.matches[{place}]");
    let mut findings = Findings { report, group, field, worst: Verdict::Exact };
    let paths = paths(http_match, http, &mut findings);
    let methods = methods(http_match, &mut findings);
    let headers = headers(http_match, http, &mut findings);
    let mut conditions = Vec::new();
    if let Some(headers) = headers {
        for path in paths {
            for method in &methods {
                let (method, headers) = (method.clone(), headers.clone());
                conditions.push(Condition { path: path.clone(), method, headers });
            }
        }
    }
    Translated { conditions, verdict: findings.worst }
}

struct Findings<'r> {
    report: &'r mut Report,
    group: &'r Origin,
    field: String,
    worst: Verdict,
}

impl Findings<'_> {
    fn add(
        &mut self,
        field: &str,
        verdict: Verdict,
        level: Level,
        code: &'static str,
        reason: impl Into<String>,
        by_hand: Option<&str>,
    ) {
        self.worst = self.worst.max(verdict);
        let field = format!("{}.{field}", self.field);
        self.report.add(self.group, field, verdict, level, code, reason, by_hand);
    }

    fn exact(&mut self, field: &str, reason: impl Into<String>) {
        self.add(field, Verdict::Exact, Level::Info, "exact", reason, None);
    }

    fn refused(
        &mut self,
        field: &str,
        code: &'static str,
        reason: impl Into<String>,
        by_hand: &str,
    ) {
        self.add(field, Verdict::NotExpressible, Level::Error, code, reason, Some(by_hand));
    }
}

fn paths(
    http_match: &HttpMatch,
    http: &HttpSemantics,
    findings: &mut Findings<'_>,
) -> Vec<PathMatch> {
    const FIELD: &str = "pathRegex";
    let Some(text) = http_match.path_regex.as_deref().filter(|text| !text.is_empty()) else {
        return vec![PathMatch::Any];
    };
    let pattern = match PathPattern::new(text, http) {
        Ok(Some(pattern)) => pattern,
        Ok(None) => return Vec::new(),
        Err(error) => {
            let reason = format!("{error}, so that nobody can say what it means to a gateway");
            findings.refused(FIELD, "too-complex", reason, "write a simpler expression");
            return Vec::new();
        }
    };
    if pattern.shape == PathShape::Nothing {
        findings.exact(FIELD, "no path matches it, here or there");
        return Vec::new();
    }
    let simple = simple(&pattern.shape).map(|path| vec![path]).or_else(|| {
        let shapes = pattern.alternatives()?;
        shapes.iter().map(simple).collect()
    });
    if let Some(paths) = simple {
        let is_always_exact = pattern.is_unconstrained
            || paths.iter().all(|path| matches!(path, PathMatch::Exact(_)));
        let names: Vec<String> = paths.iter().map(describe).collect();
        let names = names.join(", ");
        match http.path_mode {
            PathMode::AsIs if !pattern.is_utf8 => findings.exact(FIELD, names),
            PathMode::Strict if is_always_exact && !pattern.is_utf8 => {
                findings.exact(FIELD, names);
            }
            _ => {
                let reason = format!(
                    "{names}; SMI takes no path that servers may read in several ways (`//`, \
                     `..`, `%2f`), a gateway may"
                );
                let by_hand = "let the mesh normalise or refuse such paths";
                let (verdict, level) = (Verdict::Caveat, Level::Info);
                findings.add(FIELD, verdict, level, "unclean-path", reason, Some(by_hand));
            }
        }
        return paths;
    }
    let Some((regex, is_portable)) = pattern.whole_regex() else {
        let reason = "nobody can say what it means to a gateway";
        findings.refused(FIELD, "too-complex", reason, "write a simpler expression");
        return Vec::new();
    };
    let regex = if is_portable { dialect::anchored(&regex) } else { regex };
    if regex.chars().count() > LONGEST_PATH {
        let reason = format!("the expression takes more than {LONGEST_PATH} characters");
        findings.refused(FIELD, "too-long", reason, "split the match into several");
        return Vec::new();
    }
    let dialect = if is_portable { "" } else { ", and this one is read differently by some" };
    let reason = format!(
        "RegularExpression `{regex}`; the Gateway API leaves to implementations how expressions \
         are written{dialect}, and whether they come before prefixes"
    );
    let by_hand = "see how your mesh orders regular expressions and prefixes";
    let level = if is_portable { Level::Info } else { Level::Warning };
    findings.add(FIELD, Verdict::Caveat, level, "implementation-specific", reason, Some(by_hand));
    vec![PathMatch::Regex(Regex::new(regex))]
}

/// A path that needs no regular expression, and that the Gateway API's validation lets pass.
fn simple(shape: &PathShape) -> Option<PathMatch> {
    let path = PathMatch::of_shape(shape)?;
    match &path {
        PathMatch::Exact(text) | PathMatch::Prefix(text) => is_valid_path(text).then_some(path),
        _ => Some(path),
    }
}

/// Whether Exact and PathPrefix may have this value.
///
/// Source: the validation rules of HTTPPathMatch.
pub(crate) fn is_valid_path(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-/._~!$&'()*+,;=:@".contains(&byte);
    let lower = path.to_ascii_lowercase();
    let mut bytes = path.bytes();
    let mut well_formed = true;
    while let Some(byte) = bytes.next() {
        let is_hex = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
        well_formed &=
            is_plain(byte) || byte == b'%' && is_hex(bytes.next()) && is_hex(bytes.next());
    }
    well_formed
        && path.starts_with('/')
        && path.len() <= LONGEST_PATH
        && !["//", "/./", "/../", "%2f"].iter().any(|part| lower.contains(part))
        && !lower.ends_with("/..")
        && !lower.ends_with("/.")
}

fn describe(path: &PathMatch) -> String {
    match path {
        PathMatch::Any => "every path".to_owned(),
        PathMatch::Exact(path) => format!("Exact `{path}`"),
        PathMatch::Prefix(path) => format!("PathPrefix `{path}`"),
        PathMatch::Regex(regex) => format!("RegularExpression `{regex}`"),
    }
}

/// The methods, one for each match; empty if none can be said.
fn methods(http_match: &HttpMatch, findings: &mut Findings<'_>) -> Vec<Option<String>> {
    let listed = &http_match.methods;
    if listed.is_empty() || listed.iter().any(|method| method == "*") {
        return vec![None];
    }
    let mut methods = Vec::new();
    for (index, method) in listed.iter().enumerate() {
        if METHODS.contains(&method.as_str()) {
            if !methods.contains(&Some(method.clone())) {
                methods.push(Some(method.clone()));
            }
        } else {
            let reason = format!("an HTTPRoute has no method `{}`", method.escape_debug());
            let by_hand = "route these requests by another condition";
            findings.refused(&format!("methods[{index}]"), "unknown-method", reason, by_hand);
        }
    }
    if listed.len() > 1 && !methods.is_empty() {
        findings.exact("methods", format!("{} matches, one for each method", methods.len()));
    } else if !methods.is_empty() {
        findings.exact("methods", "the same method");
    }
    methods
}

/// The headers; `None` if one can't be said.
fn headers(
    http_match: &HttpMatch,
    http: &HttpSemantics,
    findings: &mut Findings<'_>,
) -> Option<BTreeMap<String, HeaderMatch>> {
    let mut headers = BTreeMap::new();
    let mut is_sayable = true;
    if http_match.headers.len() > MOST_HEADERS {
        let reason = format!("a match has at most {MOST_HEADERS} headers");
        findings.refused("headers", "too-many-headers", reason, "test fewer headers");
        return None;
    }
    for (name, value) in &http_match.headers {
        let name = name.to_ascii_lowercase();
        let field = format!("headers.{name}");
        if name == "host" || name.starts_with(':') {
            let reason = "routes of a mesh have no condition on the authority";
            findings.refused(&field, "authority", reason, "route by another header");
            is_sayable = false;
            continue;
        }
        if !is_valid_header_name(&name) {
            let reason = "this is no name of a header";
            findings.refused(&field, "header-name", reason, "correct the name");
            is_sayable = false;
            continue;
        }
        match header(value, http) {
            Some(header) => {
                let what = match &header {
                    HeaderMatch::Exact(value) => format!("Exact `{value}`"),
                    HeaderMatch::Regex(regex) => format!("RegularExpression `{regex}`"),
                };
                let (code, more) = match &header {
                    HeaderMatch::Exact(_) => ("repeated-header", ""),
                    HeaderMatch::Regex(_) => {
                        ("implementation-specific", ", and how expressions are written")
                    }
                };
                let reason = format!(
                    "{what}; the Gateway API leaves to implementations how several fields of one \
                     name are matched{more}"
                );
                findings.add(&field, Verdict::Caveat, Level::Info, code, reason, None);
                headers.insert(name, header);
            }
            None => {
                let reason = format!(
                    "the expression takes more than {LONGEST_HEADER_VALUE} characters or is too \
                     complex"
                );
                findings.refused(&field, "too-long", reason, "write a simpler expression");
                is_sayable = false;
            }
        }
    }
    is_sayable.then_some(headers)
}

pub(crate) fn is_valid_header_name(name: &str) -> bool {
    (1..=LONGEST_HEADER_NAME).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

pub(crate) fn header(text: &str, http: &HttpSemantics) -> Option<HeaderMatch> {
    let limits = limits();
    let pattern = Pattern::parse(text, &Limits::default()).ok()?;
    let values = header_values();
    let language = pattern.language(http.header_anchor, &limits).ok()?;
    let language = language.intersection(values, &limits).ok()?;
    let only = language.only_member().and_then(|value| String::from_utf8(value).ok());
    if let Some(value) = only.filter(|value| !value.is_empty() && value.trim() == value) {
        return (value.len() <= LONGEST_HEADER_VALUE).then_some(HeaderMatch::Exact(value));
    }
    let whole = pattern.whole_match(http.header_anchor, values, &limits).ok()?;
    let whole = if whole.is_empty() { "^$".to_owned() } else { whole };
    let regex = match dialect::portable(&whole) {
        Some(portable) => {
            let short = portable.replace("(?s:.*)", ".*");
            let same = language_of(&short)?.intersection(values, &limits).ok()?
                == language_of(&portable)?.intersection(values, &limits).ok()?;
            dialect::anchored(if same { &short } else { &portable })
        }
        None => whole,
    };
    (regex.chars().count() <= LONGEST_HEADER_VALUE).then(|| HeaderMatch::Regex(Regex::new(regex)))
}

/// The values that a header can have, as far as a regular expression can match them.
pub(crate) fn header_values() -> &'static Language {
    static VALUES: LazyLock<Language> =
        LazyLock::new(|| language_of("[^\\r\\n\\x00]*").unwrap_or_else(Language::nothing));
    &VALUES
}
